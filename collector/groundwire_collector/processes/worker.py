"""Worker processes: the leader's pipeline, and judging workers.

Of several leaders on one database one leads; the others stand by until its lock is free. Judging
workers all work.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from threading import Event
from time import time_ns

from sqlalchemy import Engine

from groundwire_collector.estimates.missed_chunks import missed_chunk_estimates
from groundwire_collector.estimates.refresh import EstimateRefresher
from groundwire_collector.evaluation.registry import close, evaluators
from groundwire_collector.processes import gc_tuning
from groundwire_collector.processes.judging_worker import ClaimExtender, JudgingWorker
from groundwire_collector.processes.pipeline import Pipeline
from groundwire_collector.processes.standby import until_signalled, wait_to_lead
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import PASSING
from groundwire_collector.storage.leadership import Leadership
from groundwire_evaluators.evaluation import Evaluator

log = logging.getLogger(__name__)

ROLE = "worker"
IDLE_SECONDS = 0.2
FAILED_SECONDS = 1.0


def work(settings: Settings) -> None:
    """Lead, or stand by to lead, until SIGTERM or SIGINT."""
    with until_signalled(settings) as (engine, stop):
        found = evaluators(settings) if leader_judges(settings) else None
        leadership = Leadership(engine, ROLE)
        while wait_to_lead(leadership, stop):
            try:
                _work_while_leading(settings, engine, found, leadership, stop)
            except PASSING as error:
                log.warning("database unavailable, retrying: %s", error)
                stop.wait(FAILED_SECONDS)
        leadership.release()
        close(found or ())


def judge_claims(settings: Settings) -> None:
    """Judge claimed traces until SIGTERM or SIGINT."""
    with until_signalled(settings) as (engine, stop):
        found = evaluators(settings)
        worker = JudgingWorker(settings, engine, found)
        with ClaimExtender(worker.extend_claims):
            while not stop.is_set():
                stop.wait(_pause(worker))
        with suppress(*PASSING):
            worker.release()
        close(found)


def leader_judges(settings: Settings) -> bool:
    """Whether the leader judges itself, rather than judging workers."""
    return settings.role == "all" and not settings.workers


def _work_while_leading(
    settings: Settings,
    engine: Engine,
    found: Sequence[Evaluator] | None,
    leadership: Leadership,
    stop: Event,
) -> None:
    pipeline = Pipeline(settings, engine, found, after_crash=leadership.after_crash)
    estimating = EstimateRefresher(settings, engine, [missed_chunk_estimates])
    settled = False
    try:
        while leadership.held() and not stop.is_set():
            pause = _pause(pipeline)
            if pause == 0.0 and not settled:
                gc_tuning.settle()  # the first batch has loaded what judging needs
                settled = True
            _estimate(estimating)
            stop.wait(pause)
    finally:
        pipeline.close()


def _pause(pipeline: Pipeline | JudgingWorker) -> float:
    """One step; how long to wait before the next, in seconds."""
    try:
        return 0.0 if pipeline.step() else IDLE_SECONDS
    except PASSING as error:
        log.warning("database unavailable, retrying: %s", error)
        return FAILED_SECONDS


def _estimate(estimating: EstimateRefresher) -> None:
    """A round of estimates where it is time; nothing of them holds up judging."""
    try:
        estimating.step(time_ns())
    except PASSING as error:
        log.warning("estimates postponed: %s", error)
    except Exception:
        log.exception("estimates failed; retrying in the next round")
