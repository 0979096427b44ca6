"""The tree of a trace: who is whose parent, in whatever order the spans came."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from groundwire_collector.assembly.family import SpanKind
from groundwire_collector.assembly.reading import SpanReading
from groundwire_collector.span import Span


class Trace:
    """Readings by span id. A span whose parent is not here (yet) is a root of what is here."""

    def __init__(self, readings: Iterable[SpanReading]) -> None:
        kept = [r for r in readings if r.kind != SpanKind.PLACEHOLDER]
        self.readings = {r.span.span_id: r for r in sorted(kept, key=_order)}
        self.children: dict[str, list[SpanReading]] = {}
        self.roots: list[SpanReading] = []
        for reading in self.readings.values():
            parent = reading.span.parent_span_id
            if parent in self.readings and parent != reading.span.span_id:
                self.children.setdefault(parent, []).append(reading)
            else:
                self.roots.append(reading)
        self._open_loops()

    @classmethod
    def of(cls, spans: Iterable[Span]) -> "Trace":
        """The trace of spans in any order, some of them perhaps more than once or in pieces."""
        return cls(SpanReading(span) for span in _united(spans))

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

    def under(self, reading: SpanReading) -> list[SpanReading]:
        return self.children.get(reading.span.span_id, [])

    def subtree(self, reading: SpanReading) -> Iterator[SpanReading]:
        """The span and everything below it."""
        waiting = [reading]
        while waiting:
            current = waiting.pop()
            yield current
            waiting.extend(reversed(self.under(current)))

    def ancestors(self, reading: SpanReading) -> Iterator[SpanReading]:
        """From the parent up; stops where the parent is not here."""
        seen = {reading.span.span_id}
        while (parent := reading.span.parent_span_id) in self.readings and parent not in seen:
            seen.add(parent)
            reading = self.readings[parent]
            yield reading


def _order(reading: SpanReading) -> tuple[int, str]:
    return reading.span.start_ns, reading.span.span_id


def _united(spans: Iterable[Span]) -> list[Span]:
    """One span an id: what came of a span in several pieces is laid together."""
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
