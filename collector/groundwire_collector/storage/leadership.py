"""Leader election with fencing: one leading process per role and database.

On PostgreSQL the leader holds a session advisory lock on a connection of its own; on SQLite a lock
file beside the database (flock). Either is let go of by the system when its process dies. Each
leader also writes an epoch one higher than the last, and its engine compares it in every commit: a
leader that was paused while another took over cannot commit any more.

Why: docs/decisions/0110-one-leader-per-database.md
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from zlib import crc32

from sqlalchemy import Connection, Engine, event, func, select
from sqlalchemy.exc import SQLAlchemyError

from groundwire_collector.errors import LeadershipLostError, StorageUnavailableError
from groundwire_collector.storage.files import FileLock
from groundwire_collector.storage.sqlite import SqliteEngine
from groundwire_collector.storage.tables.spans import STORE_FACT
from groundwire_collector.storage.upsert import upsert

log = logging.getLogger(__name__)

UPKEEP = "upkeep"  # role of the process that deletes what is old, and archives it first
CHECK_SECONDS = 1.0  # interval at which the leader checks its lock
_LOCKS = 0x67_77  # the first key of PostgreSQL's advisory locks; the second is the role's
_OWN = "groundwire_leadership"  # option of a connection that is not fenced
# Of the leader's session: a machine that vanished is noticed within about ten seconds.
_KEEPALIVES = {"tcp_keepalives_idle": 5, "tcp_keepalives_interval": 2, "tcp_keepalives_count": 3}


@dataclass(frozen=True, slots=True)
class Term:
    """A leader's term: its epoch, and whether it ended in order."""

    epoch: int = 0
    ended: bool = True

    def encoded(self) -> bytes:
        return f"{self.epoch} {'ended' if self.ended else 'leads'}".encode()

    @classmethod
    def decoded(cls, value: bytes | None) -> "Term":
        if value is None:
            return cls()
        epoch, _, state = value.decode().partition(" ")
        return cls(int(epoch), state == "ended")


class Leadership:
    """Exclusive lease of `role` on the database of `engine`.

    `fenced`: every commit through `engine` fails with LeadershipLostError once another leads.
    Costs one read of one row a commit.
    """

    def __init__(self, engine: Engine, role: str, *, fenced: bool = True) -> None:
        self.after_crash = False  # whether the leader before ended without releasing
        self._engine = engine
        self._name = f"leader:{role}"
        self._lock = _lock_of(engine, role)
        self._term: Term | None = None
        self._checked = 0.0
        self._checking = Lock()
        if fenced:
            event.listen(engine, "commit", self._check_epoch)

    def acquire(self) -> bool:
        """Try to become leader; returns whether this process leads.

        Raises what the database raises while it is away.
        """
        if not self._lock.acquire():
            return False
        try:
            with _unfenced(self._engine) as connection:
                before = self._stored(connection)
                self._write(connection, Term(before.epoch + 1, ended=False))
        except BaseException:
            self._lock.release()
            raise
        self._term = Term(before.epoch + 1, ended=False)
        self.after_crash = not before.ended
        self._checked = monotonic()
        return True

    def held(self) -> bool:
        """Whether this process still holds the lock; thread-safe."""
        with self._checking:
            if self._term is not None and monotonic() - self._checked > CHECK_SECONDS:
                self._checked = monotonic()
                if not self._lock.held():
                    self._lose()
            return self._term is not None

    def release(self) -> None:
        """Resign in order: the next leader need not search for unfinished work."""
        term, self._term = self._term, None
        try:
            if term is not None:
                with _unfenced(self._engine) as connection:
                    if self._stored(connection) == term:
                        self._write(connection, Term(term.epoch, ended=True))
        except (SQLAlchemyError, StorageUnavailableError):
            log.warning("database unavailable; the clean shutdown could not be recorded")
        finally:
            self._lock.release()

    def _lose(self) -> None:
        log.warning("%s: lock lost; another process may be the leader", self._name)
        self._term = None
        self._lock.release()
        self._engine.dispose()  # a disk that went away can be unmounted: no file of it stays open

    def _check_epoch(self, connection: Connection) -> None:
        """Before each commit; the row stays locked until it, so no other can begin to lead."""
        if connection.get_execution_options().get(_OWN):
            return
        if self._term is None or self._stored(connection) != self._term:
            self._term = None
            raise LeadershipLostError

    def _stored(self, connection: Connection) -> Term:
        query = select(STORE_FACT.c.value).where(STORE_FACT.c.name == self._name)
        return Term.decoded(connection.scalar(query.with_for_update(read=True)))

    def _write(self, connection: Connection, term: Term) -> None:
        upsert(connection, STORE_FACT, [{"name": self._name, "value": term.encoded()}])


class AdvisoryLock:
    """PostgreSQL session-level advisory lock on a dedicated connection."""

    def __init__(self, engine: Engine, role: str) -> None:
        self._engine = engine
        self._key = crc32(role.encode()) & 0x7FFF_FFFF
        self._connection: Connection | None = None

    def acquire(self) -> bool:
        self.release()
        connection = self._engine.connect()
        try:
            connection = connection.execution_options(isolation_level="AUTOCOMMIT", **{_OWN: True})
            for name, value in _KEEPALIVES.items():
                connection.execute(select(func.set_config(name, str(value), False)))
            if connection.scalar(select(func.pg_try_advisory_lock(_LOCKS, self._key))):
                self._connection = connection
                return True
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        connection.close()
        return False

    def held(self) -> bool:
        if self._connection is None:
            return False
        try:
            self._connection.execute(select(1))
        except SQLAlchemyError:
            return False
        return True

    def release(self) -> None:
        """End the session, which releases its locks."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()


def _lock_of(engine: Engine, role: str) -> FileLock | AdvisoryLock:
    if isinstance(engine, SqliteEngine):
        return FileLock(engine.file.beside(f"{role}.lock"))
    return AdvisoryLock(engine, role)


@contextmanager
def _unfenced(engine: Engine) -> Iterator[Connection]:
    """A transaction that is not compared with the epoch, for it writes the epoch."""
    with engine.begin() as connection:
        yield connection.execution_options(**{_OWN: True})
