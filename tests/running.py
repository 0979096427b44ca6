"""A whole collector for tests, as `groundwire up` starts it."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from prometheus_client.parser import text_string_to_metric_families
from tests.ports import free_port

COMMAND = "from groundwire_collector.cli import main; main()"
HEADERS = {"Authorization": "Bearer gw_test", "Content-Type": "application/x-protobuf"}


@dataclass
class Collector:
    """A running `groundwire up`."""

    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(self, body: bytes) -> int:
        """The status that a request of spans is answered with."""
        request = urllib.request.Request(f"{self.url}/v1/traces", body, HEADERS)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def metric(self, name: str) -> float:
        """The sum over its label sets."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=30) as answer:
            families = list(text_string_to_metric_families(answer.read().decode()))
        return sum(s.value for family in families for s in family.samples if s.name == name)

    def worker(self) -> psutil.Process | None:
        """The child that has a child of its own, which evaluates."""
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                if any("spawn_main" in " ".join(c.cmdline()) for c in child.children()):
                    return child
        return None


@contextmanager
def collector(folder: Path, **environment: str) -> Iterator[Collector]:
    port = free_port()
    retained = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDWIRE_")}
    started = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "up", "--port", str(port)],
        env={
            **retained,
            "GROUNDWIRE_API_KEY": "gw_test",
            "GROUNDWIRE_DATA_DIR": str(folder),
            "GROUNDWIRE_GRPC_PORT": str(free_port()),
            **environment,
        },
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with started:
        assert started.stdout is not None
        assert any("ready" in line for line in started.stdout)
        try:
            yield Collector(started, port)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)


def until(true: Callable[[], Any], seconds: float = 90.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.1)
    return found
