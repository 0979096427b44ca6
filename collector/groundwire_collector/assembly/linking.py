"""Linking of orphaned traces into one request after lost context propagation.

A retrieval in a trace of its own, a model call in another: they are joined by what they share, a
response id, a session, or word for word the answer, and by their times. Only pieces are joined: a
trace that holds both its retrieval and its model call is whole. Events that name a response, and no
trace, belong to the trace of that response, whole or not. See
docs/explanation/turns.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice

from groundwire_collector.assembly.alias_table import SpanKind
from groundwire_collector.assembly.answers import RETRIEVING, SHORT
from groundwire_collector.assembly.lazy_property import lazy_property
from groundwire_collector.assembly.span_view import SPEAKING, SpanView
from groundwire_collector.assembly.trace import Trace, is_carrier, responses_of
from groundwire_collector.assembly.value_parsing import same
from groundwire_collector.storage.trace_fragments import FragmentRole, TraceFragment

LONGEST_GAP_NS = 60_000_000_000  # from the end of a retrieval to the start of its answer
MOST_LINKS = 16  # of one kind that a trace is known by
MOST_HOSTS = 64  # traces under one link that a piece is compared with


@dataclass
class _OrphanTrace:
    """A trace that may be one fragment of a request."""

    trace: Trace

    @lazy_property
    def readings(self) -> list[SpanView]:
        return list(self.trace.readings.values())

    @lazy_property
    def calls(self) -> list[SpanView]:
        return [reading for reading in self.readings if reading.kind == SpanKind.GENERATION]

    @lazy_property
    def retrievals(self) -> list[SpanView]:
        return [reading for reading in self.readings if reading.kind in RETRIEVING]

    @lazy_property
    def speakers(self) -> list[SpanView]:
        return [r for r in self.readings if r.kind in SPEAKING and r.answer_text is not None]

    @lazy_property
    def sessions(self) -> set[str]:
        return {text for reading in self.readings if (text := reading.text("session"))}

    @lazy_property
    def response_ids(self) -> set[str]:
        return {name for reading in self.readings for name in responses_of(reading)}

    @lazy_property
    def words(self) -> set[str]:
        texts = (reading.answer_text or "" for reading in (*self.calls, *self.speakers))
        return {" ".join(text.split()) for text in texts if len(text) >= SHORT}

    @lazy_property
    def roles(self) -> FragmentRole:
        if all(map(is_carrier, self.readings)) and self.response_ids:
            return FragmentRole.EVENTS
        found = FragmentRole.CALL if self.calls else FragmentRole(0)
        found |= FragmentRole.RETRIEVAL if self.retrievals else FragmentRole(0)
        return found | FragmentRole.SPEAKER if self.speakers else found

    @lazy_property
    def is_whole(self) -> bool:
        return bool(self.calls and self.retrievals)

    @lazy_property
    def is_diagnostic(self) -> bool:
        """Whether a trace is a closed-book call or probe, not a fragment."""
        return any(r.flag("closed_book") or r.flag("probe") for r in self.readings)

    @lazy_property
    def links(self) -> frozenset[tuple[str, str]]:
        """Links that a trace may share with other fragments of its request."""
        kinds = {"response": self.response_ids}
        if not (self.is_whole or self.roles == FragmentRole.EVENTS or self.is_diagnostic):
            kinds |= {"session": self.sessions, "words": self.words}
        return frozenset(
            (kind, text) for kind, texts in kinds.items() for text in islice(texts, MOST_LINKS)
        )

    @lazy_property
    def start_ns(self) -> int:
        return min(reading.span.start_ns for reading in self.readings)

    @lazy_property
    def end_ns(self) -> int:
        return max(max(r.span.start_ns, r.span.end_ns) for r in self.readings)

    @property
    def service(self) -> str:
        return self.readings[0].span.service


def piece_of(trace_id: str, trace: Trace) -> TraceFragment | None:
    """Index entry of a trace for later fragments; None without links."""
    orphan = _OrphanTrace(trace)
    if not orphan.readings or not orphan.links:
        return None
    links = frozenset(_hashed(orphan.service, *link) for link in orphan.links)
    return TraceFragment(trace_id, links, orphan.roles, orphan.start_ns, orphan.end_ns)


def may_join(one: TraceFragment, other: TraceFragment) -> bool:
    """Whether `other` could be a further fragment of the request of `one`."""
    if FragmentRole.EVENTS in (one.roles, other.roles):
        return one.roles != other.roles
    if one.roles.whole or other.roles.whole:
        return False
    if one.start_ns > other.end_ns + LONGEST_GAP_NS or other.start_ns > one.end_ns + LONGEST_GAP_NS:
        return False
    return one.roles != other.roles


def joined(traces: Sequence[Trace]) -> list[Trace]:
    """Traces, with those that are pieces of one request as one."""
    orphans = [_OrphanTrace(trace) for trace in traces if trace.readings]
    if all(orphan.is_whole for orphan in orphans):
        return [orphan.trace for orphan in orphans]
    requests = _LinkedRequests(orphans)
    for orphan in orphans:
        if orphan.is_whole or not requests.has(orphan):
            continue  # or others were joined to it meanwhile
        found = [request for request in requests.linked(orphan) if _belongs(orphan, request)]
        if found:
            began = orphan.start_ns
            requests.join(orphan, min(found, key=lambda request: abs(request.start_ns - began)))
    return [orphan.trace for orphan in requests]


class _LinkedRequests:
    """Requests assembled so far, by their links."""

    def __init__(self, orphans: Sequence[_OrphanTrace]) -> None:
        self._here: dict[int, _OrphanTrace] = {}  # by identity, in insertion order
        self._by_link: dict[tuple[str, str], list[_OrphanTrace]] = {}
        for orphan in orphans:
            self._add(orphan)

    def __iter__(self) -> Iterator[_OrphanTrace]:
        return iter(self._here.values())

    def has(self, orphan: _OrphanTrace) -> bool:
        return id(orphan) in self._here

    def linked(self, orphan: _OrphanTrace) -> list[_OrphanTrace]:
        """Other requests that share something with this one."""
        found = {
            id(request): request
            for link in orphan.links
            for request in self._by_link[link][-MOST_HOSTS:]
            if self.has(request) and request is not orphan
        }
        return list(found.values())

    def join(self, orphan: _OrphanTrace, request: _OrphanTrace) -> None:
        ids = request.trace.ids | orphan.trace.ids
        del self._here[id(orphan)], self._here[id(request)]
        self._add(_OrphanTrace(Trace([*request.readings, *orphan.readings], ids)))

    def _add(self, orphan: _OrphanTrace) -> None:
        self._here[id(orphan)] = orphan
        for link in orphan.links:
            self._by_link.setdefault(link, []).append(orphan)


def _belongs(orphan: _OrphanTrace, request: _OrphanTrace) -> bool:
    """Whether `orphan` is a model call or retrieval of `request`, or names its response."""
    if orphan.links.isdisjoint(request.links) or orphan.service != request.service:
        return False
    if not orphan.trace.readings.keys().isdisjoint(request.trace.readings):
        return False  # non-random span ids: ambiguous
    if orphan.roles == FragmentRole.EVENTS:
        return request.roles != FragmentRole.EVENTS
    if request.is_whole or orphan.speakers:
        return False
    if orphan.calls and not request.calls:
        return _is_call_of(orphan, request)
    return bool(orphan.retrievals and not request.retrievals) and _is_retrieval_of(orphan, request)


def _is_call_of(orphan: _OrphanTrace, request: _OrphanTrace) -> bool:
    if not request.start_ns <= orphan.start_ns <= request.end_ns:
        return False
    if orphan.response_ids & request.response_ids or orphan.sessions & request.sessions:
        return True
    texts = [
        call.answer_text
        for call in orphan.calls
        if call.answer_text and len(call.answer_text) >= SHORT
    ]
    return any(
        same(text, speaker.answer_text or "") for text in texts for speaker in request.speakers
    )


def _is_retrieval_of(orphan: _OrphanTrace, request: _OrphanTrace) -> bool:
    if not request.calls and not request.speakers:
        return False
    near = request.start_ns - LONGEST_GAP_NS <= orphan.end_ns <= request.end_ns
    return near and bool(orphan.sessions & request.sessions)


def _hashed(service: str, kind: str, text: str) -> bytes:
    written = f"{service}\0{kind}\0{text}".encode(errors="surrogatepass")
    return blake2b(written, digest_size=16).digest()
