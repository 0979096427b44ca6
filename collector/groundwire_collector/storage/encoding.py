"""Conversion between OTLP messages, as stored, and spans.

https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from groundwire.attributes import SERVICE_NAME
from groundwire_collector.storage.records import HAS_REMOTE_MARK, IS_REMOTE
from groundwire_collector.storage.span import Json, Span, SpanEvent

UNKNOWN_SERVICE = "unknown"
LONGEST_SERVICE = 255
EVENT_NAME = "event.name"  # where log records carried their name before OTLP 1.6


def span_of(message: SpanMessage, origin: ResourceSpans) -> Span:
    """A span from its message and where it came from: a resource and one instrumentation scope."""
    resource = attributes_of(origin.resource.attributes)
    scope = origin.scope_spans[0].scope
    return Span(
        trace_id=message.trace_id.hex(),
        span_id=message.span_id.hex(),
        parent_span_id=message.parent_span_id.hex() or None,
        parent_is_local=message.flags & (HAS_REMOTE_MARK | IS_REMOTE) == HAS_REMOTE_MARK,
        name=message.name,
        kind=message.kind,
        service=service_of(resource),
        start_ns=message.start_time_unix_nano,
        end_ns=message.end_time_unix_nano,
        status=message.status.code,
        status_message=message.status.message,
        attributes=attributes_of(message.attributes),
        events=tuple(
            SpanEvent(
                name=event.name,
                time_ns=event.time_unix_nano,
                attributes=attributes_of(event.attributes),
            )
            for event in message.events
        ),
        resource=resource,
        scope=scope.name,
        scope_version=scope.version,
        dropped_attributes=message.dropped_attributes_count,
    )


def event_of(record: LogRecord) -> SpanEvent:
    """A log record that names a span, as an event of that span."""
    attributes = attributes_of(record.attributes)
    return SpanEvent(
        name=record.event_name or str(attributes.get(EVENT_NAME) or ""),
        time_ns=record.time_unix_nano or record.observed_time_unix_nano,
        attributes=attributes,
        body=value_of(record.body),
    )


def message_of(span: Span) -> tuple[SpanMessage, ResourceSpans]:
    """The way back: the message of a span, and where it comes from."""
    message = SpanMessage(
        trace_id=bytes.fromhex(span.trace_id),
        span_id=bytes.fromhex(span.span_id),
        parent_span_id=bytes.fromhex(span.parent_span_id or ""),
        name=span.name,
        kind=span.kind,  # type: ignore[arg-type]
        start_time_unix_nano=span.start_ns,
        end_time_unix_nano=span.end_ns,
        attributes=_key_values(span.attributes),
        dropped_attributes_count=span.dropped_attributes,
        events=[
            SpanMessage.Event(
                name=event.name,
                time_unix_nano=event.time_ns,
                attributes=_key_values(event.attributes),
            )
            for event in span.events
        ],
    )
    message.status.code = span.status  # type: ignore[assignment]
    message.status.message = span.status_message
    origin = ResourceSpans(scope_spans=[ScopeSpans()])
    origin.resource.attributes.extend(_key_values({SERVICE_NAME: span.service, **span.resource}))
    origin.scope_spans[0].scope.name = span.scope
    origin.scope_spans[0].scope.version = span.scope_version
    return message, origin


def service_of(resource: Mapping[str, Json]) -> str:
    name = resource.get(SERVICE_NAME)
    return service_name(name if isinstance(name, str) else "")


def service_name(text: str) -> str:
    """Service name as stored: bounded, and without NUL (invalid in PostgreSQL)."""
    return text.replace("\0", "")[:LONGEST_SERVICE].strip() or UNKNOWN_SERVICE


def attributes_of(pairs: Iterable[KeyValue]) -> dict[str, Json]:
    return {pair.key: value_of(pair.value) for pair in pairs}


def value_of(value: AnyValue) -> Json:
    """The Python value of an AnyValue; bytes become base64, as in OTLP/JSON."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [value_of(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return attributes_of(value.kvlist_value.values)
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return getattr(value, kind)


def _key_values(attributes: Mapping[str, Json]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any_value(value)) for key, value in attributes.items()]


def _any_value(value: Any) -> AnyValue:
    if value is None:
        return AnyValue()
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, Mapping):
        return AnyValue(kvlist_value=KeyValueList(values=_key_values(value)))
    return AnyValue(array_value=ArrayValue(values=[_any_value(item) for item in value]))
