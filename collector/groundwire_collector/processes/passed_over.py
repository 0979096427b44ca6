"""Pass over traces that cannot be judged, counted and findable by id."""

import logging
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, Engine

from groundwire_collector import metric_definitions
from groundwire_collector.storage import counters, failed_traces, progress
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.engine import PASSING
from groundwire_collector.storage.failed_traces import FailedTrace
from groundwire_collector.storage.progress import PendingTrace

log = logging.getLogger(__name__)

MOST_BEGUN = 3  # times that a worker may die while it judges a trace
Judge = Callable[[Sequence[PendingTrace]], None]


def judge_or_pass_over(
    engine: Engine,
    traces: Sequence[PendingTrace],
    judge: Judge,
    now_ns: int,
    restore: Callable[[], None] = lambda: None,
) -> None:
    """Judge traces together, or one by one where that fails; what fails alone is passed over.

    `restore` undoes in memory what a failed `judge` left. Errors that pass (`PASSING`) are raised.
    """
    try:
        judge(traces)
    except PASSING:
        raise
    except Exception:
        log.exception("a batch failed; retrying its traces one by one")
        restore()
        for trace in traces:
            _judge_alone(engine, trace, judge, now_ns, restore)


def pass_over_deadly(engine: Engine, trace: PendingTrace, now_ns: int) -> bool:
    """Pass over a trace that workers died of too often; whether it is one."""
    if trace.begun < MOST_BEGUN:
        return False
    reason = f"begun {trace.begun} times without an end: the worker died each time"
    log.error("trace %s skipped: %s", trace.trace_id, reason)
    _pass_over(engine, trace, reason, now_ns)
    return True


def _pass_over(engine: Engine, trace: PendingTrace, reason: str, now_ns: int) -> None:
    """Settle a trace without a judgement."""
    with engine.begin() as connection:
        note_failed(connection, [trace.trace_id], reason, now_ns)
        progress.settle(connection, [trace])


def note_failed(connection: Connection, trace_ids: Sequence[str], reason: str, now_ns: int) -> None:
    """Count traces as failed, and store why."""
    increments = Increments()
    for trace_id in trace_ids:
        increments.count(metric_definitions.TRACES_FAILED, {})
        failed_traces.add(connection, FailedTrace(trace_id, now_ns, reason))
    counters.add(connection, increments, now_ns)


def _judge_alone(
    engine: Engine, trace: PendingTrace, judge: Judge, now_ns: int, restore: Callable[[], None]
) -> None:
    try:
        judge([trace])
    except PASSING:
        raise
    except Exception as error:
        log.exception("trace %s skipped", trace.trace_id)
        restore()
        _pass_over(engine, trace, f"it raises {type(error).__name__}", now_ns)
