"""kill -9 at random instants under load: what was acknowledged is on disk, whole, and served."""

import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from groundwire import attributes
from groundwire_collector.span import Span
from groundwire_collector.storage.encoding import message_of

KILLS = int(os.environ.get("GROUNDWIRE_CRASH_KILLS", "5"))
CONNECTIONS = 6
SPANS = 3
HEADERS = {"Authorization": "Bearer gw_crash", "Content-Type": "application/x-protobuf"}
COMMAND = "from groundwire_collector.cli import main; main()"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running_collector(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The whole collector in a session of its own, killed without grace at the end."""
    environment = {**os.environ, "GROUNDWIRE_API_KEY": "gw_crash"}
    arguments = ["--port", str(port), "--grpc-port", str(free_port()), "--data-dir", str(folder)]
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "up", *arguments],
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_ready(process, port)
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the collector ended at its start")


def trace_body(trace_id: str) -> bytes:
    """A turn of three spans by our own convention."""
    question, answer = message("user", "How long?"), message("assistant", f"{trace_id} days.")
    chunks = json.dumps([{"id": "c1", "content": f"You have {trace_id} days."}])
    facts = [
        {
            attributes.OPERATION: attributes.OPERATION_TURN,
            attributes.INPUT_MESSAGES: question,
            attributes.OUTPUT_MESSAGES: answer,
            attributes.ANSWER_COMPLETE: True,
        },
        {attributes.OPERATION: attributes.OPERATION_RETRIEVAL, attributes.DOCUMENTS: chunks},
        {attributes.OPERATION: attributes.OPERATION_GENERATION, attributes.OUTPUT_MESSAGES: answer},
    ]
    request = ExportTraceServiceRequest()
    for number, named in enumerate(facts):
        span = Span(
            trace_id=trace_id,
            span_id=f"{number + 1:016x}",
            parent_span_id=f"{1:016x}" if number else None,
            service="shop",
            scope=attributes.SCOPE,
            start_ns=time.time_ns(),
            end_ns=time.time_ns() + 1,
            attributes=named,
        )
        encoded, origin = message_of(span)
        origin.scope_spans[0].spans.append(encoded)
        request.resource_spans.append(origin)
    return request.SerializeToString()


def message(role: str, text: str) -> str:
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}]}])


def send(port: int, seed: int, acknowledged: list[str]) -> None:
    """Traces one after the other, until the connection breaks."""
    ids = random.Random(seed)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        while True:
            trace_id = f"{ids.getrandbits(128):032x}"
            connection.request("POST", "/v1/traces", trace_body(trace_id), HEADERS)
            with connection.getresponse() as answer:
                answer.read()
            if answer.status == 200:
                acknowledged.append(trace_id)
    except (OSError, http.client.HTTPException):
        return
    finally:
        connection.close()


def spans_on_disk(folder: Path) -> dict[str, int]:
    database = sqlite3.connect(folder / "groundwire.db")
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    rows = database.execute("SELECT lower(hex(trace_id)), count(*) FROM span GROUP BY 1").fetchall()
    database.close()
    return dict(rows)


def served(port: int) -> set[str]:
    """The trace ids of every turn that the API gives."""
    found, cursor = set(), ""
    while True:
        url = f"http://127.0.0.1:{port}/api/v1/turns?limit=500{cursor}"
        request = urllib.request.Request(url, headers=HEADERS)
        with urllib.request.urlopen(request, timeout=30) as answer:
            page = json.load(answer)
        found |= {turn["trace_id"] for turn in page["turns"]}
        if page["next"] is None:
            return found
        cursor = f"&cursor={urllib.parse.quote(page['next'])}"


def test_every_acknowledged_trace_survives_kill_9_and_is_read_back(tmp_path: Path) -> None:
    chance = random.Random()
    acknowledged: list[str] = []
    port = free_port()
    for _ in range(KILLS):
        before = len(acknowledged)
        with running_collector(tmp_path, port):
            senders = [
                threading.Thread(target=send, args=(port, chance.getrandbits(64), acknowledged))
                for _ in range(CONNECTIONS)
            ]
            for sender in senders:
                sender.start()
            while len(acknowledged) < before + 20:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.7))
        for sender in senders:
            sender.join()
    stored = spans_on_disk(tmp_path)
    assert {trace_id: stored.get(trace_id, 0) for trace_id in acknowledged} == dict.fromkeys(
        acknowledged, SPANS
    )
    with running_collector(tmp_path, port):
        deadline = time.monotonic() + 120
        while not set(acknowledged) <= served(port) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert set(acknowledged) - served(port) == set()
