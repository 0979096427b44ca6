"""Index of trace fragments by shared links, for late arrivals."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import IntFlag

from sqlalchemy import ColumnElement, Connection, Table, delete, select

from groundwire_collector.storage.shared_texts import batched
from groundwire_collector.storage.tables.trace_fragments import EARLY_CLOSED_BOOK, TRACE_FRAGMENT
from groundwire_collector.storage.upsert import insert_missing, upsert

_LATEST_NS = 2**63 - 1


class FragmentRole(IntFlag):
    """Parts of a request in a trace: model call, retrieval, or both."""

    CALL = 1
    RETRIEVAL = 2
    SPEAKER = 4
    EVENTS = 8  # no span at all: events that name a response
    QUESTION = 16  # messages of a person alone
    REPLY = 32  # its model call is a message whose question is elsewhere

    @property
    def whole(self) -> bool:
        complete = self & FragmentRole.CALL and self & FragmentRole.RETRIEVAL
        return bool(complete) and not self & FragmentRole.REPLY

    @property
    def spans(self) -> bool:
        """False of events alone, which are found by the response that they name."""
        return self != FragmentRole.EVENTS


@dataclass(frozen=True, slots=True)
class TraceFragment:
    """An indexed trace; `links` are hashes of what it shares."""

    trace_id: str
    links: frozenset[bytes]
    roles: FragmentRole
    start_ns: int
    end_ns: int


def put(connection: Connection, pieces: Iterable[TraceFragment]) -> None:
    rows = [
        {
            "trace_id": piece.trace_id,
            "link": link,
            "roles": int(piece.roles),
            "start_ns": _storable(piece.start_ns),
            "end_ns": _storable(piece.end_ns),
        }
        for piece in pieces
        for link in piece.links
    ]
    upsert(connection, TRACE_FRAGMENT, rows)


def linked(
    connection: Connection, links: Collection[bytes], most: int, near: tuple[int, int] | None = None
) -> list[TraceFragment]:
    """Pieces under any of `links`, the latest first; `near`: that overlap these times."""
    found: dict[str, TraceFragment] = {}
    c = TRACE_FRAGMENT.c
    for batch in batched(list(links)):
        query = select(TRACE_FRAGMENT).where(c.link.in_(batch))
        if near is not None:
            query = query.where(c.start_ns <= _storable(near[1]), c.end_ns >= _storable(near[0]))
        for row in connection.execute(query.order_by(c.start_ns.desc()).limit(most)):
            known = found.get(row.trace_id)
            shared = frozenset({row.link}) | (known.links if known else frozenset())
            found[row.trace_id] = TraceFragment(
                row.trace_id, shared, FragmentRole(row.roles), row.start_ns, row.end_ns
            )
    return list(found.values())


def forget(connection: Connection, trace_ids: Sequence[str]) -> None:
    """Delete what the index has of these traces, and what waits for their turns."""
    connection.execute(delete(TRACE_FRAGMENT).where(TRACE_FRAGMENT.c.trace_id.in_(trace_ids)))
    waits = EARLY_CLOSED_BOOK.c.production_trace_id.in_(trace_ids)
    connection.execute(delete(EARLY_CLOSED_BOOK).where(waits))


def old(cutoff_ns: int) -> list[tuple[Table, ColumnElement[bool]]]:
    """Tables with rows that are too old, and which those are."""
    return [
        (TRACE_FRAGMENT, TRACE_FRAGMENT.c.end_ns < cutoff_ns),
        (EARLY_CLOSED_BOOK, EARLY_CLOSED_BOOK.c.since_ns < cutoff_ns),
    ]


def await_turn(connection: Connection, turn_id: str, trace_id: str, now_ns: int) -> None:
    """Store a closed-book call until the turn of `trace_id` arrives."""
    row = {"turn_id": turn_id, "production_trace_id": trace_id, "since_ns": now_ns}
    insert_missing(connection, EARLY_CLOSED_BOOK, [row])


def awaited(connection: Connection, trace_ids: Sequence[str], since_ns: int) -> list[str]:
    """The closed-book calls that wait for a turn of these traces, and not for too long."""
    c = EARLY_CLOSED_BOOK.c
    query = select(c.turn_id).where(c.production_trace_id.in_(trace_ids), c.since_ns >= since_ns)
    return list(connection.scalars(query.order_by(c.since_ns)))


def no_longer_await(connection: Connection, turn_ids: Sequence[str]) -> None:
    connection.execute(delete(EARLY_CLOSED_BOOK).where(EARLY_CLOSED_BOOK.c.turn_id.in_(turn_ids)))


def _storable(nanoseconds: int) -> int:
    return max(-_LATEST_NS, min(_LATEST_NS, nanoseconds))
