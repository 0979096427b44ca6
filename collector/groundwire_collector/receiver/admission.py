"""Validation of spans and log records, with reasons for rejection."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as LogMessage
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from groundwire.attributes import SERVICE_NAME
from groundwire_collector.receiver import protobuf_wire
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
from groundwire_collector.storage.trust import sign

_LATEST_NS = 2**63  # what a signed 64-bit column can hold: the year 2262
_YEAR_2001_NS = 10**18
_UNITS = (("microseconds", 10**3), ("milliseconds", 10**6), ("seconds", 10**9))
MOST_NOTES = 5


@dataclass(slots=True)
class ValidatedRequest:
    """Valid records of a request; `refused` counts rejections by reason."""

    spans: list[SpanRecord] = field(default_factory=list)
    logs: list[LogRecord] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def message(self) -> str:
        """Message for the sender; empty without problems."""
        refused = (f"{count} refused: {reason}" for reason, count in self.refused.items())
        noted = (f"{count} × {note}" for note, count in self.notes.most_common(MOST_NOTES))
        return "; ".join((*refused, *noted))


@dataclass(frozen=True, slots=True)
class Validator:
    """The rules of one receiver; `longest` is max_attribute_bytes.

    Texts are masked before they are cut, so that no cut halves a secret.
    """

    longest: int
    redaction: Redaction | None = None

    def spans(self, blocks: Iterable[ScopeBlock[SpanMessage]], access: Access) -> ValidatedRequest:
        """The spans of a request that this key may send."""
        admitted = ValidatedRequest()
        for block, service, origin in self._covered(blocks, access, admitted):
            for message in _decoded(block, admitted):
                reason = _fault(message)
                if reason:
                    admitted.refused[reason] += 1
                    continue
                if self.redaction is not None:
                    self.redaction.span(message)
                cut_span(message, self.longest)
                note_unit(message.start_time_unix_nano, admitted.notes)
                admitted.spans.append(span_record(message, service, origin))
        return admitted

    def logs(self, blocks: Iterable[ScopeBlock[LogMessage]], access: Access) -> ValidatedRequest:
        """The events among the log records of a request that this key may send."""
        admitted = ValidatedRequest()
        for block, service, origin in self._covered(blocks, access, admitted):
            for message in _decoded(block, admitted):
                if not _is_event(message):
                    continue  # not for us
                if self.redaction is not None:
                    self.redaction.log_record(message)
                cut_log_record(message, self.longest)
                note_unit(message.time_unix_nano, admitted.notes)
                admitted.logs.append(log_record(message, service, origin))
        return admitted

    def _covered(
        self, blocks: Iterable[ScopeBlock[Item]], access: Access, admitted: ValidatedRequest
    ) -> Iterator[tuple[ScopeBlock[Item], str, bytes]]:
        """Blocks that the key may write: by the block itself, its service and its origin."""
        for block in blocks:
            if block.note:
                admitted.notes[block.note] += 1
            service = _service(block.resource)
            if access.covers(service):
                yield block, self._stored_service(service), self._origin(block, access)
            elif block.count:
                admitted.refused["the key is not for this service"] += block.count

    def _stored_service(self, service: str) -> str:
        return service if self.redaction is None else service_name(self.redaction.text(service))

    def _origin(self, block: ScopeBlock[Item], access: Access) -> bytes:
        """A ResourceSpans with one ScopeSpans, without its spans."""
        resource, scope = block.resource, block.scope
        if self.redaction is not None:
            self.redaction.resource(resource)
            self.redaction.scope(scope)
        cut_resource(resource, self.longest)
        cut_scope(scope, self.longest)
        sign(resource, access.services)
        scope_spans = protobuf_wire.field(1, scope.SerializeToString())
        return protobuf_wire.field(1, resource.SerializeToString()) + protobuf_wire.field(
            2, scope_spans
        )


def _decoded(block: ScopeBlock[Item], admitted: ValidatedRequest) -> Iterator[Item]:
    """The items that decode; the others are counted with their reasons."""
    for item in block.items():
        if isinstance(item, str):
            admitted.refused[item] += 1
        else:
            yield item


def note_unit(time: int, notes: Counter[str]) -> None:
    """Count a time that is not in nanoseconds: read as such, it would be in 1970."""
    for unit, factor in _UNITS:
        if _YEAR_2001_NS <= time * factor < _LATEST_NS:
            notes[f"a time that looks like {unit}; OTLP's are nanoseconds, so it is in 1970"] += 1
            return


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
