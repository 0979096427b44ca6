"""The JavaScript exporters, as npm has them: served, and trying again exactly what they should."""

import json
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.collector.receiver.cut_lines import cut_line
from tests.npm import installed
from tests.ports import free_port

from groundwire_collector.app import create_app
from groundwire_collector.metric_definitions import REQUESTS
from groundwire_collector.processes.receiver import Server
from groundwire_collector.receiver.body import RequestRejectedError
from groundwire_collector.receiver.otlp_service import OtlpService
from groundwire_collector.responses.otlp import RETRY_SECONDS
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys
from groundwire_collector.storage.keys import first_key
from groundwire_collector.storage.spans import arrivals, spans_of

pytestmark = pytest.mark.needs("node")

PACKAGES = {
    "@opentelemetry/exporter-trace-otlp-http": "0.223.1",
    "@opentelemetry/exporter-trace-otlp-proto": "0.223.1",
    "@opentelemetry/resources": "2.12.1",
    "@opentelemetry/sdk-trace-base": "2.12.1",
}
PROGRAM = Path(__file__).with_name("exporter.mjs")
KINDS = ["http", "proto"]  # JSON and protobuf
DONE = {"code": 0, "status": None}


@pytest.fixture(scope="session")
def modules(pytestconfig: pytest.Config) -> Path:
    """The folder they are installed in, kept between runs."""
    return installed(pytestconfig, "javascript-exporters", PACKAGES)


@contextmanager
def serving(folder: Path, **provided: Any) -> Iterator[Server]:
    settings = Settings(
        data_dir=folder, api_key="gw_test", port=free_port(), grpc_port=free_port(), **provided
    )
    app = create_app(settings)
    first_key(settings, app.state.engine)
    server = Server(app, settings, connections=100)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join()


def export(
    modules: Path, server: Server, kind: str, key: str = "gw_test", length: int = 10, port: int = 0
) -> dict[str, Any]:
    """What the exporter says became of its span: code 0 is success; the status it gave up at."""
    url = f"http://127.0.0.1:{port or server.settings.port}/v1/traces"
    command = ["node", str(PROGRAM), kind, url, key, str(length)]
    done = subprocess.run(command, cwd=modules, check=True, capture_output=True, timeout=60)
    message: dict[str, Any] = json.loads(done.stdout)
    return message


def answered(server: Server, status: int) -> int:
    registry = server.application.state.reception.intake.registry
    name = f"{REQUESTS.name.removesuffix('_total')}_total"
    return int(registry.get_sample_value(name, {"status": str(status)}) or 0)


def stored(server: Server) -> list[tuple[str, str]]:
    with server.application.state.engine.connect() as connection:
        traces = {arrival.trace_id for arrival in arrivals(connection, 0, 100)}
        found = spans_of(connection, traces)
    return [(span.service, span.name) for spans in found.values() for span in spans]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_served(modules: Path, tmp_path: Path, kind: str) -> None:
    with serving(tmp_path) as server:
        assert export(modules, server, kind) == DONE
        assert stored(server) == [("shop", f"ask-{kind}")]


@pytest.mark.parametrize("kind", KINDS)
def test_it_gives_up_at_once_what_never_will_be_taken(
    modules: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path, max_body_bytes=10_000) as server:
        assert export(modules, server, kind, length=20_000) == {"code": 1, "status": 413}
        assert answered(server, 413) == 1
        assert export(modules, server, kind, key="gw_wrong") == {"code": 1, "status": 401}
        assert stored(server) == []

        def refuse(*_: object) -> None:
            raise RequestRejectedError(400, "No.")

        monkeypatch.setattr(type(server.application.state.reception), "admit", refuse)
        assert export(modules, server, kind) == {"code": 1, "status": 400}
        assert answered(server, 400) == 1
        assert stored(server) == []


@pytest.mark.parametrize("kind", KINDS)
def test_it_waits_as_long_as_a_429_demands(
    modules: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested: list[float] = []

    def too_fast_at_first(*_: object) -> None:
        requested.append(time.monotonic())
        if len(requested) < 3:
            raise RequestRejectedError(429, "Slower.")

    monkeypatch.setattr(OtlpService, "admit", too_fast_at_first)
    with serving(tmp_path) as server:
        assert export(modules, server, kind) == DONE
        assert (answered(server, 429), answered(server, 200)) == (2, 1)
        assert min(later - at for at, later in pairwise(requested)) >= RETRY_SECONDS
        assert len(stored(server)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_is_lost_after_the_commit_makes_no_second_span(
    modules: Path, tmp_path: Path, kind: str
) -> None:
    with serving(tmp_path) as server:
        with cut_line(server.settings.port, lambda: bool(stored(server))) as line:
            assert export(modules, server, kind, port=line.port) == DONE
            assert line.cuts == 1
        assert answered(server, 200) == 2
        assert len(stored(server)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_partial_success_is_not_sent_again(modules: Path, tmp_path: Path, kind: str) -> None:
    with serving(tmp_path) as server:
        key = keys.generate()
        with server.application.state.engine.begin() as connection:
            keys.add(connection, key, "bank", services=("bank",))
        assert export(modules, server, kind, key=key) == DONE
        assert answered(server, 200) == 1
        assert stored(server) == []


@pytest.mark.parametrize("kind", KINDS)
def test_it_tries_again_while_the_database_is_locked(
    modules: Path, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundwire_collector.storage.sqlite.BUSY_SECONDS", 0.1)
    with serving(tmp_path) as server:
        assert export(modules, server, kind) == DONE
        other = sqlite3.connect(
            server.settings.sqlite_path, isolation_level=None, check_same_thread=False
        )
        other.execute("BEGIN IMMEDIATE")

        def unlock() -> None:
            give_up = time.monotonic() + 20
            while answered(server, 503) == 0 and time.monotonic() < give_up:
                time.sleep(0.01)
            other.execute("ROLLBACK")
            other.close()

        unlocking = threading.Thread(target=unlock, daemon=True)
        unlocking.start()
        assert export(modules, server, kind) == DONE
        unlocking.join()
        assert answered(server, 503) >= 1
        assert len(stored(server)) == 2
