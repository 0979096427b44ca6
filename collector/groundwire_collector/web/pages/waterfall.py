"""Waterfall of the spans of a turn's trace."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from groundwire_collector.assembly.span_view import SpanView
from groundwire_collector.auth.access import Access
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import spans_of

MOST = 80  # spans that are shown
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class SpanBar:
    """Span as a bar over the time of its trace, in percent."""

    name: str
    kind: str
    depth: int
    left: str
    width: str
    seconds: float | None
    error: str
    service: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Spans of a trace in order of their tree; `left_out`: further ones."""

    bars: tuple[SpanBar, ...]
    seconds: float
    left_out: int


def waterfall(connection: Connection, trace_id: str | None, access: Access) -> Waterfall | None:
    """Spans of services that the key may read; None without any."""
    if not trace_id:
        return None
    spans = [s for s in spans_of(connection, [trace_id])[trace_id] if access.covers(s.service)]
    if not spans:
        return None
    first = min(span.start_ns for span in spans)
    last = max(max(span.end_ns, span.start_ns) for span in spans)
    length = max(last - first, 1)
    ordered = _in_tree(spans)
    bars = [_bar(span, depth, first, length) for span, depth in ordered[:MOST]]
    return Waterfall(tuple(bars), length / 1e9, max(len(spans) - MOST, 0))


def _in_tree(spans: Sequence[Span]) -> list[tuple[Span, int]]:
    """Each span after its parent, siblings by start."""
    ids = {span.span_id for span in spans}
    below: dict[str | None, list[Span]] = {}
    for span in sorted(spans, key=lambda span: span.start_ns):
        parent = span.parent_span_id if span.parent_span_id in ids else None
        below.setdefault(None if parent == span.span_id else parent, []).append(span)
    found: list[tuple[Span, int]] = []
    stack = [(span, 0) for span in reversed(below.pop(None, []))]
    while stack:
        span, depth = stack.pop()
        found.append((span, depth))
        stack += [(child, depth + 1) for child in reversed(below.pop(span.span_id, []))]
    return found


def _bar(span: Span, depth: int, first: int, length: int) -> SpanBar:
    view = SpanView(span)
    ended = span.end_ns >= span.start_ns and span.end_ns > 0
    duration = span.end_ns - span.start_ns if ended else 0
    return SpanBar(
        span.name or "(no name)",
        view.kind.value,
        min(depth, DEEPEST),
        f"{100 * (span.start_ns - first) / length:.2f}%",
        f"{max(100 * duration / length, 0.4):.2f}%",
        duration / 1e9 if ended else None,
        view.error or "",
        span.service,
    )
