"""Loading of due traces with the fragments that may belong to them.

A batch of due traces brings in, by the index of pieces, traces that were judged before and events
that name a response of theirs; and further pieces of those, within bounds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from groundwire_collector.assembly.linking import LONGEST_GAP_NS, may_join, piece_of
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.storage import trace_fragments
from groundwire_collector.storage.records import trace_of_response
from groundwire_collector.storage.spans import spans_of
from groundwire_collector.storage.trace_fragments import FragmentRole, TraceFragment

ROUNDS = 3  # a piece of a piece of a piece
MOST_NEAR = 512  # rows of the index that one look brings
MOST_PIECES = 8  # other traces that one trace brings in, the nearest


@dataclass(slots=True)
class LoadedTraces:
    """Loaded traces by id, and the fragments to index."""

    traces: dict[str, Trace] = field(default_factory=dict)
    pieces: dict[str, TraceFragment] = field(default_factory=dict)


def gather(connection: Connection, trace_ids: Iterable[str]) -> LoadedTraces:
    """These traces, and the stored ones that may be pieces of their requests."""
    gathered = LoadedTraces()
    wanted = list(trace_ids)
    for number in range(ROUNDS + 1):
        new = _read(connection, gathered, wanted)
        if number == ROUNDS or not new:
            break
        wanted = _others(connection, gathered, new)
    return gathered


def _read(
    connection: Connection, gathered: LoadedTraces, trace_ids: list[str]
) -> dict[str, TraceFragment]:
    new = {}
    for trace_id, spans in spans_of(connection, trace_ids).items():
        trace = gathered.traces[trace_id] = Trace.of(spans)
        piece = piece_of(trace_id, trace)
        if piece is not None:
            new[trace_id] = gathered.pieces[trace_id] = piece
    return new


def _others(
    connection: Connection, gathered: LoadedTraces, new: Mapping[str, TraceFragment]
) -> list[str]:
    """The ids of traces that may be pieces with one of `new`, and are not here yet."""
    near = _near(connection, list(new.values()))
    found = set(_trace_ids(gathered, new))
    for piece in new.values():
        fitting = [
            other
            for other in near
            if not piece.links.isdisjoint(other.links) and may_join(piece, other)
        ]
        fitting.sort(key=lambda other: abs(other.start_ns - piece.start_ns))
        found |= {other.trace_id for other in fitting[:MOST_PIECES]}
    return [trace_id for trace_id in sorted(found) if trace_id not in gathered.traces]


def _near(connection: Connection, new: list[TraceFragment]) -> list[TraceFragment]:
    """Indexed fragments with the same links; events regardless of age."""
    events = [piece for piece in new if piece.roles == FragmentRole.EVENTS]
    loose = [piece for piece in new if not piece.roles.whole and piece.roles != FragmentRole.EVENTS]
    found = []
    if events:
        found += trace_fragments.linked(connection, _links(events), MOST_NEAR)
    if loose:
        since = min(piece.start_ns for piece in loose) - LONGEST_GAP_NS
        until = max(piece.end_ns for piece in loose) + LONGEST_GAP_NS
        found += trace_fragments.linked(connection, _links(loose), MOST_NEAR, (since, until))
    return found


def _links(of: Iterable[TraceFragment]) -> set[bytes]:
    return {link for piece in of for link in piece.links}


def _trace_ids(gathered: LoadedTraces, new: Mapping[str, TraceFragment]) -> Iterable[str]:
    """Trace ids under which events are stored that name only a response."""
    for trace_id, piece in new.items():
        if piece.roles != FragmentRole.EVENTS:
            for reading in gathered.traces[trace_id].readings.values():
                if name := reading.text("response_id"):
                    yield trace_of_response(reading.span.service, name).hex()
