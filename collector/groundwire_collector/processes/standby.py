"""Standby process that waits for leadership."""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

from sqlalchemy import Engine

from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import PASSING, make_schema, open_engine
from groundwire_collector.storage.leadership import Leadership
from groundwire_collector.storage.start_errors import explained

log = logging.getLogger(__name__)

TRY_SECONDS = 1.0


@contextmanager
def until_signalled(settings: Settings) -> Iterator[tuple[Engine, Event]]:
    """An engine on the newest schema, and an event that SIGTERM and SIGINT set."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    engine = open_engine(settings)
    try:
        with explained(settings):
            make_schema(engine)
        yield engine, stop
    finally:
        engine.dispose()


def wait_to_lead(leadership: Leadership, stop: Event) -> bool:
    """Wait until this process leads; False where it was stopped before."""
    waits = False
    while not stop.is_set():
        try:
            if leadership.acquire():
                return True
            if not waits:
                log.info("another process is the leader of this database: standing by")
                waits = True
        except PASSING as error:
            log.warning("database unavailable, retrying: %s", error)
        stop.wait(TRY_SECONDS)
    return False


def lead(leadership: Leadership, stop: Event, work: Callable[[Event], None]) -> None:
    """Do `work` whenever this process leads, until `stop` is set.

    The event that `work` gets is set when it shall return: at the end, or when leading is over.
    """
    while wait_to_lead(leadership, stop):
        over = Deposed(leadership, stop)
        work(over)
    leadership.release()


class Deposed(Event):
    """Event set by `stop` or by loss of leadership."""

    def __init__(self, leadership: Leadership, stop: Event) -> None:
        super().__init__()
        self._leadership = leadership
        self._stop = stop

    def is_set(self) -> bool:
        return self._stop.is_set() or not self._leadership.held()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end of `stop`, in slices, so that a lost lock is noticed as well."""
        left = float("inf") if timeout is None else timeout
        while left > 0 and not self.is_set():
            self._stop.wait(min(left, TRY_SECONDS))
            left -= TRY_SECONDS
        return self.is_set()
