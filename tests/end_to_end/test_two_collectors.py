"""Two collectors on one PostgreSQL: one judges, and whoever dies, nothing counts twice."""

import itertools
import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.end_to_end.test_crash import trace_body
from tests.postgresql import Cluster
from tests.running import Collector, collector, until

TURNS, GOOD, SENDERS = 2500, 1500, 8


class Load:
    """Turns as fast as they go, to whichever collector takes them; the last ones are wrong."""

    turns, good = TURNS, GOOD

    def __init__(self, collectors: list[Collector]) -> None:
        self.acknowledged = 0
        self._collectors = collectors
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        while True:
            with self._lock:
                number = next(self._numbers)
            if number > self.turns:
                return
            message = None if number <= self.good else "It was painted green in 1874 by Ada Marsh."
            body = trace_body(f"{number:032x}", message)
            for at in itertools.count(number):
                if self._taken(self._collectors[at % len(self._collectors)], body):
                    break
            with self._lock:
                self.acknowledged += 1

    @staticmethod
    def _taken(collector: Collector, body: bytes) -> bool:
        try:
            return collector.post(body) == 200
        except OSError:
            time.sleep(0.05)
            return False


@pytest.mark.needs("postgresql")
def test_every_turn_is_stored_judged_and_counted_once_though_the_leader_is_killed(
    tmp_path: Path, cluster: Cluster
) -> None:
    cluster.create("two")
    url = cluster.url("two").replace("+psycopg", "")

    def settings(name: str) -> dict[str, str]:
        return {
            "GROUNDWIRE_BASELINE_TURNS": "300",
            "GROUNDWIRE_DATABASE_URL": f"{cluster.url('two')}?application_name={name}",
        }

    with (
        collector(tmp_path / "a", **settings("first")) as first,
        collector(tmp_path / "b", **settings("second")) as second,
    ):
        load = Load([first, second])
        until(lambda: first.metric("groundwire_turns_total") > TURNS / 5)
        names = {"first": first, "second": second}
        leader = names[holder(url)]
        other = second if leader is first else first
        os.killpg(leader.process.pid, signal.SIGKILL)
        load.join()
        assert load.acknowledged == TURNS
        until(lambda: other.metric("groundwire_turns_total") >= TURNS, 180)
        until(lambda: other.metric("groundwire_evaluation_lag_seconds") == 0)
        assert other.metric("groundwire_turns_total") == TURNS
        assert other.metric("groundwire_traces_failed_total") == 0
        assert other.metric("groundwire_turns_reopened_total") == 0
    with psycopg.connect(url) as connection:
        assert number(connection, "SELECT count(*) FROM turn") == TURNS
        judged = "SELECT count(*) FROM score WHERE evaluator = 'grounding'"
        assert number(connection, judged) == TURNS
        counted = (
            "SELECT sum(value) FROM counter WHERE metric = 'groundwire_evaluations' "
            "AND labels LIKE '%\"grounding\"%'"
        )
        assert number(connection, counted) == TURNS
        alarms = connection.execute(
            "SELECT service, signal, dimension, value, cause FROM alarm"
        ).fetchall()
    assert alarms
    assert max(Counter(alarms).values()) == 1


def holder(url: str) -> str:
    """The application name of the session that holds the worker's lock."""
    query = (
        "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND l.classid = 26487 AND l.granted"
    )
    with psycopg.connect(url) as connection:
        [(name,)] = set(connection.execute(query).fetchall())
    return str(name)


def number(connection: Any, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])
