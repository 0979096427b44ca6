"""Worker progress: cursor in the span stream and pending traces."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy import ColumnElement, Connection, case, delete, or_, select, tuple_, update

from groundwire_collector.storage.tables.turns import CURSOR, JUDGED_TRACE, PENDING_TRACE
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


_COLUMNS = [PENDING_TRACE.c[field.name] for field in fields(PendingTrace)]


def position(connection: Connection) -> int:
    """The `seq` of the last span the worker took note of."""
    query = select(CURSOR.c.seq).where(CURSOR.c.reader == READER)
    return connection.scalar(query) or 0


def move_to(connection: Connection, seq: int) -> None:
    upsert(connection, CURSOR, [{"reader": READER, "seq": seq}])


def pending(connection: Connection, trace_ids: Iterable[str]) -> dict[str, PendingTrace]:
    """Open traces among `trace_ids`."""
    query = select(*_COLUMNS).where(PENDING_TRACE.c.trace_id.in_(list(trace_ids)))
    return {row.trace_id: PendingTrace(*row) for row in connection.execute(query)}


def put_pending(connection: Connection, traces: Sequence[PendingTrace]) -> None:
    upsert(connection, PENDING_TRACE, [asdict(trace) for trace in traces])


def due(
    connection: Connection, now_ns: int, limit: int, *, begun: bool | None = None
) -> list[PendingTrace]:
    """Complete traces, oldest first; `begun`: only those whose judgement began before, or did not.

    A trace that came long after now came while the clock was ahead: it need not wait till then.
    """
    query = select(*_COLUMNS).where(*_free(now_ns))
    if begun is not None:
        query = query.where(PENDING_TRACE.c.begun > 0 if begun else PENDING_TRACE.c.begun == 0)
    query = query.order_by(PENDING_TRACE.c.due_ns).limit(limit)
    return [PendingTrace(*row) for row in connection.execute(query)]


def begin(connection: Connection, traces: Sequence[PendingTrace]) -> None:
    """Count one more started evaluation of each trace."""
    ids = [trace.trace_id for trace in traces]
    began = update(PENDING_TRACE).where(PENDING_TRACE.c.trace_id.in_(ids))
    connection.execute(began.values(begun=PENDING_TRACE.c.begun + 1))


def settle(connection: Connection, traces: Sequence[PendingTrace]) -> int:
    """Mark traces as judged; returns how many were pending, without a further span since."""
    c = PENDING_TRACE.c
    seen = [(trace.trace_id, trace.last_received_ns) for trace in traces]
    settled = delete(PENDING_TRACE).where(tuple_(c.trace_id, c.last_received_ns).in_(seen))
    return connection.execute(settled).rowcount


def claim(
    connection: Connection, worker: str, now_ns: int, until_ns: int, limit: int
) -> list[PendingTrace]:
    """Claim due traces for a judging worker, oldest first; each counts as begun.

    A trace that was begun before comes alone: a worker may have died of it. Traces of a judged
    batch that is not counted yet are left.
    """
    c = PENDING_TRACE.c
    query = select(*_COLUMNS).where(*_free(now_ns)).order_by(c.begun > 0, c.due_ns).limit(limit)
    locked = query.with_for_update(skip_locked=True, of=PENDING_TRACE)
    found = [PendingTrace(*row) for row in connection.execute(locked)]
    claimed = [trace for trace in found if not trace.begun] or found[:1]
    claims = update(PENDING_TRACE).where(c.trace_id.in_([trace.trace_id for trace in claimed]))
    connection.execute(claims.values(worker=worker, claimed_until_ns=until_ns, begun=c.begun + 1))
    return claimed


def extend_claims(connection: Connection, worker: str, until_ns: int) -> None:
    """Extend the claims of a worker that lives."""
    own = update(PENDING_TRACE).where(PENDING_TRACE.c.worker == worker)
    connection.execute(own.values(claimed_until_ns=until_ns))


def release(
    connection: Connection, worker: str, trace_ids: Collection[str], due_ns: int | None = None
) -> None:
    """Give claimed traces back, as if they had not been begun; due again at `due_ns`."""
    c = PENDING_TRACE.c
    own = update(PENDING_TRACE).where(c.worker == worker, c.trace_id.in_(list(trace_ids)))
    later = {} if due_ns is None else {"due_ns": due_ns}
    begun = case((c.begun > 0, c.begun - 1), else_=0)
    connection.execute(own.values(worker="", claimed_until_ns=0, begun=begun, **later))


def release_all(connection: Connection, worker: str) -> None:
    """Give back every trace that a worker claimed."""
    of_worker = select(PENDING_TRACE.c.trace_id).where(PENDING_TRACE.c.worker == worker)
    release(connection, worker, list(connection.scalars(of_worker)))


def _free(now_ns: int) -> tuple[ColumnElement[bool], ...]:
    """Due, claimed by nobody, and in no judged batch that is not counted yet."""
    c = PENDING_TRACE.c
    is_due = or_(c.due_ns <= now_ns, c.last_received_ns > now_ns + AHEAD_NS)
    uncounted = select(JUDGED_TRACE.c.trace_id).where(JUDGED_TRACE.c.trace_id == c.trace_id)
    return is_due, c.claimed_until_ns <= now_ns, ~uncounted.exists()
