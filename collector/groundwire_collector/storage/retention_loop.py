"""Periodic retention job of a running receiver."""

import asyncio
import logging
import time

from sqlalchemy import Engine

from groundwire_collector.settings import Settings
from groundwire_collector.storage.archiving import open_archive
from groundwire_collector.storage.engine import PASSING
from groundwire_collector.storage.leadership import UPKEEP, Leadership
from groundwire_collector.storage.retention import expire

log = logging.getLogger(__name__)

FIRST_SECONDS, EVERY_SECONDS = 60.0, 600.0
_SECOND_NS = 10**9
JUMP_NS = 3600 * _SECOND_NS  # more than is corrected from day to day
DOUBT_NS = 86_400 * _SECOND_NS
_MACHINE = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class WallClock:
    """Wall clock, trusted while it keeps pace with the monotonic clock.

    A clock that jumps ahead would make everything too old at once: after a jump of more than an
    hour it is not believed for a day, in which someone can set it right.
    """

    def __init__(self) -> None:
        self._ahead_ns = time.time_ns() - time.clock_gettime_ns(_MACHINE)
        self._jumped_ns: int | None = None  # by the machine's clock

    def now_ns(self) -> int | None:
        """None: not to be believed."""
        machine, now = time.clock_gettime_ns(_MACHINE), time.time_ns()
        jump = now - machine - self._ahead_ns
        self._ahead_ns = now - machine
        if abs(jump) > JUMP_NS:
            self._jumped_ns = machine
            log.warning(
                "the clock jumped by %.1f h; retention is suspended for a day", jump / JUMP_NS
            )
        doubtful = self._jumped_ns is not None and machine - self._jumped_ns < DOUBT_NS
        return None if doubtful else now


async def keep_up(engine: Engine, settings: Settings) -> None:
    """Delete every ten minutes, until cancelled; of several receivers, one does."""
    clock = WallClock()
    # Not fenced: the receiver shares the engine, and deletion is idempotent.
    leadership = Leadership(engine, UPKEEP, fenced=False)
    await asyncio.sleep(FIRST_SECONDS)
    while True:
        try:
            await asyncio.to_thread(_delete, engine, settings, leadership, clock.now_ns())
        except PASSING as error:
            log.warning("retention postponed: %s", getattr(error, "orig", error))
        await asyncio.sleep(EVERY_SECONDS)


def _delete(engine: Engine, settings: Settings, leadership: Leadership, now_ns: int | None) -> None:
    if not leadership.acquire():
        return
    try:
        archive = open_archive(engine, settings)
        if archive is not None and now_ns is not None:
            archive.write_closed(now_ns)
        removed = expire(engine, settings, now_ns, archive.complete if archive else None)
    finally:
        leadership.release()
    if removed.spans:
        log.info("retention: %d spans and %d turns deleted", removed.spans, removed.turns)
