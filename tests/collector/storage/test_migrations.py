from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import progress, search, tables
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.migrations import HEAD
from groundwire_collector.storage.migrations.running import configuration, newest
from groundwire_collector.storage.progress import PendingTrace
from groundwire_collector.storage.tables.base import StoredModel

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
