"""kill -9 again and again under load: nothing acknowledged is lost, nothing is counted twice.

    python benchmarks/kills.py [--kills 200] [--seed 1] [--rate 20] [--drain-seconds 900] [--roles]

Two collectors (with --roles two receivers, three judging workers and two monitors) share a
PostgreSQL of their own (apt-get install postgresql) while senders post turns of three spans to
whichever answers. Each kill takes at random a receiver, a worker, the leader's worker, a whole
collector with its supervisor, or PostgreSQL itself (immediate stop, then start). A
collector that ended is started again at once. Afterwards the backlog is judged, as far as
`--drain-seconds` go, and every acknowledged trace, the stored turns, the judgements, the counters
and the alarms are compared, also after an error or SIGTERM. Each acknowledged trace is written to
`--acknowledged FILE` as it is answered. `--rate 0` sends as fast as the collectors answer, which is
faster than a worker that is killed every few seconds evaluates.
"""

import argparse
import itertools
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import psutil
import psycopg
from psycopg import IsolationLevel

sys.path.append(str(Path(__file__).parents[1]))

from tests.end_to_end.test_crash import SPANS, trace_body
from tests.end_to_end.test_two_collectors import holder
from tests.postgresql import Cluster, running_cluster
from tests.running import Collector, collector, until

SENDERS = 4
PAUSE_SECONDS = (0.2, 4.0)  # between two kills
TARGETS = ("receiver", "worker", "leader", "collector", "postgresql")
COLLECTORS = {"first": "all", "second": "all"}
ROLES = {
    **{f"receiver-{number}": "receiver" for number in (1, 2)},
    **{f"worker-{number}": "worker" for number in (1, 2, 3)},
    **{f"monitor-{number}": "monitor" for number in (1, 2)},
}


@dataclass
class Fleet:
    """Collectors on one database, each started again when it ends; `roles` by name."""

    cluster: Cluster
    folder: Path
    roles: dict[str, str]
    running: dict[str, Collector] = field(default_factory=dict)
    stacks: dict[str, ExitStack] = field(default_factory=dict)
    failed_starts: int = 0

    def start(self, name: str) -> None:
        stack = ExitStack()
        url = f"{self.cluster.url('kills')}?application_name={name}"
        started = collector(
            self.folder / name,
            GROUNDWIRE_DATABASE_URL=url,
            GROUNDWIRE_BASELINE_TURNS="200",
            GROUNDWIRE_ROLE=self.roles[name],
        )
        self.running[name] = stack.enter_context(started)
        self.stacks[name] = stack

    def restart_ended(self) -> None:
        for name, running in list(self.running.items()):
            if running.process.poll() is not None:
                self.stacks[name].close()
                try:
                    self.start(name)
                except AssertionError:  # tried again after the next kill
                    self.failed_starts += 1

    def of_role(self, *roles: str) -> list[Collector]:
        """Running collectors of some roles."""
        return [self.running[name] for name in self.running if self.roles[name] in roles]

    def close(self) -> None:
        for stack in self.stacks.values():
            stack.close()


@dataclass
class Senders:
    """Post turns until stopped; `acknowledged` are the trace ids answered with 200."""

    fleet: Fleet
    rate: float  # turns a second of all senders, 0: as fast as they are answered
    record: TextIO
    acknowledged: list[str] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        while not self._stop.wait(SENDERS / self.rate if self.rate else 0):
            trace = f"{next(self._numbers):032x}"
            body = trace_body(trace)
            while not self._stop.is_set():
                if self._taken(body):
                    self.acknowledged.append(trace)
                    print(trace, file=self.record, flush=True)
                    break

    def _taken(self, body: bytes) -> bool:
        try:
            if random.choice(self.fleet.of_role("all", "receiver")).post(body) == 200:
                return True
        except OSError:
            pass
        time.sleep(0.05)
        return False


def kill(fleet: Fleet, target: str, chance: random.Random) -> None:
    """One kill; a process that is not there just now is none."""
    victim = chance.choice(list(fleet.running.values()))
    with suppress(psutil.Error, StopIteration, psycopg.Error, ValueError, ProcessLookupError):
        if target == "postgresql":
            fleet.cluster.stop()
            time.sleep(chance.uniform(0.0, 2.0))
            fleet.cluster.start()
        elif fleet.roles is ROLES:
            kill_role(fleet, target, chance)
        elif target == "collector":
            os.killpg(victim.process.pid, signal.SIGKILL)
        elif target == "receiver":
            receiver_of(victim).kill()
        else:
            if target == "leader":
                victim = fleet.running[holder(url(fleet.cluster))]
            worker = victim.worker()
            if worker is not None:
                worker.kill()


def kill_role(fleet: Fleet, target: str, chance: random.Random) -> None:
    """Kill a receiver, a judging worker, the monitor that leads, or any collector."""
    if target == "leader":
        victim = fleet.running[holder(url(fleet.cluster))]
    else:
        every = target == "collector"
        victim = chance.choice(fleet.of_role(*(set(ROLES.values()) if every else {target})))
    os.killpg(victim.process.pid, signal.SIGKILL)


def receiver_of(victim: Collector) -> psutil.Process:
    """The child that listens on the collector's port."""
    return next(
        child
        for child in psutil.Process(victim.process.pid).children()
        if any(
            each.status == psutil.CONN_LISTEN and each.laddr.port == victim.port
            for each in child.net_connections()
        )
    )


def url(cluster: Cluster) -> str:
    return cluster.url("kills").replace("+psycopg", "")


def compare(connection: Any, acknowledged: list[str]) -> dict[str, int]:
    """What must agree, and what must be none."""

    def number(query: str) -> int:
        return int(connection.execute(query).fetchone()[0] or 0)

    rows = connection.execute("SELECT encode(trace_id, 'hex'), count(*) FROM span GROUP BY 1")
    stored = dict(rows.fetchall())
    judged = {row[0] for row in connection.execute("SELECT trace_id FROM turn").fetchall()}
    pending = connection.execute(
        "SELECT trace_id FROM pending_trace UNION SELECT trace_id FROM judged_trace UNION "
        "SELECT encode(trace_id, 'hex') FROM arrival "
        "WHERE seq > coalesce((SELECT max(seq) FROM cursor), 0)"
    ).fetchall()
    waiting = {row[0] for row in pending}
    found = judged | waiting
    alarms = connection.execute(
        "SELECT service, signal, dimension, value, cause FROM alarm WHERE resolved_ns IS NULL"
    ).fetchall()
    return {
        "acknowledged": len(acknowledged),
        "acknowledged, not whole": sum(stored.get(trace, 0) != SPANS for trace in acknowledged),
        "acknowledged, no turn": sum(trace not in found for trace in acknowledged),
        "turns still to be judged": len(waiting),
        "judged and still to be judged": len(judged & waiting),
        "turns stored": number("SELECT count(*) FROM turn"),
        "turns judged": number("SELECT count(*) FROM score WHERE evaluator = 'grounding'"),
        "turns counted": number("SELECT sum(value) FROM counter WHERE metric = 'groundwire_turns'"),
        "judgements counted": number(
            "SELECT sum(value) FROM counter WHERE metric = 'groundwire_evaluations' "
            "AND labels LIKE '%\"grounding\"%'"
        ),
        "traces passed over": number("SELECT count(*) FROM failed_trace"),
        "open alarms of one kind twice": sum(n > 1 for n in Counter(alarms).values()),
    }


def backlog(cluster: Cluster) -> int:
    with psycopg.connect(url(cluster)) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM pending_trace) + (SELECT count(*) FROM judged_batch) + "
            "(SELECT count(*) FROM arrival "
            "WHERE seq > coalesce((SELECT max(seq) FROM cursor), 0))"
        ).fetchone()
    return int(row[0]) if row else 0


def drain(fleet: Fleet, seconds: float) -> None:
    """Wait until everything stored is evaluated; a busy machine leaves some of it waiting."""
    fleet.restart_ended()
    with suppress(AssertionError, psycopg.Error):
        until(lambda: backlog(fleet.cluster) == 0, seconds)


def ensure_running(cluster: Cluster) -> None:
    """Start PostgreSQL if the attack ended while it was stopped."""
    try:
        psycopg.connect(url(cluster)).close()
    except psycopg.OperationalError:
        cluster.start()


def attack(fleet: Fleet, kills: int, chance: random.Random) -> Iterator[str]:
    """Kill at random; yields the kind of each kill."""
    for number in range(kills):
        time.sleep(chance.uniform(*PAUSE_SECONDS))
        target = chance.choice(TARGETS)
        kill(fleet, target, chance)
        yield target
        time.sleep(0.2)
        fleet.restart_ended()
        if number % 20 == 19:
            print(f"{number + 1} kills, backlog {backlog(fleet.cluster)}", flush=True)


def run(fleet: Fleet, options: argparse.Namespace) -> None:
    """Attack under load and print the comparison, whatever ended the attack."""
    chance, done = random.Random(options.seed), Counter[str]()
    with options.acknowledged.open("w") as record:
        senders = Senders(fleet, options.rate, record)
        try:
            for name in fleet.roles:
                fleet.start(name)
            senders.start()
            for target in attack(fleet, options.kills, chance):
                done[target] += 1
        finally:
            senders.stop()
            ensure_running(fleet.cluster)
            drain(fleet, options.drain_seconds)
            print(f"{sum(done.values())} kills: {dict(done)}; failed starts {fleet.failed_starts}")
            with psycopg.connect(url(fleet.cluster)) as connection:
                # One snapshot: the workers go on while it is read.
                connection.isolation_level = IsolationLevel.REPEATABLE_READ
                for name, value in compare(connection, senders.acknowledged).items():
                    print(f"{name}: {value}", flush=True)


def terminate(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--roles", action="store_true", help="2 receivers, 3 workers, 2 monitors")
    parser.add_argument("--rate", type=float, default=20, help="turns a second, 0: no limit")
    parser.add_argument("--drain-seconds", type=float, default=900)
    parser.add_argument("--acknowledged", type=Path, default=Path("acknowledged.txt"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, terminate)
    with running_cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        cluster.create("kills")
        fleet = Fleet(cluster, Path(folder), ROLES if options.roles else COLLECTORS)
        try:
            run(fleet, options)
        finally:
            fleet.close()


if __name__ == "__main__":
    main()
