"""Database engine factory: SQLite in the data folder, or PostgreSQL by URL.

On both, `engine.begin()` is a transaction that may write and `engine.connect()` one that reads.
"""

import logging
from contextlib import ExitStack
from time import monotonic, time_ns

from sqlalchemy import (
    Connection,
    Engine,
    String,
    column,
    func,
    inspect,
    select,
    table,
)
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from groundwire_collector.errors import StorageUnavailableError, UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import search
from groundwire_collector.storage.migrations import HEAD
from groundwire_collector.storage.postgresql import open_postgresql, wait_for_locks
from groundwire_collector.storage.sqlite import SqliteEngine, is_busy, open_sqlite
from groundwire_collector.storage.tables.spans import STORE_FACT
from groundwire_collector.storage.upsert import upsert

log = logging.getLogger(__name__)

MIGRATION_SECONDS = 600.0  # wait for another process: a step may rewrite millions of rows
# Transient errors: locked, disk full, read-only, unreachable.
PASSING = (
    OperationalError,
    InternalError,
    InterfaceError,
    PoolTimeoutError,
    StorageUnavailableError,
)
_SCHEMA_LOCK = 0x67_77_00  # PostgreSQL: one process changes the schema
_PROBE = "probe"
PROBE_BYTES = 64 * 2**10  # a span with its texts
ROOM_BYTES = 4 * 2**20  # a commit of the longest texts, and what it adds to the log


def open_engine(settings: Settings) -> Engine:
    """An engine on the database of the settings; it opens no connection yet.

    Raises UsageError for what only SQLite can do.
    """
    if settings.database_url is not None:
        if settings.retention_bytes is not None:
            raise UsageError("retention_bytes is for SQLite; on PostgreSQL set retention_days.")
        return open_postgresql(settings.database_url)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return open_sqlite(settings.sqlite_path, settings.max_wal_bytes)


def make_schema(engine: Engine) -> None:
    """Migrate the database to the newest schema; safe for concurrent processes.

    Raises UsageError where the database belongs to a newer Groundwire.
    """
    with engine.connect() as connection:
        if _is_newest(connection):
            return
    with ExitStack() as stack:
        connection = _begin_alone(stack, engine)
        step = _step(connection)
        if _is_newest(connection):
            return
        if step is not None and step > HEAD:
            raise UsageError(
                f"The database was created by a newer Groundwire (step {step}, not {HEAD})."
            )
        # Alembic takes most of a second to import, and most starts migrate nothing.
        from groundwire_collector.storage.migrations.running import upgrade

        upgrade(connection)
        search.make(connection)


def _begin_alone(stack: ExitStack, engine: Engine) -> Connection:
    """Begin the transaction that changes the schema, after that of any other process."""
    if engine.dialect.name == "postgresql":
        connection = stack.enter_context(engine.begin())
        wait_for_locks(connection)
        connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
        return connection
    give_up = monotonic() + MIGRATION_SECONDS
    while True:
        try:
            return stack.enter_context(engine.begin())
        except OperationalError as error:
            if not is_busy(error.orig) or monotonic() > give_up:
                raise
            log.info("waiting for another process that writes to the database")


def _is_newest(connection: Connection) -> bool:
    return _step(connection) == HEAD and search.is_made(connection)


def _step(connection: Connection) -> str | None:
    """Newest migration applied to the database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    query = select(column("version_num", String)).select_from(table("alembic_version"))
    found: str | None = connection.scalar(query)
    return found


def probe(engine: Engine) -> None:
    """Write as many bytes as a span takes; raises a transient error.

    A lock alone would not tell: SQLite gives it on a disk that is read-only or full.
    """
    with engine.begin() as connection:  # first: it lets go of the files of a disk that is gone
        row = {"name": _PROBE, "value": time_ns().to_bytes(8) + bytes(PROBE_BYTES)}
        upsert(connection, STORE_FACT, [row])
    if isinstance(engine, SqliteEngine) and engine.file.free_bytes() < ROOM_BYTES:
        raise StorageUnavailableError
