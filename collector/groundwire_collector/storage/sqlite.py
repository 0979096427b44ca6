"""SQLite engine: open, checkpoint and vacuum of the database file.

One writer at a time: `begin()` takes the write lock at once (a transaction that reads first and
wants it later can only fail), and `connect()` never does, so readers wait for nobody and nobody
waits for readers (docs/explanation/storage.md).
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import DisconnectionError

from groundwire_collector.errors import StorageUnavailableError
from groundwire_collector.storage.text_cleaning import clean_statements, to_json

BUSY_SECONDS = 5.0
CHECKPOINT_PAGES = 4000  # of 4 KiB: the WAL is folded back into the database about every 16 MB
SYNCHRONOUS = "FULL"  # what is acknowledged survives a power cut
FOLDING_SECONDS = 0.2  # wait of a write for readers once the WAL reached its limit
_WRITES = "groundwire_writes"
_FILE = "groundwire_file"
_DISPOSALS = "groundwire_disposals"
_PRIMARY = 0xFF  # of an extended result code
# The file or what it lies on is not what it was: it is closed, so that a disk can be unmounted
# and repaired, and opened again with the next transaction.
_LOST = frozenset(
    {
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOTADB,
    }
)


class SqliteEngine(Engine):
    """Engine whose `begin()` takes SQLite's write lock; `connect()` does not."""

    file: "DatabaseFile"
    disposals = 0  # a connection opened before the last one is closed when it is returned

    def dispose(self, close: bool = True) -> None:
        """Close idle connections now, and those in use when they are returned."""
        self.disposals += 1
        super().dispose(close)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """StorageUnavailableError where readers keep the WAL from being folded back."""
        self.file.bound_wal()
        with self.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    @contextmanager
    def begin_unsynced(self) -> Iterator[Connection]:
        """Like `begin`, but the commit holds the lock for no fsync: a power cut may undo it."""
        self.file.bound_wal()
        with self.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA synchronous=NORMAL")
            try:
                connection.execution_options(**{_WRITES: True})
                with connection.begin():
                    yield connection
            finally:
                if not connection.invalidated:
                    driver.execute(f"PRAGMA synchronous={SYNCHRONOUS}")


def open_sqlite(path: Path, max_wal_bytes: int) -> SqliteEngine:
    """Engine on the file; only its first connection may create it.

    Every transaction is on the file that is at `path` now: one that was moved away, replaced or
    unmounted is let go of.
    """
    file = DatabaseFile(path, max_wal_bytes)
    made = create_engine(f"sqlite:///{path}", creator=file.open, json_serializer=to_json)
    engine = SqliteEngine(made.pool, made.dialect, made.url, hide_parameters=True)
    engine.file = file

    def remember(_connection: object, record: Any) -> None:
        record.info[_FILE] = file.identity()
        record.info[_DISPOSALS] = engine.disposals

    def close_old(connection: object, record: Any) -> None:
        """A connection in use while the pool was disposed would stay open until collected."""
        if connection is not None and record.info.get(_DISPOSALS) != engine.disposals:
            record.invalidate()

    def check(_connection: object, record: Any, _proxy: object) -> None:
        if record.info.get(_FILE) != file.identity():
            engine.dispose()
            raise DisconnectionError

    def let_go(context: ExceptionContext) -> None:
        code = getattr(context.original_exception, "sqlite_errorcode", 0)
        if code & _PRIMARY in _LOST:
            context.is_disconnect = True
            cursor = getattr(context.execution_context, "cursor", None)
            if cursor is not None:  # its statement would keep the file open
                with suppress(sqlite3.Error):
                    cursor.close()
            engine.dispose()

    event.listen(engine, "connect", _prepare)
    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", check)
    event.listen(engine, "checkin", close_old)
    event.listen(engine, "handle_error", let_go)
    event.listen(engine, "begin", _begin)
    clean_statements(engine)
    return engine


class DatabaseFile:
    """Database file and its write-ahead log."""

    def __init__(self, path: Path, max_wal_bytes: int) -> None:
        self._path = path
        self._wal = path.with_name(f"{path.name}-wal")
        self._max_wal_bytes = max_wal_bytes
        self._mode = "rwc"

    def open(self) -> sqlite3.Connection:
        if self._mode == "rwc":
            self._make_private()
        uri = f"{self._path.absolute().as_uri()}?mode={self._mode}"
        connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._mode = "rw"  # what vanished is not silently replaced by an empty one
        return connection

    def _make_private(self) -> None:
        """Create the file with mode 600, or take the rights of others from one that is there.

        SQLite's companions follow it. The group keeps what an administrator gave it (a backup).
        """
        with suppress(OSError):  # SQLite reports the error
            try:
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            except FileExistsError:
                for path in (self._path, *map(self.beside, ("wal", "shm"))):
                    mode = stat.S_IMODE(path.stat().st_mode)
                    if mode & stat.S_IRWXO:
                        path.chmod(mode & ~stat.S_IRWXO)

    def free_bytes(self) -> int:
        """Free bytes of its file system; 0 where it is away."""
        try:
            found = os.statvfs(self._path.parent)
        except OSError:
            return 0
        return found.f_bavail * found.f_frsize

    def beside(self, name: str) -> Path:
        """Path of a companion file next to the database."""
        return self._path.with_name(f"{self._path.name}-{name}")

    def identity(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def bound_wal(self) -> None:
        """StorageUnavailableError where the WAL is too long and a reader keeps it so.

        A reader holds what was written since it began, so while one does not end the WAL only
        grows; writers then wait rather than fill the disk.
        """
        if self.wal_bytes() <= self._max_wal_bytes:
            return
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(self._path, timeout=FOLDING_SECONDS)) as connection,
        ):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if self.wal_bytes() > self._max_wal_bytes:
            raise StorageUnavailableError(
                "A reader that does not finish keeps the write-ahead log at its maximum size."
            )

    def wal_bytes(self) -> int:
        """Length of the write-ahead log in bytes; 0 if there is none."""
        try:
            return self._wal.stat().st_size
        except OSError:
            return 0


def is_busy(error: BaseException | None) -> bool:
    """Whether another connection held the write lock for longer than `BUSY_SECONDS`."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY == sqlite3.SQLITE_BUSY


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy begins them
    connection.execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
    # Setting these again would take the write lock; they persist in the file.
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # only before the first table
        connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit={CHECKPOINT_PAGES * 4096}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
