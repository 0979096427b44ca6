"""Turns received, mapped, judged and in the metrics, at a steady rate, on this machine.

    python benchmarks/sustained.py [--rate 100] [--seconds 60]

Starts `groundwire up` as it is installed, with its evaluators, and sends it turns of the ragtruth
development set (labelled data: GROUNDWIRE_DATA), each its own request of three spans whose answer
is marked complete. The lag is the collector's own `groundwire_evaluation_lag_seconds`, read every
second; CPU is that of all its processes, and memory their proportional set size (PSS), which counts
a page that n processes share as 1/n in each. The sender runs on the same machine.
"""

import argparse
import http.client
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from itertools import count, cycle, islice

import psutil
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from groundwire.attributes import ANSWER_COMPLETE
from groundwire_collector.storage.encoding import message_of
from ingest import _ragtruth, _trace

PORT, SENDERS, DIFFERENT = 24318, 8, 500
HEADERS = {"Authorization": "Bearer gw_bench", "Content-Type": "application/x-protobuf"}
COMMAND = "from groundwire_collector.cli import main; main()"


def body_of(number: int, line: dict) -> bytes:
    request = ExportTraceServiceRequest()
    for span in _trace(number, line):
        if span.parent_span_id is None:
            span.attributes[ANSWER_COMPLETE] = True
        message, origin = message_of(span)
        origin.scope_spans[0].spans.append(message)
        request.resource_spans.append(origin)
    return request.SerializeToString()


def send(bodies: list[bytes], rate: float, numbers: count, took: list[float]) -> None:
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    while (number := next(numbers)) < len(bodies):
        time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        asked = time.perf_counter()
        connection.request("POST", "/v1/traces", bodies[number], HEADERS)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        took.append(time.perf_counter() - asked)
    connection.close()


def metrics() -> dict[str, float]:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return sums


def measure(server: psutil.Process, bodies: list[bytes], rate: float) -> None:
    processes = roles(server)
    before = {role: cpu_seconds(p) for role, p in processes.items()}
    numbers, took, lags, memory = count(), [], [], []
    began = time.perf_counter()
    threads = [
        threading.Thread(target=send, args=(bodies, rate, numbers, took)) for _ in range(SENDERS)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        lags.append(metrics().get("groundwire_evaluation_lag_seconds", 0.0))
        memory.append({role: p.memory_full_info().pss / 1e6 for role, p in processes.items()})
    sent = time.perf_counter() - began
    while (judged := metrics().get("groundwire_turns_total", 0.0)) < len(bodies):
        time.sleep(0.2)
        if time.perf_counter() - began - sent > 120:
            break
    drained = time.perf_counter() - began - sent
    cpu = {role: cpu_seconds(p) - before[role] for role, p in processes.items()}
    took.sort()
    print(f"sent {len(took)} turns in {sent:.1f} s: {len(took) / sent:.1f} a second")
    print(f"in the metrics: {judged:.0f} turns, the last {drained:.1f} s after the last was sent")
    print(f"lag, seconds: largest {max(lags):.1f}, median {sorted(lags)[len(lags) // 2]:.1f}")
    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
    print(f"acknowledgement, ms: p50 {p50 * 1000:.1f}, p99 {p99 * 1000:.1f}")
    print(f"CPU, ms a turn: {sum(cpu.values()) / len(bodies) * 1000:.2f}; load {os.getloadavg()}")
    for role in processes:
        of_role = [each[role] for each in memory]
        middle = of_role[len(of_role) // 2]
        print(
            f"{role}: CPU {cpu[role] / len(bodies) * 1000:.2f} ms a turn; PSS, MB: "
            f"{of_role[0]:.0f} first, {middle:.0f} halfway, {of_role[-1]:.0f} last"
        )
    together = [sum(each.values()) for each in memory]
    print(f"all: PSS, MB: largest {max(together):.0f}, last {together[-1]:.0f}")


def roles(server: psutil.Process) -> dict[str, psutil.Process]:
    """The collector's processes by their part, told by what they do: it listens, it has a child."""
    found = {"supervisor": server}
    for process in server.children():
        listens = any(each.status == psutil.CONN_LISTEN for each in process.net_connections())
        found["receiver" if listens else part_of(process, "worker")] = process
        for child in process.children():
            found[part_of(child, "evaluators")] = child
    return found


def part_of(process: psutil.Process, part: str) -> str:
    """`part`, unless it is a helper of Python's multiprocessing."""
    return f"tracker {process.pid}" if "resource_tracker" in str(process.cmdline()) else part


def cpu_seconds(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--rate", type=float, default=100)
    options.add_argument("--seconds", type=float, default=60)
    given = options.parse_args()
    lines = [line for line in islice(_ragtruth(), DIFFERENT) if line["contexts"]]
    turns = round(given.rate * given.seconds)
    bodies = [body_of(n, line) for n, line in zip(range(1, turns + 1), cycle(lines), strict=False)]
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["up", "--port", str(PORT), "--grpc-port", str(PORT + 1), "--data-dir", folder]
        environment = {**os.environ, "GROUNDWIRE_API_KEY": "gw_bench"}
        command = [sys.executable, "-c", COMMAND, *arguments]
        server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            while not ready():
                time.sleep(0.2)
            time.sleep(5)  # the worker loads its evaluators
            measure(psutil.Process(server.pid), bodies, given.rate)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def ready() -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False


if __name__ == "__main__":
    main()
