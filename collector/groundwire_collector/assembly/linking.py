"""Traces that are pieces of one request: a thread or a callback lost the context between them.

A retrieval in a trace of its own, a model call in another: they are joined by what they share, a
response id, a session, or word for word the answer, and by their times. Only pieces are joined: a
trace that holds both its retrieval and its model call is whole. Events that name a response, and no
trace, belong to the trace of that response, whole or not. See
docs/decisions/0032-pieces-of-a-request.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

from groundwire_collector.assembly.alias_table import SpanKind
from groundwire_collector.assembly.answers import RETRIEVING, SHORT
from groundwire_collector.assembly.lazy import lazy
from groundwire_collector.assembly.span_view import SPEAKING, SpanView
from groundwire_collector.assembly.trace import Trace, is_carrier, responses_of
from groundwire_collector.assembly.value_parsing import same
from groundwire_collector.storage.trace_fragments import FragmentRole, TraceFragment

LONGEST_GAP_NS = 60_000_000_000  # from the end of a retrieval to the start of its answer
MOST_LINKS = 16  # of one kind that a trace is known by
MOST_HOSTS = 64  # traces under one link that a piece is compared with


@dataclass
class _Stray:
    """A trace, as far as it says whether it is one of several pieces."""

    trace: Trace

    @lazy
    def readings(self) -> list[SpanView]:
        return list(self.trace.readings.values())

    @lazy
    def calls(self) -> list[SpanView]:
        return [reading for reading in self.readings if reading.kind == SpanKind.GENERATION]

    @lazy
    def retrievals(self) -> list[SpanView]:
        return [reading for reading in self.readings if reading.kind in RETRIEVING]

    @lazy
    def speakers(self) -> list[SpanView]:
        return [r for r in self.readings if r.kind in SPEAKING and r.said is not None]

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
    def roles(self) -> FragmentRole:
        if all(map(is_carrier, self.readings)) and self.response_ids:
            return FragmentRole.EVENTS
        found = FragmentRole.CALL if self.calls else FragmentRole(0)
        found |= FragmentRole.RETRIEVAL if self.retrievals else FragmentRole(0)
        return found | FragmentRole.SPEAKER if self.speakers else found

    @lazy
    def is_whole(self) -> bool:
        return bool(self.calls and self.retrievals)

    @lazy
    def is_diagnostic(self) -> bool:
        """A closed-book call or a probe: it says again what a turn said, and is no piece of it."""
        return any(r.flag("closed_book") or r.flag("probe") for r in self.readings)

    @lazy
    def links(self) -> frozenset[tuple[str, str]]:
        """What it may share with another piece; a whole trace shares its response alone."""
        kinds = {"response": self.response_ids}
        if not (self.is_whole or self.roles == FragmentRole.EVENTS or self.is_diagnostic):
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


def piece_of(trace_id: str, trace: Trace) -> TraceFragment | None:
    """How a trace is found by the other pieces of its request; None where it shares nothing."""
    stray = _Stray(trace)
    if not stray.readings or not stray.links:
        return None
    links = frozenset(_hashed(stray.service, *link) for link in stray.links)
    return TraceFragment(trace_id, links, stray.roles, stray.start_ns, stray.end_ns)


def may_join(one: TraceFragment, other: TraceFragment) -> bool:
    """Whether `other` could be a further piece of the request of `one`, by what both hold."""
    if FragmentRole.EVENTS in (one.roles, other.roles):
        return one.roles != other.roles
    if one.roles.whole or other.roles.whole:
        return False
    if one.start_ns > other.end_ns + LONGEST_GAP_NS or other.start_ns > one.end_ns + LONGEST_GAP_NS:
        return False
    return one.roles != other.roles


def joined(traces: Sequence[Trace]) -> list[Trace]:
    """Traces, with those that are pieces of one request as one."""
    strays = [_Stray(trace) for trace in traces if trace.readings]
    if all(stray.is_whole for stray in strays):
        return [stray.trace for stray in strays]
    hosts = _Hosts(strays)
    for stray in strays:
        if stray.is_whole or not hosts.has(stray):
            continue  # or others were joined to it meanwhile
        found = [host for host in hosts.linked(stray) if _belongs(stray, host)]
        if found:
            began = stray.start_ns
            hosts.join(stray, min(found, key=lambda host: abs(host.start_ns - began)))
    return [stray.trace for stray in hosts]


class _Hosts:
    """The requests as far as they are put together, by their links."""

    def __init__(self, strays: Sequence[_Stray]) -> None:
        self._here: dict[int, _Stray] = {}  # by identity; a dict keeps the order
        self._by_link: dict[tuple[str, str], list[_Stray]] = {}
        for stray in strays:
            self._add(stray)

    def __iter__(self) -> Iterator[_Stray]:
        return iter(self._here.values())

    def has(self, stray: _Stray) -> bool:
        return id(stray) in self._here

    def linked(self, stray: _Stray) -> list[_Stray]:
        """Other requests that share something with this one."""
        found = {
            id(host): host
            for link in stray.links
            for host in self._by_link[link][-MOST_HOSTS:]
            if self.has(host) and host is not stray
        }
        return list(found.values())

    def join(self, stray: _Stray, host: _Stray) -> None:
        ids = host.trace.ids | stray.trace.ids
        del self._here[id(stray)], self._here[id(host)]
        self._add(_Stray(Trace([*host.readings, *stray.readings], ids)))

    def _add(self, stray: _Stray) -> None:
        self._here[id(stray)] = stray
        for link in stray.links:
            self._by_link.setdefault(link, []).append(stray)


def _belongs(stray: _Stray, host: _Stray) -> bool:
    """`stray` is a step of `host`, its model call or its retrieval, or tells of its response."""
    if stray.links.isdisjoint(host.links) or stray.service != host.service:
        return False
    if not stray.trace.readings.keys().isdisjoint(host.trace.readings):
        return False  # span ids that are not random: nothing tells these apart
    if stray.roles == FragmentRole.EVENTS:
        return host.roles != FragmentRole.EVENTS
    if host.is_whole or stray.speakers:
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
