"""Traces that became no turn, failed model calls among them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, Connection, delete, select

from groundwire_collector.storage.shared_texts import batched
from groundwire_collector.storage.tables.turns import UNANSWERED_TRACE
from groundwire_collector.storage.upsert import upsert


@dataclass(frozen=True, slots=True)
class StoredUnanswered:
    """A trace without a turn; `error` is what its failed step reported."""

    trace_id: str
    service: str
    started_ns: int
    family: str
    reason: str
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnansweredQuery:
    """Filter for traces without a turn; None does not restrict."""

    service: str | None = None
    services: frozenset[str] | None = None  # what the key may read; None: all
    reason: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    limit: int = 100


def known(connection: Connection, trace_ids: Iterable[str]) -> set[str]:
    """Those of these traces that are stored here."""
    found: set[str] = set()
    for batch in batched(sorted(trace_ids)):
        column = UNANSWERED_TRACE.c.trace_id
        found.update(connection.scalars(select(column).where(column.in_(batch))))
    return found


def save(connection: Connection, traces: Sequence[StoredUnanswered]) -> None:
    """Insert traces, or replace what is stored of known ones."""
    upsert(connection, UNANSWERED_TRACE, [asdict(trace) for trace in traces])


def find(connection: Connection, query: UnansweredQuery) -> list[StoredUnanswered]:
    """Traces without a turn, the latest first."""
    c = UNANSWERED_TRACE.c
    statement = select(UNANSWERED_TRACE).where(*_conditions(query))
    statement = statement.order_by(c.started_ns.desc(), c.trace_id).limit(query.limit)
    return [StoredUnanswered(**row) for row in connection.execute(statement).mappings()]


def forget(connection: Connection, trace_ids: Collection[str]) -> None:
    """Delete the records of these traces."""
    for batch in batched(sorted(trace_ids)):
        connection.execute(delete(UNANSWERED_TRACE).where(UNANSWERED_TRACE.c.trace_id.in_(batch)))


def older_than(cutoff_ns: int) -> ColumnElement[bool]:
    """Condition on records that began before `cutoff_ns`."""
    return UNANSWERED_TRACE.c.started_ns < cutoff_ns


def _conditions(query: UnansweredQuery) -> list[ColumnElement[bool]]:
    c = UNANSWERED_TRACE.c
    equal = {c.service: query.service, c.reason: query.reason}
    conditions = [column == value for column, value in equal.items() if value is not None]
    if query.services is not None:
        conditions.append(c.service.in_(query.services))
    if query.since_ns is not None:
        conditions.append(c.started_ns >= query.since_ns)
    if query.until_ns is not None:
        conditions.append(c.started_ns < query.until_ns)
    return conditions
