"""A request of either encoding as blocks: a resource, a scope, and their spans or log records.

Decoding all at once is all or nothing, so a message that does not decode is taken apart and its
items decoded one by one: a bad one costs only itself.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from groundwire_collector.receiver.body import RequestRejectedError
from groundwire_collector.receiver.wire import submessages

Item = TypeVar("Item", Span, LogRecord)


@dataclass(slots=True)
class ScopeBlock(Generic[Item]):
    """Items of one resource and scope; `broken` says of each that did not decode why."""

    resource: Resource
    scope: InstrumentationScope
    items: list[Item] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def trace_blocks(body: bytes) -> list[ScopeBlock[Span]]:
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        return _salvaged(body, Span)
    return [
        ScopeBlock(resource.resource, scope.scope, list(scope.spans))
        for resource in request.resource_spans
        for scope in resource.scope_spans
    ]


def log_blocks(body: bytes) -> list[ScopeBlock[LogRecord]]:
    try:
        request = ExportLogsServiceRequest.FromString(body)
    except DecodeError:
        return _salvaged(body, LogRecord)
    return [
        ScopeBlock(resource.resource, scope.scope, list(scope.log_records))
        for resource in request.resource_logs
        for scope in resource.scope_logs
    ]


def _salvaged(body: bytes, kind: type[Item]) -> list[ScopeBlock[Item]]:
    """What of a bad message decodes; RefusalError where nothing does."""
    blocks: list[ScopeBlock[Item]] = []
    try:
        for number, part in submessages(body):
            if number == 1:
                blocks += _salvaged_resource(part, kind)
    except DecodeError as error:
        raise RequestRejectedError(400, "The body is not a protobuf message of OTLP.") from error
    if not any(block.items or block.broken for block in blocks):
        raise RequestRejectedError(400, "The body is not a protobuf message of OTLP.")
    return blocks


def _salvaged_resource(part: bytes, kind: type[Item]) -> Iterator[ScopeBlock[Item]]:
    """ResourceSpans and ResourceLogs alike: 1 is the resource, 2 the items by scope."""
    fields = list(submessages(part))
    resource, bad = Resource(), None
    try:
        for number, data in fields:
            if number == 1:
                resource.MergeFromString(data)
    except DecodeError:
        bad = "its resource does not decode"
    for number, data in fields:
        if number == 2:
            yield _salvaged_scope(data, kind, resource, bad)


def _salvaged_scope(
    part: bytes, kind: type[Item], resource: Resource, bad: str | None
) -> ScopeBlock[Item]:
    """ScopeSpans and ScopeLogs alike: 1 is the scope, 2 an item."""
    block = ScopeBlock[Item](resource, InstrumentationScope())
    for number, data in submessages(part):
        try:
            if number == 1:
                block.scope.MergeFromString(data)
            elif number == 2 and bad is None:
                block.items.append(kind.FromString(data))
            elif number == 2 and bad is not None:
                block.broken.append(bad)
        except DecodeError:
            block.broken.append("it does not decode (bad UTF-8, or nested too deep)")
    return block


def json_trace_blocks(body: bytes) -> list[ScopeBlock[Span]]:
    return _json_blocks(body, "resourceSpans", "scopeSpans", "spans", Span)


def json_log_blocks(body: bytes) -> list[ScopeBlock[LogRecord]]:
    return _json_blocks(body, "resourceLogs", "scopeLogs", "logRecords", LogRecord)


def _json_blocks(
    body: bytes, resources: str, scopes: str, items: str, kind: type[Item]
) -> list[ScopeBlock[Item]]:
    """OTLP/JSON; differs from protobuf's JSON in its ids, which are hex."""
    return [
        _json_block(resource, scope, items, kind)
        for resource in _objects(_json_object(body), resources)
        for scope in _objects(resource, scopes)
    ]


def _json_block(
    resource: dict[str, Any], scope: dict[str, Any], items: str, kind: type[Item]
) -> ScopeBlock[Item]:
    block = ScopeBlock[Item](Resource(), InstrumentationScope())
    bad = None
    try:
        _parse(resource.get("resource") or {}, block.resource)
        _parse(scope.get("scope") or {}, block.scope)
    except _NOT_PARSED:
        bad = "its resource or scope is not OTLP/JSON"
    for item in _objects(scope, items):
        try:
            if bad is None:
                block.items.append(_parse(_with_binary_ids(item), kind()))
        except _NOT_PARSED:
            bad_item = "it is not OTLP/JSON (an id that is not hex, or a value of a wrong type)"
            block.broken.append(bad_item)
        if bad is not None:
            block.broken.append(bad)
    return block


_NOT_PARSED = (json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError)
Parsed = TypeVar("Parsed", bound=Message)


def _parse(value: Any, message: Parsed) -> Parsed:
    json_format.ParseDict(value, message, ignore_unknown_fields=True)
    return message


def _with_binary_ids(item: dict[str, Any]) -> dict[str, Any]:
    item = dict(item)
    for name in ("traceId", "spanId", "parentSpanId"):
        if item.get(name):
            item[name] = base64.b64encode(bytes.fromhex(item[name])).decode()
    if item.get("links"):
        item["links"] = [_with_binary_ids(link) for link in item["links"]]
    return item


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise RequestRejectedError(400, "The body is not JSON.") from error
    if not isinstance(found, dict):
        raise RequestRejectedError(400, "The body is not a JSON object.")
    return found


def _objects(parent: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = parent.get(name) or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise RequestRejectedError(400, f"{name} is not a list of objects.")
    return found
