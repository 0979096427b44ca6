"""What a running receiver does beside receiving: deleting what is too old or too much."""

import asyncio
import logging
from time import time_ns

from sqlalchemy import Engine

from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import PASSING
from groundwire_collector.storage.retention import expire

log = logging.getLogger(__name__)

FIRST_SECONDS, EVERY_SECONDS = 60.0, 600.0


async def keep_up(engine: Engine, settings: Settings) -> None:
    """Delete every ten minutes, until cancelled. Several receivers may: nothing goes twice."""
    await asyncio.sleep(FIRST_SECONDS)
    while True:
        try:
            removed = await asyncio.to_thread(expire, engine, settings, time_ns())
            if removed.spans:
                log.info("retention: %d spans and %d turns deleted", removed.spans, removed.turns)
        except PASSING as error:
            log.warning("retention: put off, %s", getattr(error, "orig", error))
        await asyncio.sleep(EVERY_SECONDS)
