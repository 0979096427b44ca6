"""Traces that could not be processed: which, when and why."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from groundwire_collector.storage.shared_texts import batched
from groundwire_collector.storage.tables.spans import SPAN
from groundwire_collector.storage.tables.turns import FAILED_TRACE
from groundwire_collector.storage.upsert import upsert

LONGEST_REASON = 500  # characters
LOOKED_AT = 1000  # newest rows of which those of some services are chosen


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


def newest(
    connection: Connection, limit: int, services: frozenset[str] | None = None
) -> list[FailedTrace]:
    """Latest failed traces; with `services`, those with a stored span of one of them.

    Of the newest 1,000 at most.
    """
    query = select(FAILED_TRACE).order_by(FAILED_TRACE.c.failed_ns.desc(), FAILED_TRACE.c.trace_id)
    if services is None:
        return [FailedTrace(*row) for row in connection.execute(query.limit(limit))]
    found = [FailedTrace(*row) for row in connection.execute(query.limit(LOOKED_AT))]
    of_services: set[bytes] = set()
    for batch in batched([bytes.fromhex(each.trace_id) for each in found]):
        ours = SPAN.c.trace_id.in_(batch), SPAN.c.service.in_(services)
        of_services.update(connection.scalars(select(SPAN.c.trace_id).where(*ours)))
    return [each for each in found if bytes.fromhex(each.trace_id) in of_services][:limit]


def forget(connection: Connection, trace_ids: list[str]) -> None:
    """Delete the records of these traces."""
    connection.execute(delete(FAILED_TRACE).where(FAILED_TRACE.c.trace_id.in_(trace_ids)))


def expire(connection: Connection, cutoff_ns: int) -> None:
    """Delete records older than `cutoff_ns`."""
    connection.execute(delete(FAILED_TRACE).where(FAILED_TRACE.c.failed_ns < cutoff_ns))
