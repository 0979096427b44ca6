"""What the receiver hands to the store: a message as it came, and what must be known of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as LogMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from groundwire.attributes import ANSWER_COMPLETE
from groundwire_collector.storage.contents import SHORTEST_TEXT

_COMPLETE = ANSWER_COMPLETE.encode()
_HAS_REMOTE_MARK, _IS_REMOTE = 0x100, 0x200  # SpanFlags: what is known of the parent


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """A valid span: `body` is its message, `origin` a ResourceSpans with its scope and no span.

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
    texts: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A log record that is an event of a span."""

    trace_id: bytes
    span_id: bytes
    service: str
    body: bytes
    origin: bytes
    texts: tuple[bytes, ...]


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
        tuple(_texts_of_span(message)) if len(body) >= SHORTEST_TEXT else (),
    )


def log_record(message: LogMessage, service: str, origin: bytes) -> LogRecord:
    body = message.SerializeToString()
    long = len(body) >= SHORTEST_TEXT
    # In the order of the wire: the body is field 5, the attributes are field 6.
    texts = (*_texts(message.body), *_texts_of(message.attributes)) if long else ()
    return LogRecord(message.trace_id, message.span_id, service, body, origin, texts)


def _is_local_root(message: SpanMessage) -> bool:
    remote = _HAS_REMOTE_MARK | _IS_REMOTE
    return not message.parent_span_id or message.flags & remote == remote


def _says_complete(message: SpanMessage) -> bool:
    return any(pair.key == ANSWER_COMPLETE and pair.value.bool_value for pair in message.attributes)


def _texts_of_span(message: SpanMessage) -> Iterator[bytes]:
    yield from _texts_of(message.attributes)
    for event in message.events:
        yield from _texts_of(event.attributes)


def _texts_of(pairs: Iterable[KeyValue]) -> Iterator[bytes]:
    for pair in pairs:
        # Nearly all are short, and of those this is the only thing asked.
        if pair.ByteSize() >= SHORTEST_TEXT:
            yield from _texts(pair.value)


def _texts(value: AnyValue) -> Iterator[bytes]:
    text = value.string_value
    if text:
        encoded = text.encode() if len(text) * 4 >= SHORTEST_TEXT else b""
        if len(encoded) >= SHORTEST_TEXT:
            yield encoded
    elif value.HasField("array_value"):
        for item in value.array_value.values:
            yield from _texts(item)
    elif value.HasField("kvlist_value"):
        yield from _texts_of(value.kvlist_value.values)
