"""Requests as blocks: resource, scope, and their records.

Items are found first and counted, then decoded one by one: a bad one costs only itself, and what
is decoded at a time is one item, however many a request holds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from groundwire_collector.receiver.body import RequestRejectedError
from groundwire_collector.receiver.json_messages import NotOtlpError, parse_item, parse_message
from groundwire_collector.receiver.json_outline import Extent, Outline
from groundwire_collector.receiver.protobuf_wire import fields
from groundwire_collector.receiver.request_cost import Count, RequestLimits

Item = TypeVar("Item", Span, LogRecord)
DEFAULT_LIMITS = RequestLimits()


@dataclass(slots=True)
class ScopeBlock(Generic[Item]):
    """Items of one resource and scope, still encoded, `count` of them.

    `note` is for the sender of a request in which the key that should hold items is missing.
    """

    resource: Resource
    scope: InstrumentationScope
    count: int = 0
    decoded: Callable[[], Iterator[Item | str]] = lambda: iter(())
    note: str = ""

    def items(self) -> Iterator[Item | str]:
        """Each item; in place of one that does not decode, the reason."""
        return self.decoded()


def trace_blocks(body: bytes, limits: RequestLimits = DEFAULT_LIMITS) -> Iterator[ScopeBlock[Span]]:
    """The blocks of an ExportTraceServiceRequest; RequestRejectedError 400 or 413."""
    return _protobuf_blocks(body, Span, limits)


def log_blocks(
    body: bytes, limits: RequestLimits = DEFAULT_LIMITS
) -> Iterator[ScopeBlock[LogRecord]]:
    """The blocks of an ExportLogsServiceRequest; RequestRejectedError 400 or 413."""
    return _protobuf_blocks(body, LogRecord, limits)


def json_trace_blocks(
    body: bytes, limits: RequestLimits = DEFAULT_LIMITS
) -> Iterator[ScopeBlock[Span]]:
    """The blocks of OTLP/JSON; RequestRejectedError 400 or 413."""
    return _json_blocks(body, ("resourceSpans", "scopeSpans", "spans"), Span, limits)


def json_log_blocks(
    body: bytes, limits: RequestLimits = DEFAULT_LIMITS
) -> Iterator[ScopeBlock[LogRecord]]:
    """The blocks of OTLP/JSON; RequestRejectedError 400 or 413."""
    return _json_blocks(body, ("resourceLogs", "scopeLogs", "logRecords"), LogRecord, limits)


# ---------------------------------------------------------------------------------- protobuf


@dataclass(slots=True)
class _Place:
    """Position of a resource or scope and its items in a body."""

    own: list[Extent]
    parts: list[Extent]


def _protobuf_blocks(
    body: bytes, kind: type[Item], limits: RequestLimits
) -> Iterator[ScopeBlock[Item]]:
    """Requests of spans and of logs have their fields under the same numbers."""
    try:
        found = _located(body, kind, Count(limits))
    except DecodeError as error:
        raise RequestRejectedError(400, "The body is not a protobuf message of OTLP.") from error
    for resource_at, scopes in found:
        resource, fault = _merged(body, resource_at, Resource())
        for place in scopes:
            scope, own_fault = _merged(body, place.own, InstrumentationScope())
            reason = fault or own_fault
            yield _protobuf_block(body, kind, resource, scope, place.parts, reason, limits)


def _located(
    body: bytes, kind: type[Item], count: Count
) -> list[tuple[list[Extent], list[_Place]]]:
    """Locate each resource and its scopes with their items, counting all of it."""
    found = []
    for number, start, end in fields(body, 0, len(body)):
        count.item()
        if number == 1:
            place = _place(body, start, end, count)
            for first, last in place.own:
                count.message(body, first, last, Resource.DESCRIPTOR)
            scopes = [_place(body, first, last, count) for first, last in place.parts]
            found.append((place.own, scopes))
    for _, scopes in found:
        for scope in scopes:
            for first, last in scope.own:
                count.message(body, first, last, InstrumentationScope.DESCRIPTOR)
            for first, last in scope.parts:
                _count_item(body, first, last, kind, count)
    return found


def _place(body: bytes, start: int, end: int, count: Count) -> _Place:
    """ResourceSpans, ScopeSpans and those of logs alike: 1 is its own message, 2 its parts."""
    place = _Place([], [])
    for number, first, last in fields(body, start, end):
        count.item()
        if number == 1:
            place.own.append((first, last))
        elif number == 2:
            place.parts.append((first, last))
    return place


def _count_item(body: bytes, start: int, end: int, kind: type[Item], count: Count) -> None:
    """Reject an item that is invalid or too long, individually and without decoding it."""
    if end - start <= count.limits.item_bytes:
        try:
            count.message(body, start, end, kind.DESCRIPTOR)
        except DecodeError:
            return


Merged = TypeVar("Merged", bound=Message)


def _merged(body: bytes, extents: list[Extent], message: Merged) -> tuple[Merged, str]:
    """A message that may come in pieces; and why its items are refused, if they are."""
    try:
        for start, end in extents:
            message.MergeFromString(body[start:end])
    except DecodeError:
        return message, "its resource or scope does not decode"
    return message, ""


def _protobuf_block(
    body: bytes,
    kind: type[Item],
    resource: Resource,
    scope: InstrumentationScope,
    parts: list[Extent],
    fault: str,
    limits: RequestLimits,
) -> ScopeBlock[Item]:
    def decoded() -> Iterator[Item | str]:
        for start, end in parts:
            if fault or end - start > limits.item_bytes:
                yield fault or _too_long(limits)
                continue
            try:
                yield kind.FromString(body[start:end])
            except DecodeError:
                yield "it does not decode (bad UTF-8, or nested too deep)"

    return ScopeBlock(resource, scope, len(parts), decoded)


# -------------------------------------------------------------------------------------- JSON


def _json_blocks(
    body: bytes, names: tuple[str, str, str], kind: type[Item], limits: RequestLimits
) -> Iterator[ScopeBlock[Item]]:
    """OTLP/JSON; differs from protobuf's JSON in its ids, which are hex."""
    if not body.strip():
        return
    count = Count(limits)
    outline = Outline(body, count)
    resources, scopes, items = names
    root = outline.members(outline.root())
    if root and resources not in root:
        yield _without(resources, root)
    for place in _objects(outline, root, resources, count):
        members = outline.members(place)
        if scopes not in members:
            yield _without(scopes, members)
        for scope_place in _objects(outline, members, scopes, count):
            inner = outline.members(scope_place)
            if items not in inner:
                yield _without(items, inner)
            parts = list(_objects(outline, inner, items, count))
            yield _json_block(
                body, members.get("resource"), inner.get("scope"), parts, kind, limits
            )


def _objects(
    outline: Outline, members: dict[str, Extent], name: str, count: Count
) -> Iterator[Extent]:
    if name in members:
        for extent in outline.elements(members[name], name):
            count.item()
            yield extent


def _without(name: str, members: dict[str, Extent]) -> ScopeBlock[Item]:
    """Warning about an object without `name`, which may be misspelt."""
    found = ", ".join(sorted(ascii(key)[1:41].rstrip("'") for key in members)[:5]) or "nothing"
    note = f"no {name} where it is expected, so nothing was kept there (found: {found})"
    return ScopeBlock(Resource(), InstrumentationScope(), note=note)


def _json_block(
    body: bytes,
    resource_at: Extent | None,
    scope_at: Extent | None,
    parts: list[Extent],
    kind: type[Item],
    limits: RequestLimits,
) -> ScopeBlock[Item]:
    resource, scope, fault = Resource(), InstrumentationScope(), ""
    try:
        parse_message(_text(body, resource_at, limits), resource)
        parse_message(_text(body, scope_at, limits), scope)
    except NotOtlpError:
        fault = "its resource or scope is not OTLP/JSON"

    def decoded() -> Iterator[Item | str]:
        for start, end in parts:
            if fault or end - start > limits.item_bytes:
                yield fault or _too_long(limits)
                continue
            try:
                yield parse_item(body[start:end], kind())
            except NotOtlpError as error:
                yield str(error)

    return ScopeBlock(resource, scope, len(parts), decoded)


def _text(body: bytes, extent: Extent | None, limits: RequestLimits) -> bytes:
    if extent is None:
        return b"null"
    if extent[1] - extent[0] > limits.item_bytes:
        raise NotOtlpError
    return body[extent[0] : extent[1]]


def _too_long(limits: RequestLimits) -> str:
    return f"it is longer than {limits.item_bytes} bytes"
