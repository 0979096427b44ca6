"""Recorded exports as spans: a plain reading of OTLP, apart from the receiver's own."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from groundwire_collector.span import Span, SpanEvent

CAPTURES = Path(__file__).parents[2] / "captures"
Traces = dict[str, list[Span]]


def _value(value: Any) -> Any:
    match value.WhichOneof("value"):
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _map(value.kvlist_value.values)
        case None:
            return None
        case kind:
            return getattr(value, kind)


def _map(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _spans(request: ExportTraceServiceRequest) -> list[Span]:
    return [
        Span(
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_span_id=span.parent_span_id.hex() or None,
            name=span.name,
            kind=span.kind,
            service=_map(group.resource.attributes).get("service.name", "unknown"),
            start_ns=span.start_time_unix_nano,
            end_ns=span.end_time_unix_nano,
            status=span.status.code,
            status_message=span.status.message,
            attributes=_map(span.attributes),
            events=tuple(
                SpanEvent(
                    name=event.name,
                    time_ns=event.time_unix_nano,
                    attributes=_map(event.attributes),
                )
                for event in span.events
            ),
            resource=_map(group.resource.attributes),
            scope=scope.scope.name,
            scope_version=scope.scope.version,
            dropped_attributes=span.dropped_attributes_count,
        )
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _records(request: ExportLogsServiceRequest) -> list[tuple[str, SpanEvent]]:
    return [
        (
            record.span_id.hex(),
            SpanEvent(
                name=record.event_name,
                time_ns=record.time_unix_nano,
                attributes=_map(record.attributes),
                body=_value(record.body),
            ),
        )
        for group in request.resource_logs
        for scope in group.scope_logs
        for record in scope.log_records
    ]


def _from_json(text: str) -> ExportTraceServiceRequest:
    """OTLP/JSON has hexadecimal ids where protobuf's JSON has base64."""
    body = json.loads(text)
    for group in body["resourceSpans"]:
        for scope in group["scopeSpans"]:
            for span in scope["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    if key in span:
                        span[key] = base64.b64encode(bytes.fromhex(span[key]))
    return ParseDict(body, ExportTraceServiceRequest(), ignore_unknown_fields=True)


def read_capture(folder: Path) -> Traces:
    requests = [
        ExportTraceServiceRequest.FromString(path.read_bytes())
        for path in sorted(folder.glob("traces-*.pb"))
    ] + [_from_json(path.read_text()) for path in sorted(folder.glob("traces-*.json"))]
    spans = {span.span_id: span for request in requests for span in _spans(request)}
    for path in sorted(folder.glob("logs-*.pb")):
        for span_id, event in _records(ExportLogsServiceRequest.FromString(path.read_bytes())):
            spans[span_id] = replace(spans[span_id], events=(*spans[span_id].events, event))
    traces: Traces = {}
    for span in spans.values():
        traces.setdefault(span.trace_id, []).append(span)
    return traces


@pytest.fixture
def capture() -> Callable[[str], Traces]:
    """The traces of a folder of tests/captures, by trace id."""
    return lambda name: read_capture(CAPTURES / name)


@pytest.fixture
def ground_truth() -> Callable[[str], dict[str, Any]]:
    return lambda name: json.loads((CAPTURES / name / "meta.json").read_text())["ground_truth"]
