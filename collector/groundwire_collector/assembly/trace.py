"""Trace tree: parents and children in any arrival order."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from groundwire_collector.assembly.alias_table import SpanKind
from groundwire_collector.assembly.lazy_property import lazy_property
from groundwire_collector.assembly.span_view import SpanView
from groundwire_collector.storage.records import RESPONSE_ID
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.trust import Writer, writer_of

MOST_DEEP = 256  # limit on ancestor levels


class Trace:
    """Span views by id; a span without its parent is a root.

    `ids` are those of the traces that it is made of: one, but for pieces of one request.
    """

    def __init__(self, readings: Iterable[SpanView], ids: Iterable[str] = ()) -> None:
        readings = list(readings)
        self.ids = {*ids, *(r.span.trace_id for r in readings)}
        parents = {r.span.parent_span_id for r in readings}
        for reading in readings:
            reading.has_children = reading.span.span_id in parents
        real = [r for r in _deduplicated(readings) if r.kind != SpanKind.PLACEHOLDER]
        self.readings = {r.span.span_id: r for r in sorted(real, key=_order)}
        self.children: dict[str, list[SpanView]] = {}
        self.roots: list[SpanView] = []
        for reading in self.readings.values():
            parent = reading.span.parent_span_id
            if parent in self.readings and parent != reading.span.span_id:
                self.children.setdefault(parent, []).append(reading)
            else:
                self.roots.append(reading)
        self._open_loops()

    def seen_by(self, writer: Writer) -> "Trace":
        """Spans of the trace written by keys that share a service with `writer`."""
        shared = (r for r in self.readings.values() if writer.trusts(writer_of(r.span)))
        return Trace(shared, self.ids)

    @lazy_property
    def writers(self) -> list[Writer]:
        """Distinct writers of its spans."""
        return list(dict.fromkeys(writer_of(r.span) for r in self.readings.values()))

    @classmethod
    def of(cls, spans: Iterable[Span]) -> "Trace":
        """The trace of spans in any order, some of them perhaps more than once or in pieces."""
        return cls(SpanView(span) for span in _united(spans))

    def _open_loops(self) -> None:
        """Spans that are each other's ancestors hang from no root: cut them loose at the first."""
        reached = {r.span.span_id for root in self.roots for r in self.subtree(root)}
        for reading in self.readings.values():
            if reading.span.span_id in reached:
                continue
            siblings = self.children.get(reading.span.parent_span_id or "", [])
            siblings.remove(reading)
            self.roots.append(reading)
            reached |= {r.span.span_id for r in self.subtree(reading)}

    def under(self, reading: SpanView) -> list[SpanView]:
        return self.children.get(reading.span.span_id, [])

    def subtree(self, reading: SpanView) -> Iterator[SpanView]:
        """The span and everything below it."""
        waiting = [reading]
        while waiting:
            current = waiting.pop()
            yield current
            waiting.extend(reversed(self.under(current)))

    def ancestors(self, reading: SpanView) -> Iterator[SpanView]:
        """From the parent up; stops where the parent is not here, or `MOST_DEEP` above."""
        seen = {reading.span.span_id}
        while (parent := reading.span.parent_span_id) in self.readings and parent not in seen:
            if len(seen) > MOST_DEEP:
                return
            seen.add(parent)
            reading = self.readings[parent]
            yield reading

    @lazy_property
    def around_calls(self) -> set[str]:
        """Ids of model calls and of all their ancestors."""
        found: set[str] = set()
        for reading in self.readings.values():
            if reading.kind != SpanKind.GENERATION:
                continue
            found.add(reading.span.span_id)
            for above in self.ancestors(reading):
                if above.span.span_id in found:
                    break
                found.add(above.span.span_id)
        return found

    @lazy_property
    def db_queries(self) -> dict[str, str]:
        """By span id, the first query of a database that the span or one below it made."""
        found: dict[str, str] = {}
        for reading in self.readings.values():
            if (query := reading.db_query) is None:
                continue
            for span in (reading, *self.ancestors(reading)):
                found.setdefault(span.span.span_id, query)
        return found


def _order(reading: SpanView) -> tuple[int, str]:
    return reading.span.start_ns, reading.span.span_id


def is_carrier(reading: SpanView) -> bool:
    """Whether a placeholder only carries events of a missing span."""
    span = reading.span
    return not (span.name or span.end_ns or span.attributes)


def responses_of(reading: SpanView) -> set[str]:
    """The responses that a span, or the events of a carrier, name."""
    named: list[object] = [reading.text("response_id")]
    if is_carrier(reading):
        named += [event.attributes.get(RESPONSE_ID) for event in reading.span.events]
    return {name for name in named if isinstance(name, str) and name}


def _deduplicated(readings: list[SpanView]) -> list[SpanView]:
    """The events of carriers moved to the span of the response that they name."""
    carriers = [r for r in readings if is_carrier(r) and responses_of(r)]
    if not carriers or len(carriers) == len(readings):
        return readings
    found = {r.span.span_id: r for r in readings}
    called: dict[str, str] = {}  # the leaf-most call, or span, of each response
    spans = [r for r in readings if not is_carrier(r)]
    spans.sort(key=lambda r: (r.kind == SpanKind.GENERATION, r.span.start_ns))
    for reading in spans:
        called |= dict.fromkeys(responses_of(reading), reading.span.span_id)
    for carrier in carriers:
        named = sorted(responses_of(carrier) & called.keys())
        if named:
            call = found[called[named[0]]].span
            if not writer_of(call).trusts(writer_of(carrier.span)):
                continue
            del found[carrier.span.span_id]
            found[call.span_id] = SpanView(_with_events(call, carrier.span))
    return list(found.values())


def _with_events(span: Span, carrier: Span) -> Span:
    new = tuple(event for event in carrier.events if event not in span.events)
    return replace(span, events=(*span.events, *new))


def _united(spans: Iterable[Span]) -> list[Span]:
    """One span per id: several parts of a span are merged."""
    united: dict[str, Span] = {}
    for span in spans:
        known = united.get(span.span_id)
        united[span.span_id] = span if known is None else _joined(known, span)
    return list(united.values())


def _joined(first: Span, second: Span) -> Span:
    if second.end_ns > first.end_ns:
        first, second = second, first
    return replace(
        first,
        attributes={**second.attributes, **first.attributes},
        events=(*first.events, *(event for event in second.events if event not in first.events)),
    )
