"""kill -9 at random instants under load: what was acknowledged is on disk, whole, and served.

Also while the disk fills, the clock jumps and the database restarts. GROUNDWIRE_CRASH_KILLS sets
how often each of them is killed; the long form is `python benchmarks/ingest.py kills`.
"""

import http.client
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.disks import Lacking, small_disk
from tests.ports import free_port
from tests.postgresql import Cluster

from groundwire import attributes
from groundwire_collector.storage.encoding import message_of
from groundwire_collector.storage.span import Span

KILLS = int(os.environ.get("GROUNDWIRE_CRASH_KILLS", "0"))
FEW = 2  # kills where each start has a trouble beside it, unless it is set
CONNECTIONS = 6
SPANS = 3
HEADERS = {"Authorization": "Bearer gw_crash", "Content-Type": "application/x-protobuf"}
COMMAND = "from groundwire_collector.cli import main; main()"
PAUSE_SECONDS = 0.02  # of a sender: what is sent has to be judged before the test ends
CALM = (0.02, 0.3)  # seconds between two strokes, and that one lasts
CLOCK = Path(__file__).with_name("clock")
HOUR, DAY = 3600, 86_400


@contextmanager
def running_collector(
    folder: Path, port: int, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The whole collector in a session of its own, killed without grace at the end."""
    arguments = ["--port", str(port), "--grpc-port", str(free_port()), "--data-dir", str(folder)]
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "up", *arguments],
        env={**os.environ, "GROUNDWIRE_API_KEY": "gw_crash", **environment},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if environment else None,
    )
    try:
        wait_until_ready(process, port)
        yield process
    finally:
        with suppress(ProcessLookupError):
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


def trace_body(trace_id: str, text: str | None = None) -> bytes:
    """A turn of three spans by our own convention, whose answer is `text`, or what it has read."""
    question = message("user", "How long?")
    answer = message("assistant", text or f"{trace_id} days.")
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


@dataclass
class Reported:
    """What the senders were told: the ids of acknowledged traces, and how often to wait."""

    acknowledged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def send(port: int, seed: int, reported: Reported) -> None:
    """Traces one after the other, until the connection breaks."""
    ids = random.Random(seed)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        while True:
            trace_id = f"{ids.getrandbits(128):032x}"
            connection.request("POST", "/v1/traces", trace_body(trace_id), HEADERS)
            with connection.getresponse() as answer:
                answer.read()
            assert answer.status in {200, 503}
            if answer.status == 200:
                reported.acknowledged.append(trace_id)
                time.sleep(PAUSE_SECONDS)
            else:
                reported.refused.append(trace_id)
                time.sleep(0.05)
    except (OSError, http.client.HTTPException):
        return
    finally:
        connection.close()


@contextmanager
def sending(port: int, reported: Reported, chance: random.Random) -> Iterator[None]:
    """Senders at work; the block must end what they send to."""
    senders = [
        threading.Thread(target=send, args=(port, chance.getrandbits(64), reported))
        for _ in range(CONNECTIONS)
    ]
    for sender in senders:
        sender.start()
    yield
    for sender in senders:
        sender.join()


@contextmanager
def killed_under_load(
    folder: Path, port: int, reported: Reported, chance: random.Random, **environment: str
) -> Iterator[None]:
    """A collector that is sent to, and killed at the end of the block."""
    with (
        running_collector(folder, port, **environment) as collector,
        sending(port, reported, chance),
    ):
        yield
        os.killpg(collector.pid, signal.SIGKILL)


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


def lost(reported: Reported, stored: dict[str, int]) -> dict[str, int]:
    """The acknowledged traces that are not whole, and how many of their spans are there."""
    counts = {trace_id: stored.get(trace_id, 0) for trace_id in reported.acknowledged}
    return {trace_id: count for trace_id, count in counts.items() if count != SPANS}


def test_every_acknowledged_trace_survives_kill_9_and_is_read_back(tmp_path: Path) -> None:
    chance, reported, port = random.Random(), Reported(), free_port()
    for _ in range(KILLS or 4):
        before = len(reported.acknowledged)
        with killed_under_load(tmp_path, port, reported, chance):
            while len(reported.acknowledged) < before + 20:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.7))
    assert lost(reported, spans_on_disk(tmp_path)) == {}
    with running_collector(tmp_path, port):
        deadline = time.monotonic() + 120
        while not set(reported.acknowledged) <= served(port) and time.monotonic() < deadline:
            time.sleep(2.0)  # reading every turn takes what the worker needs
        assert set(reported.acknowledged) - served(port) == set()


def test_a_stop_under_load_answers_what_it_has_stored(tmp_path: Path) -> None:
    reported, port = Reported(), free_port()
    with (
        running_collector(tmp_path, port, GROUNDWIRE_EVALUATORS="none") as collector,
        sending(port, reported, random.Random()),
    ):
        while len(reported.acknowledged) < 50:
            time.sleep(0.01)
        collector.send_signal(signal.SIGTERM)
        assert collector.wait(30) == 0
    assert set(spans_on_disk(tmp_path)) == set(reported.acknowledged)
    assert lost(reported, spans_on_disk(tmp_path)) == {}


class Trouble(Protocol):
    """What goes wrong, again and again, beside the kills."""

    environment: dict[str, str]

    def strike(self) -> None: ...

    def heal(self) -> None: ...


@dataclass
class FullDisk:
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def strike(self) -> None:
        path = self.folder / "ballast"
        with suppress(OSError), path.open("ab", buffering=0) as ballast:  # until no space is left
            while True:
                ballast.write(bytes(65_536))

    def heal(self) -> None:
        (self.folder / "ballast").unlink(missing_ok=True)


@dataclass
class JumpingClock:
    offset: Path
    chance: random.Random
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.environment = {"PYTHONPATH": str(CLOCK), "JUMPING_CLOCK": str(self.offset)}
        self.heal()

    def strike(self) -> None:
        jumps = [3 * HOUR, -3 * HOUR, 45 * DAY, -400 * DAY, 5 * 365 * DAY]
        self._shift(self.chance.choice(jumps))

    def heal(self) -> None:
        self._shift(0)

    def _shift(self, seconds: int) -> None:
        new = self.offset.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self.offset)


@dataclass
class RestartingPostgresql:
    cluster: Cluster
    database: str
    running: bool = True
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.environment = {"GROUNDWIRE_DATABASE_URL": self.cluster.url(self.database)}

    def strike(self) -> None:
        self.cluster.stop()
        self.running = False

    def heal(self) -> None:
        if not self.running:
            self.cluster.start()
            self.running = True


def kill_beside(trouble: Trouble, folder: Path, chance: random.Random) -> Reported:
    """Kills at random instants, also of the trouble: in it, after it, or while it begins."""
    reported, port = Reported(), free_port()
    for _ in range(KILLS or FEW):
        enough = len(reported.acknowledged) + 20
        environment = {"GROUNDWIRE_EVALUATORS": "none", **trouble.environment}
        try:
            with killed_under_load(folder, port, reported, chance, **environment):
                struck = False
                while not struck or len(reported.acknowledged) < enough:
                    time.sleep(chance.uniform(*CALM))
                    trouble.strike()
                    time.sleep(chance.uniform(*CALM))
                    struck = True
                    if len(reported.acknowledged) < enough or chance.random() < 0.5:
                        trouble.heal()
        finally:
            trouble.heal()
    print(f"{type(trouble).__name__}: {KILLS or FEW} kills, {len(reported.acknowledged)} acked,")
    print(f"{len(reported.refused)} refused")
    return reported


def test_nothing_acknowledged_is_lost_by_kills_while_the_disk_fills(
    tmp_path: Path, lacking: Lacking
) -> None:
    with small_disk(tmp_path / "disk", "48m", lacking) as disk:
        reported = kill_beside(FullDisk(disk), disk / "data", random.Random())
        assert lost(reported, spans_on_disk(disk / "data")) == {}
    assert reported.refused


def test_nothing_acknowledged_is_lost_by_kills_while_the_clock_jumps(tmp_path: Path) -> None:
    chance = random.Random()
    reported = kill_beside(JumpingClock(tmp_path / "offset", chance), tmp_path, chance)
    assert lost(reported, spans_on_disk(tmp_path)) == {}
    with sqlite3.connect(tmp_path / "groundwire.db") as database:
        first, last = database.execute(
            "SELECT min(received_ns), max(received_ns) FROM span"
        ).fetchone()
    assert last - first > HOUR * 10**9  # it did jump


@pytest.mark.needs("postgresql")
def test_nothing_acknowledged_is_lost_by_kills_while_postgresql_restarts(
    tmp_path: Path, cluster: Cluster
) -> None:
    cluster.create("crash")
    reported = kill_beside(RestartingPostgresql(cluster, "crash"), tmp_path, random.Random())
    url = cluster.url("crash").replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        query = "SELECT encode(trace_id, 'hex'), count(*) FROM span GROUP BY 1"
        stored = dict(connection.execute(query).fetchall())
    assert lost(reported, stored) == {}
    assert reported.refused
