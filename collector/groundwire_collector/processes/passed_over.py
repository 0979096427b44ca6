"""Pass over traces that cannot be judged, counted and findable by id."""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine

from groundwire_collector import metric_definitions
from groundwire_collector.storage import counters, failed_traces, progress
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.failed_traces import FailedTrace
from groundwire_collector.storage.progress import PendingTrace

MOST_BEGUN = 3  # times that a worker may die while it judges a trace


def pass_over(engine: Engine, trace: PendingTrace, reason: str, now_ns: int) -> None:
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


def died_of(trace: PendingTrace) -> str:
    """Reason for a trace that workers died of."""
    return f"begun {trace.begun} times without an end: the worker died each time"
