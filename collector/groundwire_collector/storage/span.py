"""Span model of the collector, independent of the wire encoding."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any  # decoded OTLP AnyValue: None, bool, int, float, str, list, dict


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanEvent:
    """Timed event on a span, or an OTLP log record of it."""

    name: str
    time_ns: int
    attributes: Mapping[str, Json] = field(default_factory=dict)
    body: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A span; ids are lower-case hex, times nanoseconds since the epoch.

    `attributes` keep their OTLP types: lists and maps arrive as Python lists and dicts.
    `parent_is_local`: the emitter says that the parent is a span of the same process.
    `dropped_attributes` counts what the emitter dropped before sending.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    parent_is_local: bool = False
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
