"""Receivers, judging workers and monitors on one PostgreSQL, killed one after the other."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from tests.end_to_end.test_two_collectors import Load, holder, number
from tests.postgresql import Cluster
from tests.running import Collector, collector, until

TURNS, GOOD = 700, 450
FLEET = {
    "receiver 1": "receiver",
    "receiver 2": "receiver",
    "worker 1": "worker",
    "worker 2": "worker",
    "worker 3": "worker",
    "monitor 1": "monitor",
    "monitor 2": "monitor",
}


class Fleet:
    """Collectors by name; one that is killed is started again."""

    def __init__(self, stack: ExitStack, folder: Path, url: str) -> None:
        self.running: dict[str, Collector] = {}
        self._stack, self._folder, self._url = stack, folder, url
        for name in FLEET:
            self.start(name)

    def start(self, name: str) -> None:
        settings = {
            "GROUNDWIRE_ROLE": FLEET[name],
            "GROUNDWIRE_BASELINE_TURNS": "300",
            "GROUNDWIRE_BASELINE_DAYS": "0",
            "GROUNDWIRE_DATABASE_URL": f"{self._url}?application_name={name.replace(' ', '-')}",
        }
        started = collector(self._folder / name, **settings)
        self.running[name] = self._stack.enter_context(started)

    def kill(self, name: str) -> None:
        os.killpg(self.running[name].process.pid, signal.SIGKILL)
        self.running[name].process.wait()
        self.start(name)


class RoleLoad(Load):
    """Turns to whichever receiver takes them; the last ones are wrong."""

    turns, good = TURNS, GOOD


@pytest.mark.needs("postgresql")
def test_each_turn_is_judged_and_counted_once_whoever_is_killed(
    tmp_path: Path, cluster: Cluster
) -> None:
    cluster.create("roles")
    url = cluster.url("roles").replace("+psycopg", "")
    chance = random.Random()
    with ExitStack() as stack:
        fleet = Fleet(stack, tmp_path, cluster.url("roles"))
        receivers = [fleet.running["receiver 1"], fleet.running["receiver 2"]]
        load = RoleLoad(receivers)
        strokes = ["worker", "leader", "standby", "receiver", "postgresql"]
        chance.shuffle(strokes)
        for at, stroke in enumerate(strokes):
            until(lambda at=at: load.acknowledged >= TURNS * at / 6, 180)
            leader = until(lambda: leading(url)).replace("-", " ")
            if stroke == "postgresql":
                cluster.stop()
                cluster.start()
            elif stroke in ("worker", "receiver"):
                name = f"{stroke} {chance.randint(1, 2)}"
                fleet.kill(name)
                receivers[:] = [fleet.running["receiver 1"], fleet.running["receiver 2"]]
            else:
                standby = "monitor 1" if leader == "monitor 2" else "monitor 2"
                fleet.kill(leader if stroke == "leader" else standby)
        load.join()
        serving = receivers[0]
        until(lambda: serving.metric("groundwire_turns_total") >= TURNS, 180)
        until(lambda: serving.metric("groundwire_evaluation_lag_seconds") == 0)
        assert serving.metric("groundwire_turns_total") == TURNS
        assert serving.metric("groundwire_traces_failed_total") == 0
    with psycopg.connect(url) as connection:
        assert number(connection, "SELECT count(*) FROM turn") == TURNS
        judged = "SELECT count(*) FROM score WHERE evaluator = 'grounding'"
        assert number(connection, judged) == TURNS
        counted = (
            "SELECT sum(value) FROM counter WHERE metric = 'groundwire_evaluations' "
            "AND labels LIKE '%\"grounding\"%'"
        )
        assert number(connection, counted) == TURNS
        assert number(connection, "SELECT count(*) FROM judged_batch") == 0
        alarms = connection.execute(
            "SELECT service, signal, dimension, value, cause FROM alarm WHERE resolved_ns IS NULL"
        ).fetchall()
    assert alarms
    assert max(Counter(alarms).values()) == 1


def leading(url: str) -> str | None:
    """The monitor that leads; None while none does."""
    try:
        return holder(url)
    except (psycopg.Error, ValueError):
        return None


@pytest.mark.parametrize("role", ["receiver", "worker", "monitor"])
def test_a_role_of_its_own_needs_postgresql(tmp_path: Path, role: str) -> None:
    command = [sys.executable, "-m", "groundwire", "up", "--role", role]
    found = subprocess.run(
        [*command, "--data-dir", tmp_path], capture_output=True, text=True, check=False
    )
    assert found.returncode == 1
    assert f"role {role}: several collectors need PostgreSQL" in found.stderr
