"""OpenTelemetry span processor that queues our spans for export."""

from collections.abc import Callable
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from groundwire import attributes
from groundwire.diagnostics import trouble
from groundwire.outbox import Outbox


class ForeignSpan:
    """An ended span of another library, exported as it is (but redacted)."""

    __slots__ = ("size", "span")

    def __init__(self, span: ReadableSpan) -> None:
        self.span = span
        self.size = sum(len(v) for v in (span.attributes or {}).values() if isinstance(v, str))


class Processor(SpanProcessor):
    """Queues our spans and those of scopes in `also_export`."""

    def __init__(
        self,
        outbox: Outbox,
        also_export: tuple[str, ...],
        exit_timeout: float,
        end_streams: Callable[[], None],
    ) -> None:
        self._outbox = outbox
        self._end_streams = end_streams
        self._exit_timeout = exit_timeout
        self._also = also_export
        self.held: dict[int, Any] = {}
        self.active = True

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing to do."""

    def on_end(self, span: ReadableSpan) -> None:
        """Queue the span; never raises, never waits."""
        try:
            context = span.context
            if not self.active or context is None or not context.trace_flags.sampled:
                return
            held = self.held.pop(context.span_id, None)
            if held is not None:
                held.span = span
                self._outbox.put(held)
            elif self._also and self._is_exported(span):
                self._outbox.put(ForeignSpan(span))
        except Exception as error:
            trouble("on_end", error)

    def _is_exported(self, span: ReadableSpan) -> bool:
        scope = span.instrumentation_scope.name if span.instrumentation_scope else ""
        return scope != attributes.SCOPE and matches(scope, self._also)

    def shutdown(self) -> None:
        """The provider ends: deliver what waits, within the exit timeout."""
        if self.active:
            self._end_streams()
        self.active = False
        self._outbox.close(self._exit_timeout)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Deliver what waits."""
        return self._outbox.flush(timeout_millis / 1000)


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether the name is one of the patterns; a pattern that ends in `*` matches any rest."""
    return any(
        name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
        for pattern in patterns
    )
