import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text

from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import (
    closed_book_turns,
    counters,
    drift,
    progress,
    search,
    tables,
    turns,
)
from groundwire_collector.storage import sqlite as sqlite_store
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.migrations import HEAD
from groundwire_collector.storage.migrations.running import configuration, newest
from groundwire_collector.storage.progress import PendingTrace
from groundwire_collector.storage.tables.base import StoredModel
from groundwire_collector.storage.tables.turns import TURN_LISTING
from groundwire_collector.storage.turn_listing import STATE_BITS

assert tables


def is_of_search(name: str | None) -> bool:
    return name is not None and name.startswith(search.NAME)


def test_the_steps_make_the_schema_of_the_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        opts = {"compare_type": False, "include_name": lambda name, *_: not is_of_search(name)}
        context = MigrationContext.configure(connection, opts=opts)
        difference = compare_metadata(context, StoredModel.metadata)
    assert difference == [], "python -m groundwire_collector.storage.migrations NAME (or --first)"


def test_the_newest_step_is_the_one_that_starts_look_for() -> None:
    assert newest() == HEAD


def test_several_processes_may_start_at_once(settings: Settings) -> None:
    engines = [open_engine(settings) for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(make_schema, engines))
    assert inspect(engines[0]).has_table("span")
    for engine in engines:
        engine.dispose()


def test_a_database_of_the_first_step_is_brought_on_with_what_it_holds(settings: Settings) -> None:
    engine = open_engine(settings)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0001")
        connection.execute(
            text("INSERT INTO pending_trace VALUES ('ab', 1, :ended, 2)"), {"ended": True}
        )
    make_schema(engine)
    with engine.connect() as connection:
        assert progress.due(connection, 3, 9) == [PendingTrace("ab", 1, True, 2)]
    engine.dispose()


def test_turns_of_an_older_database_are_listed_with_their_states(
    settings: Settings,
) -> None:
    engine = open_engine(settings)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0004")
        for number, facts in enumerate(('{"probe": false}', '{"probe": true}', "{}")):
            connection.execute(
                text(
                    "INSERT INTO turn (id, trace_id, service, started_ns, p_unsupported, chunks,"
                    " facts) VALUES (:id, 't', 'shop', :at, 0.5, '[]', :facts)"
                ),
                {"id": f"t-{number}", "at": number, "facts": facts},
            )
        for evaluator, state in (("a", "scored"), ("b", "scored"), ("c", "failed")):
            connection.execute(
                text(
                    "INSERT INTO score (turn_id, evaluator, revision, state, signals, citations)"
                    " VALUES ('t-0', :evaluator, '1', :state, '{}', '[]')"
                ),
                {"evaluator": evaluator, "state": state},
            )
    make_schema(engine)
    with engine.connect() as connection:
        columns = (TURN_LISTING.c.turn_id, TURN_LISTING.c.diagnostic, TURN_LISTING.c.states)
        rows = connection.execute(select(*columns).order_by(TURN_LISTING.c.turn_id)).all()
    both = STATE_BITS["scored"] | STATE_BITS["failed"]
    assert [tuple(row) for row in rows] == [
        ("t-0", False, both),
        ("t-1", True, 0),
        ("t-2", False, 0),
    ]
    engine.dispose()


def test_a_database_of_a_newer_groundwire_is_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UsageError, match="newer Groundwire"):
        make_schema(engine)


def test_a_new_sqlite_database_can_shrink(tmp_path: Path) -> None:
    engine = open_engine(Settings(data_dir=tmp_path))
    make_schema(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA auto_vacuum").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    engine.dispose()


FIRST_SCHEMA = (
    "INSERT INTO turn (id, trace_id, service, started_ns, question, chunks, facts) VALUES"
    """ ('t1', 'aa', 'bot', 5, 'What does "canary": mean?', '[]',"""
    """ '{"shadow": true, "shadow_of": "aa:bb", "canary": false, "route": "retrieval"}')""",
    "INSERT INTO alarm (service, signal, axis, value, cause, raised_ns, changed_ns, "
    "changed_from_ns,"
    " changed_until_ns, size, size_low, size_high, details) VALUES"
    " ('bot', 'p_unsupported', 'model_version', 'v2', 'model', 9, 8, 7, 8, 0.2, 0.1, 0.3,"
    """ '{"moved": [{"axis": "model_version", "value": "v2"}]}')""",
    "INSERT INTO counter (metric, labels, value, updated_ns) VALUES"
    """ ('groundwire_canary_runs', '{"state":"finished"}', 2, 1),"""
    """ ('groundwire_reliance_outcomes', '{"outcome":"context","source":"shadow"}', 3, 1)""",
    "INSERT INTO shadowed (turn_id, service, sampled_ns, probability, diagnostic, memory_strength,"
    " cluster) VALUES ('t1', 'bot', 5, 0.5, false, 0, '')",
)


def test_a_database_of_the_first_schema_keeps_what_it_holds(settings: Settings) -> None:
    engine = open_engine(settings)
    with engine.begin() as connection:
        command.upgrade(configuration(connection), "0001")
        for statement in FIRST_SCHEMA:
            connection.exec_driver_sql(statement)
    make_schema(engine)
    with engine.connect() as connection:
        found = turns.get(connection, "t1")
        assert found is not None
        assert (found.turn.closed_book_of, found.turn.probe) == ("aa:bb", False)
        assert found.turn.question == 'What does "canary": mean?'
        [alarm] = drift.alarms(connection)
        assert (alarm.change.dimension, alarm.change.value) == ("model_version", "v2")
        assert alarm.details == {"moved": [{"dimension": "model_version", "value": "v2"}]}
        counted = {name: json.loads(labels) for name, labels in counters.counters(connection)}
        [waiting] = closed_book_turns.waiting(connection)
    assert counted["groundwire_probe_runs"] == {"state": "finished"}
    assert counted["groundwire_reliance_outcomes"]["source"] == "closed_book"
    assert waiting.turn_id == "t1"
    engine.dispose()


def test_a_start_waits_for_a_process_that_holds_the_write_lock_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "BUSY_SECONDS", 0.01)
    settings = Settings(data_dir=tmp_path)
    first, second = open_engine(settings), open_engine(settings)
    with ThreadPoolExecutor() as pool:
        with first.begin():
            started = pool.submit(make_schema, second)
            with pytest.raises(TimeoutError):
                started.result(0.3)
        started.result(60)
    assert inspect(first).has_table("span")
    first.dispose()
    second.dispose()


def test_a_start_on_the_newest_schema_takes_no_write_lock(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    first, second = open_engine(settings), open_engine(settings)
    make_schema(first)
    with first.begin():
        make_schema(second)
    first.dispose()
    second.dispose()
