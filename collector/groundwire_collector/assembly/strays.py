"""Traces that are pieces of one request: a thread or a callback lost the context between them.

A retrieval in a trace of its own, a model call in another: they are joined by what they share, a
response id, a session, or word for word the answer, and by their times. Only pieces are joined: a
trace that holds both its retrieval and its model call is whole. Events that name a response, and no
trace, belong to the trace of that response, whole or not. See
docs/decisions/0032-pieces-of-a-request.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

from groundwire_collector.assembly.answers import RETRIEVING, SHORT
from groundwire_collector.assembly.family import SpanKind
from groundwire_collector.assembly.lazy import lazy
from groundwire_collector.assembly.reading import SPEAKING, SpanReading
from groundwire_collector.assembly.shapes import same
from groundwire_collector.assembly.trace import Trace, is_carrier, responses_of
from groundwire_collector.storage.pieces import Piece, Role

LONGEST_GAP_NS = 60_000_000_000  # from the end of a retrieval to the start of its answer
MOST_LINKS = 16  # of one kind that a trace is known by


@dataclass
class _Stray:
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
        return {name for reading in self.readings for name in responses_of(reading)}

    @lazy
    def words(self) -> set[str]:
        said = (reading.said or "" for reading in (*self.calls, *self.speakers))
        return {" ".join(text.split()) for text in said if len(text) >= SHORT}

    @lazy
    def roles(self) -> Role:
        if all(map(is_carrier, self.readings)) and self.response_ids:
            return Role.EVENTS
        found = Role.CALL if self.calls else Role(0)
        found |= Role.RETRIEVAL if self.retrievals else Role(0)
        return found | Role.SPEAKER if self.speakers else found

    @lazy
    def is_diagnostic(self) -> bool:
        """A shadow call or a canary: it says again what a turn said, and is no piece of it."""
        return any(r.flag("shadow") or r.flag("canary") for r in self.readings)

    @lazy
    def links(self) -> frozenset[tuple[str, str]]:
        """What it may share with another piece; a whole trace shares its response alone."""
        kinds = {"response": self.response_ids}
        if not (self.roles.whole or self.roles == Role.EVENTS or self.is_diagnostic):
            kinds |= {"session": self.sessions, "words": self.words}
        return frozenset(
            (kind, text) for kind, texts in kinds.items() for text in islice(texts, MOST_LINKS)
        )

    @lazy
    def start_ns(self) -> int:
        return min(reading.span.start_ns for reading in self.readings)

    @lazy
    def end_ns(self) -> int:
        return max(max(r.span.start_ns, r.span.end_ns) for r in self.readings)

    @property
    def service(self) -> str:
        return self.readings[0].span.service


def piece_of(trace_id: str, trace: Trace) -> Piece | None:
    """How a trace is found by the other pieces of its request; None where it shares nothing."""
    stray = _Stray(trace)
    if not stray.readings or not stray.links:
        return None
    links = frozenset(_hashed(stray.service, *link) for link in stray.links)
    return Piece(trace_id, links, stray.roles, stray.start_ns, stray.end_ns)


def may_join(one: Piece, other: Piece) -> bool:
    """Whether `other` could be a further piece of the request of `one`, by what both hold."""
    if Role.EVENTS in (one.roles, other.roles):
        return one.roles != other.roles
    if one.roles.whole or other.roles.whole:
        return False
    if one.start_ns > other.end_ns + LONGEST_GAP_NS or other.start_ns > one.end_ns + LONGEST_GAP_NS:
        return False
    return one.roles != other.roles


def joined(traces: Sequence[Trace]) -> list[Trace]:
    """Traces, with those that are pieces of one request as one."""
    strays = [_Stray(trace) for trace in traces if trace.readings]
    for stray in list(strays):
        if not any(stray is other for other in strays):
            continue  # others were joined to it meanwhile
        hosts = [host for host in strays if host is not stray and _belongs(stray, host)]
        if hosts:
            began = stray.start_ns
            host = min(hosts, key=lambda host: abs(host.start_ns - began))
            ids = host.trace.ids | stray.trace.ids
            grown = _Stray(Trace([*host.readings, *stray.readings], ids))
            strays = [grown if s is host else s for s in strays if s is not stray]
    return [stray.trace for stray in strays]


def _belongs(stray: _Stray, host: _Stray) -> bool:
    """`stray` is a step of `host`, its model call or its retrieval, or tells of its response."""
    if stray.links.isdisjoint(host.links) or stray.service != host.service:
        return False
    if not stray.trace.readings.keys().isdisjoint(host.trace.readings):
        return False  # span ids that are not random: nothing tells these apart
    if stray.roles == Role.EVENTS:
        return host.roles != Role.EVENTS
    if stray.roles.whole or host.roles.whole or stray.speakers:
        return False
    if stray.calls and not host.calls:
        return _is_call_of(stray, host)
    return bool(stray.retrievals and not host.retrievals) and _is_retrieval_of(stray, host)


def _is_call_of(stray: _Stray, host: _Stray) -> bool:
    if not host.start_ns <= stray.start_ns <= host.end_ns:
        return False
    if stray.response_ids & host.response_ids or stray.sessions & host.sessions:
        return True
    texts = [call.said for call in stray.calls if call.said and len(call.said) >= SHORT]
    return any(same(text, speaker.said or "") for text in texts for speaker in host.speakers)


def _is_retrieval_of(stray: _Stray, host: _Stray) -> bool:
    if not host.calls and not host.speakers:
        return False
    near = host.start_ns - LONGEST_GAP_NS <= stray.end_ns <= host.end_ns
    return near and bool(stray.sessions & host.sessions)


def _hashed(service: str, kind: str, text: str) -> bytes:
    written = f"{service}\0{kind}\0{text}".encode(errors="surrogatepass")
    return blake2b(written, digest_size=16).digest()
