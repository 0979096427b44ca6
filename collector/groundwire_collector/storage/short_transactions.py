"""Short write transactions with pauses, for large background deletions.

SQLite has one writer and gives its lock to whoever asks at the right moment, so a process that
takes it again at once keeps the others out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from sqlalchemy import Connection, Engine

TARGET_SECONDS = 0.05  # target duration of a transaction
LEAST, MOST = 10, 2000  # rows or pages in one


class Portions:
    """Adaptive batch size: rows per transaction by recent duration."""

    def __init__(self, engine: Engine, first: int = 200) -> None:
        self.size = min(first, MOST)
        self.longest_seconds = 0.0
        self.transactions = 0
        self.engine = engine

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction to change about `size` rows in, with a pause after it."""
        with self.engine.begin() as connection:
            began = monotonic()
            yield connection
        self.took(monotonic() - began)

    def took(self, seconds: float) -> None:
        """Fit the size to what a portion took, and let others work as long."""
        self.transactions += 1
        self.longest_seconds = max(self.longest_seconds, seconds)
        factor = min(2.0, max(0.1, TARGET_SECONDS / max(seconds, 1e-6)))
        self.size = min(MOST, max(LEAST, round(self.size * factor)))
        sleep(seconds)
