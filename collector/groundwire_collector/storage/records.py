"""Validated records that the receiver hands to the store."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as LogMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from groundwire.attributes import ANSWER_COMPLETE
from groundwire_collector.storage.contents import SHORTEST_TEXT

RESPONSE_ID = "gen_ai.response.id"
_COMPLETE = ANSWER_COMPLETE.encode()
HAS_REMOTE_MARK, IS_REMOTE = 0x100, 0x200  # SpanFlags: whether the parent is remote


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """A valid span: `body` its message, `origin` its ResourceSpans and scope.

    `texts` are the long strings of `body`, in its order: what is worth keeping once.
    """

    trace_id: bytes
    span_id: bytes
    service: str
    start_ns: int
    ended: bool
    closes: bool
    complete: bool
    body: bytes
    origin: bytes
    texts: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class LogRecord:
    """Log record that is an event of a span or response.

    One that names its response alone is kept under ids made of that (`trace_of_response`).
    """

    trace_id: bytes
    span_id: bytes
    service: str
    body: bytes
    origin: bytes
    texts: Sequence[bytes]


def span_record(message: SpanMessage, service: str, origin: bytes) -> SpanRecord:
    body = message.SerializeToString()
    ended = message.end_time_unix_nano > 0
    return SpanRecord(
        message.trace_id,
        message.span_id,
        service,
        message.start_time_unix_nano,
        ended,
        ended and _is_local_root(message),
        _COMPLETE in body and _says_complete(message),
        body,
        origin,
        _texts_of_span(message) if len(body) >= SHORTEST_TEXT else (),
    )


def log_record(message: LogMessage, service: str, origin: bytes) -> LogRecord:
    body = message.SerializeToString()
    texts = _texts_of_log(message) if len(body) >= SHORTEST_TEXT else ()
    trace_id, span_id = _names(message, service)
    return LogRecord(trace_id, span_id, service, body, origin, texts)


def names_a_span(message: LogMessage) -> bool:
    return names_a_trace(message) and len(message.span_id) == 8 and any(message.span_id)


def names_a_trace(message: LogMessage) -> bool:
    return len(message.trace_id) == 16 and any(message.trace_id)


def response_of(message: LogMessage) -> str:
    """The id of the response that a log record names; "" where it names none."""
    for pair in message.attributes:
        if pair.key == RESPONSE_ID:
            return pair.value.string_value
    return ""


def trace_of_response(service: str, response_id: str) -> bytes:
    """Trace id under which events are stored that name only a response."""
    return blake2b(f"{service}\0{response_id}".encode(), digest_size=16).digest()


def _names(message: LogMessage, service: str) -> tuple[bytes, bytes]:
    """The trace and span of a log record; of its response, where it names no span."""
    if names_a_span(message):
        return message.trace_id, message.span_id
    made = trace_of_response(service, response_of(message))
    return message.trace_id if names_a_trace(message) else made, made[:8]


def _is_local_root(message: SpanMessage) -> bool:
    remote = HAS_REMOTE_MARK | IS_REMOTE
    return not message.parent_span_id or message.flags & remote == remote


def _says_complete(message: SpanMessage) -> bool:
    return any(pair.key == ANSWER_COMPLETE and pair.value.bool_value for pair in message.attributes)


def _texts_of_span(message: SpanMessage) -> list[bytes]:
    """In the order of the wire."""
    found: list[bytes] = []
    _add_pairs(found, message.attributes)
    for event in message.events:
        _add_pairs(found, event.attributes)
    return found


def _texts_of_log(message: LogMessage) -> list[bytes]:
    """In the order of the wire: the body is field 5, the attributes are field 6."""
    found: list[bytes] = []
    _add_value(found, message.body)
    _add_pairs(found, message.attributes)
    return found


def _add_pairs(found: list[bytes], pairs: Iterable[KeyValue]) -> None:
    for pair in pairs:
        # Fast path: nearly all are short.
        if pair.ByteSize() >= SHORTEST_TEXT:
            _add_value(found, pair.value)


def _add_value(found: list[bytes], value: AnyValue) -> None:
    text = value.string_value
    if text:
        encoded = text.encode() if len(text) * 4 >= SHORTEST_TEXT else b""
        if len(encoded) >= SHORTEST_TEXT:
            found.append(encoded)
    elif value.HasField("array_value"):
        for item in value.array_value.values:
            _add_value(found, item)
    elif value.HasField("kvlist_value"):
        _add_pairs(found, value.kvlist_value.values)
