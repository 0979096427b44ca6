"""Opening the database: SQLite in the data folder by default, PostgreSQL by URL.

On both, `engine.begin()` is a transaction that may write and `engine.connect()` one that reads.
SQLite has one writer at a time: there, `begin()` takes the write lock at once (a transaction that
reads first and wants it later can only fail), and `connect()` never does, so readers wait for
nobody and nobody waits for readers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import time_ns
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    String,
    column,
    create_engine,
    event,
    func,
    inspect,
    select,
    table,
)
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage.migrations import HEAD
from groundwire_collector.storage.tables.spans import STORE_FACT
from groundwire_collector.storage.upsert import upsert

BUSY_SECONDS = 5.0
CHECKPOINT_PAGES = 4000  # of 4 KiB: the WAL is folded back into the database about every 16 MB
# Locked, full, read-only, away: what may be gone when it is tried again.
PASSING = (OperationalError, InternalError, InterfaceError, PoolTimeoutError)
_SCHEMA_LOCK = 0x67_77_00  # PostgreSQL: one process changes the schema
_PROBE = "probe"
_WRITES = "groundwire_writes"


class SqliteEngine(Engine):
    """An engine whose `begin()` takes SQLite's write lock, and whose `connect()` does not."""

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection


def open_engine(settings: Settings) -> Engine:
    """An engine on the database of the settings; it opens no connection yet."""
    if settings.database_url is not None:
        return create_engine(settings.database_url, pool_pre_ping=True, hide_parameters=True)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = create_engine(settings.sqlalchemy_url)
    engine = SqliteEngine(made.pool, made.dialect, made.url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def make_schema(engine: Engine) -> None:
    """Bring the database to the newest schema; of several processes at once, one does.

    Raises UsageError where the database belongs to a newer Groundwire.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
        step = _step(connection)
        if step == HEAD:
            return
        if step is not None and step > HEAD:
            raise UsageError(f"The database is of a newer Groundwire (step {step}, not {HEAD}).")
        # Alembic takes most of a second to load, and nearly every start has nothing to do.
        from groundwire_collector.storage.migrations.running import upgrade

        upgrade(connection)


def _step(connection: Connection) -> str | None:
    """The newest step the database has taken."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    query = select(column("version_num", String)).select_from(table("alembic_version"))
    found: str | None = connection.scalar(query)
    return found


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy begins them
    connection.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
    # Setting these anew would take the write lock, though they are kept in the file.
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # only before the first table
        connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit={CHECKPOINT_PAGES * 4096}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def probe(engine: Engine) -> None:
    """Write something small to disk; raises one of PASSING where nothing can be written now.

    A lock alone would not tell: SQLite gives it on a disk that is read-only or full.
    """
    with engine.begin() as connection:
        row = {"name": _PROBE, "value": time_ns().to_bytes(8)}
        upsert(connection, STORE_FACT, [row])
