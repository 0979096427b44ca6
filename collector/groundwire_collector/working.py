"""The worker process: steps until it is told to stop, and waits out a database that is away."""

import logging
import multiprocessing
import signal
from threading import Event

from groundwire_collector.evaluation.registry import evaluators
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import PASSING, make_schema, open_engine
from groundwire_collector.worker import Worker

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.2
FAILED_SECONDS = 1.0


def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, or until the parent is gone."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    engine = open_engine(settings)
    make_schema(engine)
    worker = Worker(settings, engine, evaluators(settings))
    parent = multiprocessing.parent_process()
    while not stop.is_set() and (parent is None or parent.is_alive()):
        stop.wait(_pause(worker))
    engine.dispose()


def _pause(worker: Worker) -> float:
    """One step; how long to wait before the next, in seconds."""
    try:
        return 0.0 if worker.step() else IDLE_SECONDS
    except PASSING as error:
        log.warning("the database cannot be used now, trying again: %s", error)
        return FAILED_SECONDS
