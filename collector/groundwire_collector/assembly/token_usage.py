"""Token usage and latency of a turn, counting each call once."""

from collections.abc import Iterable, Sequence

from groundwire_collector.assembly.alias_table import SpanKind
from groundwire_collector.assembly.answers import RETRIEVING
from groundwire_collector.assembly.context import RetrievalResult
from groundwire_collector.assembly.span_view import SpanView, same_call
from groundwire_collector.assembly.trace import Trace

NANOSECONDS = 1e9
MOST_TWINS = 16  # calls before it that a further one is compared with


def tokens(trace: Trace, readings: Sequence[SpanView], fact: str) -> int | None:
    """Tokens over the distinct model calls among spans: the leaf-most span of each."""
    generations = [r for r in readings if r.kind == SpanKind.GENERATION]
    counted = [r for r in generations if r.integer(fact) is not None]
    if len(counted) == 1:
        return counted[0].integer(fact)
    if counted := _leaves(trace, counted):
        return sum(r.integer(fact) or 0 for r in _distinct(counted))
    others = [r for r in readings if r.kind in (SpanKind.AGENT, SpanKind.TURN)]
    counted = [r for r in others if r.integer(fact) is not None]
    return counted[0].integer(fact) if counted else None


def _leaves(trace: Trace, counted: list[SpanView]) -> list[SpanView]:
    above = {a.span.span_id for reading in counted for a in trace.ancestors(reading)}
    return [reading for reading in counted if reading.span.span_id not in above]


def _distinct(counted: Iterable[SpanView]) -> Iterable[SpanView]:
    calls: list[SpanView] = []
    by_response: dict[str | None, list[SpanView]] = {}
    for reading in counted:
        alike = by_response.setdefault(reading.text("response_id"), [])
        near = (*calls[-MOST_TWINS:], *alike[-MOST_TWINS:])
        if not any(same_call(reading, other) for other in near):
            calls.append(reading)
            alike.append(reading)
    return calls


def busy_seconds(readings: Iterable[SpanView]) -> float | None:
    """The time in which at least one of the spans was open: nested and parallel ones once."""
    spent, reached = 0, 0
    ended = sorted((r.span.start_ns, r.span.end_ns) for r in readings if r.span.end_ns)
    for start, end in ended:
        spent += max(0, end - max(start, reached))
        reached = max(reached, end)
    return spent / NANOSECONDS if ended else None


def retrieval_seconds(
    readings: Iterable[SpanView], found: Iterable[RetrievalResult]
) -> float | None:
    typed = [r for r in readings if r.kind in RETRIEVING]
    return busy_seconds([*typed, *(retrieval.reading for retrieval in found)])
