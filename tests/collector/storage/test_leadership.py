"""One process of a role leads, whoever dies; a former leader commits nothing any more."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, select
from tests.postgresql import Cluster

from groundwire_collector.errors import LeadershipLostError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import leadership as module
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.leadership import Leadership
from groundwire_collector.storage.tables.turns import CURSOR
from groundwire_collector.storage.upsert import upsert


@pytest.fixture(autouse=True)
def checked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.0)


@pytest.fixture
def engines(settings: Settings) -> Iterator[list[Engine]]:
    """As two processes have them."""
    opened = [open_engine(settings) for _ in range(2)]
    make_schema(opened[0])
    yield opened
    for engine in opened:
        engine.dispose()


def write(engine: Engine, seq: int, before_commit: Callable[[], None] = lambda: None) -> None:
    with engine.begin() as connection:
        upsert(connection, CURSOR, [{"reader": "test", "seq": seq}])
        before_commit()


def written(engine: Engine) -> int | None:
    with engine.connect() as connection:
        found: int | None = connection.scalar(select(CURSOR.c.seq))
    return found


def test_of_two_processes_one_leads_until_it_releases(engines: list[Engine]) -> None:
    first, second = (Leadership(engine, "worker") for engine in engines)
    assert first.acquire()
    assert not second.acquire()
    assert (first.held(), second.held()) == (True, False)
    first.release()
    assert second.acquire()
    assert (first.held(), second.held()) == (False, True)
    second.release()


def test_roles_lead_beside_each_other(engines: list[Engine]) -> None:
    worker, prober = Leadership(engines[0], "worker"), Leadership(engines[1], "prober")
    assert worker.acquire()
    assert prober.acquire()
    worker.release()
    prober.release()


def test_a_process_that_does_not_lead_commits_nothing(engines: list[Engine]) -> None:
    first, second = (Leadership(engine, "worker") for engine in engines)
    assert first.acquire()
    with pytest.raises(LeadershipLostError):
        write(engines[1], 2)
    write(engines[0], 1)
    assert written(engines[0]) == 1
    first.release()
    assert second.acquire()
    with pytest.raises(LeadershipLostError):
        write(engines[0], 1)
    write(engines[1], 2)
    assert written(engines[0]) == 2
    second.release()


def test_the_next_leader_knows_whether_the_one_before_ended_in_order(
    settings: Settings, engines: list[Engine]
) -> None:
    first, second = (Leadership(engine, "worker") for engine in engines)
    assert first.acquire()
    assert not first.after_crash
    first.release()
    assert second.acquire()
    assert not second.after_crash
    second._lock.release()  # as the system does when the process dies
    assert first.acquire()
    assert first.after_crash
    first.release()


@pytest.mark.needs("postgresql")
def test_a_leader_whose_session_was_cut_is_replaced_and_cannot_commit_what_it_began(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.create("cut")
    settings = Settings(data_dir=tmp_path, database_url=cluster.url("cut"))
    old, new = open_engine(settings), open_engine(settings)
    make_schema(old)
    former, successor = Leadership(old, "worker"), Leadership(new, "worker")
    assert former.acquire()
    write(old, 1)
    with pytest.raises(LeadershipLostError):
        write(old, 7, before_commit=lambda: deposed(cluster.url("cut"), successor))
    write(new, 2)
    assert not former.held()
    assert not former.acquire()
    assert written(new) == 2
    successor.release()
    old.dispose()
    new.dispose()


def deposed(url: str, successor: Leadership) -> None:
    """End every session that holds an advisory lock, as a network that broke does."""
    query = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks "
        "WHERE locktype = 'advisory' AND classid = 26487"
    )
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        assert connection.execute(query).fetchall() == [(True,)]
    assert successor.acquire()
