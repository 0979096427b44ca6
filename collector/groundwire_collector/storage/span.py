"""A span as every room of the collector sees it, whatever encoding it came in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any  # None, bool, int, float, str, list, dict: what an OTLP AnyValue decodes to


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanEvent:
    """A timed event on a span, or an OTLP log record that names a span."""

    name: str
    time_ns: int
    attributes: Mapping[str, Json] = field(default_factory=dict)
    body: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Ids are lower-case hex (32 and 16 digits); times are nanoseconds since the epoch.

    `attributes` keep their OTLP types: lists and maps arrive as Python lists and dicts.
    `dropped_attributes` counts what the emitter dropped before sending.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    name: str = ""
    kind: int = 0
    service: str = "unknown"
    start_ns: int = 0
    end_ns: int = 0  # 0: not ended
    status: int = 0  # OTLP: 0 unset, 1 ok, 2 error
    status_message: str = ""
    attributes: Mapping[str, Json] = field(default_factory=dict)
    events: tuple[SpanEvent, ...] = ()
    resource: Mapping[str, Json] = field(default_factory=dict)
    scope: str = ""
    scope_version: str = ""
    dropped_attributes: int = 0
