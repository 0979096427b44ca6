"""Traces that are pieces of one request: a thread or a callback lost the context between them.

A retrieval in a trace of its own, a model call in another: they are joined by what they share, a
response id, a session, or word for word the answer, and by their times. Only pieces are joined: a
trace that holds both its retrieval and its model call is whole. See
docs/decisions/0032-pieces-of-a-request.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from groundwire_collector.assembly.answers import RETRIEVING, SHORT
from groundwire_collector.assembly.family import SpanKind
from groundwire_collector.assembly.lazy import lazy
from groundwire_collector.assembly.reading import SPEAKING, SpanReading
from groundwire_collector.assembly.shapes import same
from groundwire_collector.assembly.trace import Trace

LONGEST_GAP_NS = 60_000_000_000  # from the end of a retrieval to the start of its answer


@dataclass
class _Piece:
    """A trace, as far as it says whether it is one of several pieces."""

    trace: Trace

    @lazy
    def readings(self) -> list[SpanReading]:
        return list(self.trace.readings.values())

    def of(self, *kinds: SpanKind) -> list[SpanReading]:
        return [reading for reading in self.readings if reading.kind in kinds]

    @lazy
    def calls(self) -> list[SpanReading]:
        return self.of(SpanKind.GENERATION)

    @lazy
    def retrievals(self) -> list[SpanReading]:
        return self.of(*RETRIEVING)

    @lazy
    def speakers(self) -> list[SpanReading]:
        return [r for r in self.of(*SPEAKING) if r.said is not None]

    @lazy
    def sessions(self) -> set[str]:
        return {text for reading in self.readings if (text := reading.text("session"))}

    @lazy
    def response_ids(self) -> set[str]:
        return {text for reading in self.readings if (text := reading.text("response_id"))}

    @property
    def start_ns(self) -> int:
        return min(reading.span.start_ns for reading in self.readings)

    @property
    def end_ns(self) -> int:
        return max(reading.span.end_ns for reading in self.readings)

    @property
    def service(self) -> str:
        return self.readings[0].span.service


def joined(traces: Sequence[Trace]) -> list[Trace]:
    """Traces, with those that are pieces of one request as one.

    The traces are those looked at together; pieces that come apart by more than that stay apart.
    """
    pieces = [_Piece(trace) for trace in traces if trace.readings]
    loose = [piece for piece in pieces if not (piece.calls and piece.retrievals)]
    for piece in list(loose):
        hosts = [host for host in loose if host is not piece and _belongs(piece, host)]
        if hosts:
            began = piece.start_ns
            host = min(hosts, key=lambda host: abs(host.start_ns - began))
            grown = _Piece(Trace([*host.readings, *piece.readings]))
            pieces = [grown if p is host else p for p in pieces if p is not piece]
            loose = [grown if p is host else p for p in loose if p is not piece]
    return [piece.trace for piece in pieces]


def _belongs(piece: _Piece, host: _Piece) -> bool:
    """`piece` is a step of `host`: its model call, or its retrieval."""
    if piece.service != host.service:
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
