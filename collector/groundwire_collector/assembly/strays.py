"""Traces that are pieces of one request: a thread or a callback lost the context between them.

A retrieval in a trace of its own, a model call in another: they are joined by what they share, a
response id, a session, or word for word the answer, and by their times. Only pieces are joined: a
trace that holds both its retrieval and its model call is whole. See
docs/decisions/0032-pieces-of-a-request.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from groundwire_collector.assembly.answers import RETRIEVING, SHORT
from groundwire_collector.assembly.family import SpanKind
from groundwire_collector.assembly.reading import SPEAKING, SpanReading
from groundwire_collector.assembly.shapes import same
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.span import Span

LONGEST_GAP_NS = 60_000_000_000  # from the end of a retrieval to the start of its answer


@dataclass
class _Piece:
    """A trace, as far as it says whether it is one of several pieces."""

    spans: list[Span]

    @cached_property
    def readings(self) -> list[SpanReading]:
        return list(Trace(self.spans).readings.values())

    def of(self, *kinds: SpanKind) -> list[SpanReading]:
        return [reading for reading in self.readings if reading.kind in kinds]

    @cached_property
    def calls(self) -> list[SpanReading]:
        return self.of(SpanKind.GENERATION)

    @cached_property
    def retrievals(self) -> list[SpanReading]:
        return self.of(*RETRIEVING)

    @cached_property
    def speakers(self) -> list[SpanReading]:
        return [r for r in self.of(*SPEAKING) if r.said is not None]

    @cached_property
    def sessions(self) -> set[str]:
        return {text for reading in self.readings if (text := reading.text("session"))}

    @cached_property
    def response_ids(self) -> set[str]:
        return {text for reading in self.readings if (text := reading.text("response_id"))}

    @property
    def start_ns(self) -> int:
        return min(span.start_ns for span in self.spans)

    @property
    def end_ns(self) -> int:
        return max(span.end_ns for span in self.spans)

    @property
    def service(self) -> str:
        return self.spans[0].service


def joined(traces: Mapping[str, Sequence[Span]]) -> list[list[Span]]:
    """The spans of each request among traces by id: those of one trace, or of the pieces of one.

    The traces are those looked at together; pieces that come apart by more than that stay apart.
    """
    pieces = [_Piece(list(spans)) for spans in traces.values() if spans]
    loose = [piece for piece in pieces if not (piece.calls and piece.retrievals)]
    for piece in loose:
        hosts = [p for p in loose if p is not piece and p.spans and _belongs(piece, p)]
        if hosts:
            began = piece.start_ns
            other = min(hosts, key=lambda host: abs(host.start_ns - began))
            # Replaced as a whole: what it was computed from has grown.
            grown = _Piece(other.spans + piece.spans)
            pieces[pieces.index(other)] = grown
            loose[loose.index(other)] = grown
            piece.spans = []
    return [piece.spans for piece in pieces if piece.spans]


def _belongs(piece: _Piece, host: _Piece) -> bool:
    """`piece` is a step of `host`: its model call, or its retrieval."""
    if not piece.spans or piece.service != host.service:
        return False
    if piece.calls and not piece.speakers and not host.calls:
        return _is_call_of(piece, host)
    if piece.retrievals and not piece.speakers and not host.retrievals:
        return _is_retrieval_of(piece, host)
    return False


def _is_call_of(piece: _Piece, host: _Piece) -> bool:
    if not host.start_ns <= piece.start_ns <= host.end_ns:
        return False
    if piece.response_ids & host.response_ids or piece.sessions & host.sessions:
        return True
    texts = [call.said for call in piece.calls if call.said and len(call.said) >= SHORT]
    return any(same(text, speaker.said or "") for text in texts for speaker in host.speakers)


def _is_retrieval_of(piece: _Piece, host: _Piece) -> bool:
    if not host.calls and not host.speakers:
        return False
    near = host.start_ns - LONGEST_GAP_NS <= piece.end_ns <= host.end_ns
    return near and bool(piece.sessions & host.sessions)
