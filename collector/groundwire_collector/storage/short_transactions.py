"""Short write transactions with pauses, for large background deletions.

SQLite has one writer and gives its lock to whoever asks at the right moment, so a process that
takes it again at once keeps the others out.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from time import monotonic, sleep
from typing import TypeVar

from sqlalchemy import Connection, Engine, text

from groundwire_collector.storage.sqlite import SqliteEngine

T = TypeVar("T")

TARGET_SECONDS = 0.05  # target duration of a transaction
LEAST, MOST = 10, 2000  # rows or pages in one
PART = 25  # rows between two looks at the clock


class Portions:
    """Adaptive batch size: rows per transaction by recent duration.

    `longest_seconds` is the longest time that a transaction held its locks. Commits are not synced
    one by one: deletions that a power cut undoes are done again.
    """

    def __init__(self, engine: Engine, first: int = 200) -> None:
        self.size = min(first, MOST)
        self.longest_seconds = 0.0
        self.transactions = 0
        self.engine = engine
        self._began = 0.0

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction to change about `size` rows in, with a pause after it."""
        with _begin(self.engine) as connection:
            self._began = monotonic()
            yield connection
        self.took(monotonic() - self._began)

    def parts(self, rows: Sequence[T]) -> Iterator[Sequence[T]]:
        """Pieces of `rows`, until the transaction has lasted as long as it should.

        What the rows cost is not known before: the rest is for the next transaction.
        """
        for at in range(0, len(rows), PART):
            if at and monotonic() - self._began > TARGET_SECONDS:
                return
            yield rows[at : at + PART]

    def took(self, seconds: float) -> None:
        """Fit the size to what a portion took, and let others work as long."""
        self.transactions += 1
        self.longest_seconds = max(self.longest_seconds, seconds)
        factor = min(2.0, max(0.1, TARGET_SECONDS / max(seconds, 1e-6)))
        self.size = min(MOST, max(LEAST, round(self.size * factor)))
        sleep(seconds)


def _begin(engine: Engine) -> AbstractContextManager[Connection]:
    if isinstance(engine, SqliteEngine):
        return engine.begin_unsynced()
    return _begin_asynchronous(engine)


@contextmanager
def _begin_asynchronous(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL synchronous_commit TO off"))
        yield connection
