"""Which spans and log records of a request are stored, and why the others are not."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as LogMessage
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from groundwire.attributes import SERVICE_NAME
from groundwire_collector.receiver import wire
from groundwire_collector.receiver.blocks import Item, ScopeBlock
from groundwire_collector.receiver.limits import cut_log_record, cut_resource, cut_scope, cut_span
from groundwire_collector.receiver.redaction import Redaction
from groundwire_collector.storage.encoding import EVENT_NAME, UNKNOWN_SERVICE, service_name
from groundwire_collector.storage.keys import Access
from groundwire_collector.storage.records import (
    LogRecord,
    SpanRecord,
    log_record,
    names_a_span,
    response_of,
    span_record,
)

_LATEST_NS = 2**63  # what a signed 64-bit column can hold: the year 2262


@dataclass(slots=True)
class ValidatedRequest:
    """What of a request is stored; `refused` counts the rest by reason."""

    spans: list[SpanRecord] = field(default_factory=list)
    logs: list[LogRecord] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    ignored: int = 0  # log records that are no events of a span or a response: not for us

    @property
    def message(self) -> str:
        return "; ".join(f"{count} refused: {reason}" for reason, count in self.refused.items())


@dataclass(frozen=True, slots=True)
class Validator:
    """The rules of one receiver; `longest` is max_attribute_bytes."""

    longest: int
    redaction: Redaction | None = None

    def spans(self, blocks: Iterable[ScopeBlock[SpanMessage]], access: Access) -> ValidatedRequest:
        admitted = ValidatedRequest()
        for messages, service, origin in self._covered(blocks, access, admitted.refused):
            for message in messages:
                reason = _fault(message)
                if reason:
                    admitted.refused[reason] += 1
                    continue
                cut_span(message, self.longest)
                if self.redaction is not None:
                    self.redaction.span(message)
                admitted.spans.append(span_record(message, service, origin))
        return admitted

    def logs(self, blocks: Iterable[ScopeBlock[LogMessage]], access: Access) -> ValidatedRequest:
        admitted = ValidatedRequest()
        for messages, service, origin in self._covered(blocks, access, admitted.refused):
            for message in messages:
                if not _is_event(message):
                    admitted.ignored += 1
                    continue
                cut_log_record(message, self.longest)
                if self.redaction is not None:
                    self.redaction.log_record(message)
                admitted.logs.append(log_record(message, service, origin))
        return admitted

    def _covered(
        self, blocks: Iterable[ScopeBlock[Item]], access: Access, refused: Counter[str]
    ) -> Iterator[tuple[Sequence[Item], str, bytes]]:
        """Of each block that the key is for: its items, their service, and their origin."""
        for block in blocks:
            refused.update(block.broken)
            service = _service(block.resource)
            if access.covers(service):
                yield block.items, service, self._origin(block.resource, block.scope)
            else:
                refused["the key is not for this service"] += len(block.items)

    def _origin(self, resource: Resource, scope: InstrumentationScope) -> bytes:
        """A ResourceSpans with one ScopeSpans, without its spans."""
        cut_resource(resource, self.longest)
        cut_scope(scope, self.longest)
        if self.redaction is not None:
            self.redaction.resource(resource)
            self.redaction.scope(scope)
        scope_spans = wire.field(1, scope.SerializeToString())
        return wire.field(1, resource.SerializeToString()) + wire.field(2, scope_spans)


def _service(resource: Resource) -> str:
    for pair in resource.attributes:
        if pair.key == SERVICE_NAME:
            return service_name(pair.value.string_value)
    return UNKNOWN_SERVICE


def _fault(message: SpanMessage) -> str | None:
    if len(message.trace_id) != 16 or not any(message.trace_id):
        return "the trace id is not 16 bytes, or is zero"
    if len(message.span_id) != 8 or not any(message.span_id):
        return "the span id is not 8 bytes, or is zero"
    if max(message.start_time_unix_nano, message.end_time_unix_nano) >= _LATEST_NS:
        return "a time is beyond the year 2262"
    return None


def _is_event(message: LogMessage) -> bool:
    """Whether it is an event of a span, or of a response that it names."""
    named = bool(message.event_name) or any(pair.key == EVENT_NAME for pair in message.attributes)
    known = names_a_span(message) or bool(response_of(message))
    latest = max(message.time_unix_nano, message.observed_time_unix_nano)
    return named and known and latest < _LATEST_NS
