"""Test helpers: collected spans, counting ids, ticking clock.

# conftest.py
pytest_plugins = ["groundwire.testing"]

def test_the_bot_reads_the_handbook(groundwire_spans):
    ask("How long do refunds take?")
    assert groundwire_spans.named("search").chunks[0]["id"] == "handbook-7"
"""

import itertools
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.id_generator import IdGenerator

from groundwire import attributes, client
from groundwire.settings import load
from groundwire.transport import BatchOutcome

SECOND = 1_000_000_000


@dataclass(frozen=True)
class CollectedSpan:
    """A span as exported, with decoded content attributes."""

    name: str
    trace_id: int
    span_id: int
    parent_id: int | None
    start: float
    end: float
    status: str
    description: str | None
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    links: list[tuple[int, int]]
    scope: str
    resource: dict[str, Any]
    raw: ReadableSpan = field(repr=False, compare=False)

    @property
    def chunks(self) -> list[dict[str, Any]]:
        """The chunks of a retrieval (or those given to a generation)."""
        found: list[dict[str, Any]] = self.attributes.get(attributes.DOCUMENTS, [])
        return found

    @property
    def question(self) -> str | None:
        """The query of a retrieval, the last user message of anything else."""
        if attributes.QUERY in self.attributes:
            return str(self.attributes[attributes.QUERY])
        return _last_text(self.attributes.get(attributes.INPUT_MESSAGES))

    @property
    def answer(self) -> str | None:
        """The text that came out."""
        return _last_text(self.attributes.get(attributes.OUTPUT_MESSAGES))


class CollectedSpans:
    """Spans observed so far, in the order in which they ended."""

    def __init__(self) -> None:
        self._spans: list[CollectedSpan] = []
        self._lock = threading.Lock()

    def send(self, spans: Sequence[ReadableSpan]) -> BatchOutcome:
        """Take a batch, as a transport does."""
        with self._lock:
            self._spans.extend(map(_collected, spans))
        return BatchOutcome(exported=len(spans))

    @property
    def all(self) -> list[CollectedSpan]:
        """Every ended span; waits for those still on their way."""
        client.flush(10.0)
        with self._lock:
            return list(self._spans)

    def named(self, name: str) -> CollectedSpan:
        """Return the only span of that name; AssertionError if there is none or several."""
        found = [span for span in self.all if span.name == name]
        assert len(found) == 1, f"{len(found)} spans named {name!r}: {[s.name for s in self.all]}"
        return found[0]

    def __len__(self) -> int:
        return len(self.all)


class CountingIds(IdGenerator):
    """Trace ids 1, 2, 3 and span ids 1, 2, 3."""

    def __init__(self) -> None:
        self._traces = itertools.count(1)
        self._spans = itertools.count(1)

    def generate_trace_id(self) -> int:
        """The next trace id."""
        return next(self._traces)

    def generate_span_id(self) -> int:
        """The next span id."""
        return next(self._spans)


class TickingClock:
    """Clock that advances one second per reading, from 1 s."""

    def __init__(self) -> None:
        self._ticks = itertools.count(1)

    def __call__(self) -> int:
        return next(self._ticks) * SECOND


@contextmanager
def collect(**settings: Any) -> Iterator[CollectedSpans]:
    """Observe into memory inside the block, with the options of `gw.init`.

    No network, no other provider joined; ids and clock count from one. The running client, if any,
    comes back afterwards.
    """
    spans = CollectedSpans()
    own = client.Client(
        load(settings, environ={}),
        transport=spans,
        id_generator=CountingIds(),
        clock=TickingClock(),
        join=False,
    )
    before = client.install(own)
    try:
        yield spans
    finally:
        client.install(before)
        own.close()


@pytest.fixture
def groundwire_spans() -> Iterator[CollectedSpans]:
    """The spans of one test."""
    with collect() as spans:
        yield spans


def _collected(span: ReadableSpan) -> CollectedSpan:
    context, scope = span.context, span.instrumentation_scope
    assert context is not None
    return CollectedSpan(
        name=span.name,
        trace_id=context.trace_id,
        span_id=context.span_id,
        parent_id=span.parent.span_id if span.parent else None,
        start=(span.start_time or 0) / SECOND,
        end=(span.end_time or 0) / SECOND,
        status=span.status.status_code.name,
        description=span.status.description,
        attributes={key: _decoded(value) for key, value in (span.attributes or {}).items()},
        events=[(event.name, dict(event.attributes or {})) for event in span.events],
        links=[(link.context.trace_id, link.context.span_id) for link in span.links],
        scope=scope.name if scope else "",
        resource=dict(span.resource.attributes),
        raw=span,
    )


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _last_text(messages: Any) -> str | None:
    if not isinstance(messages, list) or not messages:
        return None
    return "".join(part.get("content", "") for part in messages[-1]["parts"])
