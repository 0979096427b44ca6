"""Worker progress: cursor in the span stream and pending traces."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, or_, select, update

from groundwire_collector.storage.tables.turns import CURSOR, PENDING_TRACE
from groundwire_collector.storage.upsert import upsert

READER = "worker"
AHEAD_NS = 3600 * 10**9  # more than clocks of two machines differ


@dataclass(frozen=True, slots=True)
class PendingTrace:
    """A trace with unjudged spans, due at `due_ns`."""

    trace_id: str
    last_received_ns: int
    root_ended: bool
    due_ns: int
    begun: int = 0  # judgements of it that a worker did not end, as far as they were counted


def position(connection: Connection) -> int:
    """The `seq` of the last span the worker took note of."""
    query = select(CURSOR.c.seq).where(CURSOR.c.reader == READER)
    return connection.scalar(query) or 0


def move_to(connection: Connection, seq: int) -> None:
    upsert(connection, CURSOR, [{"reader": READER, "seq": seq}])


def pending(connection: Connection, trace_ids: Iterable[str]) -> dict[str, PendingTrace]:
    """Open traces among `trace_ids`."""
    query = select(PENDING_TRACE).where(PENDING_TRACE.c.trace_id.in_(list(trace_ids)))
    return {row.trace_id: PendingTrace(*row) for row in connection.execute(query)}


def put_pending(connection: Connection, traces: Sequence[PendingTrace]) -> None:
    upsert(connection, PENDING_TRACE, [asdict(trace) for trace in traces])


def due(
    connection: Connection, now_ns: int, limit: int, *, begun: bool | None = None
) -> list[PendingTrace]:
    """Complete traces, oldest first; `begun`: only those whose judgement began before, or did not.

    A trace that came long after now came while the clock was ahead: it need not wait till then.
    """
    table = PENDING_TRACE.c
    query = select(PENDING_TRACE).where(
        or_(table.due_ns <= now_ns, table.last_received_ns > now_ns + AHEAD_NS)
    )
    if begun is not None:
        query = query.where(table.begun > 0 if begun else table.begun == 0)
    query = query.order_by(PENDING_TRACE.c.due_ns).limit(limit)
    return [PendingTrace(*row) for row in connection.execute(query)]


def begin(connection: Connection, traces: Sequence[PendingTrace]) -> None:
    """Count one more started evaluation of each trace."""
    ids = [trace.trace_id for trace in traces]
    began = update(PENDING_TRACE).where(PENDING_TRACE.c.trace_id.in_(ids))
    connection.execute(began.values(begun=PENDING_TRACE.c.begun + 1))


def settle(connection: Connection, traces: Sequence[PendingTrace]) -> int:
    """Mark traces as judged; returns how many were pending."""
    ids = [trace.trace_id for trace in traces]
    return connection.execute(
        delete(PENDING_TRACE).where(PENDING_TRACE.c.trace_id.in_(ids))
    ).rowcount
