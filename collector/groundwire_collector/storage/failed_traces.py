"""Traces that could not be processed: which, when and why."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from groundwire_collector.storage.tables.turns import FAILED_TRACE
from groundwire_collector.storage.upsert import upsert

LONGEST_REASON = 500  # characters


@dataclass(frozen=True, slots=True)
class FailedTrace:
    """A failed trace; `reason` names the error and quotes no content."""

    trace_id: str
    failed_ns: int
    reason: str


def add(connection: Connection, failed: FailedTrace) -> None:
    """Remember it; of a trace that failed before, the newer reason."""
    row = {
        "trace_id": failed.trace_id,
        "failed_ns": failed.failed_ns,
        "reason": failed.reason[:LONGEST_REASON],
    }
    upsert(connection, FAILED_TRACE, [row])


def newest(connection: Connection, limit: int) -> list[FailedTrace]:
    """Those that failed last."""
    query = select(FAILED_TRACE).order_by(FAILED_TRACE.c.failed_ns.desc()).limit(limit)
    return [FailedTrace(*row) for row in connection.execute(query)]


def forget(connection: Connection, trace_ids: list[str]) -> None:
    """Delete the records of these traces."""
    connection.execute(delete(FAILED_TRACE).where(FAILED_TRACE.c.trace_id.in_(trace_ids)))


def expire(connection: Connection, cutoff_ns: int) -> None:
    """Delete records older than `cutoff_ns`."""
    connection.execute(delete(FAILED_TRACE).where(FAILED_TRACE.c.failed_ns < cutoff_ns))
