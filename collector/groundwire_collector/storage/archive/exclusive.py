"""Lock of the archive's writer, among all processes of its database."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from sqlalchemy import Engine

from groundwire_collector.errors import StorageUnavailableError
from groundwire_collector.storage.leadership import UPKEEP, Leadership

WAIT_SECONDS = 120.0


@contextmanager
def exclusive_writer(engine: Engine, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Wait until no other process archives or deletes.

    Raises:
        StorageUnavailableError: another process is at it for longer than `wait_seconds`.
    """
    leadership = Leadership(engine, UPKEEP, fenced=False)
    until = monotonic() + wait_seconds
    while not leadership.acquire():
        if monotonic() > until:
            raise StorageUnavailableError("another process writes the archive; try again later")
        sleep(0.2)
    try:
        yield
    finally:
        leadership.release()
