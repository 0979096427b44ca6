"""Truncation of long texts, recorded on the span.

The mark is the SDK's own: `groundwire.truncated`, JSON {attribute: {"original_length", "sha256"}},
lengths in code points.
"""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from groundwire.attributes import TRUNCATED

LONGEST_NAME = 1024  # names, keys, messages: nothing that is judged
Cuts = dict[str, dict[str, Any]]


def cut_span(span: Span, longest: int) -> None:
    """Cut every text of a span that is longer than `longest` bytes of UTF-8."""
    if span.ByteSize() <= longest:
        return
    span.DiscardUnknownFields()
    span.name = _cut(span.name, LONGEST_NAME)
    span.trace_state = _cut(span.trace_state, LONGEST_NAME)
    span.status.message = _cut(span.status.message, longest)
    cuts = _cut_pairs(span.attributes, longest)
    for event in span.events:
        event.name = _cut(event.name, LONGEST_NAME)
        cuts |= _cut_pairs(event.attributes, longest)
    for link in span.links:
        link.trace_state = _cut(link.trace_state, LONGEST_NAME)
        _cut_pairs(link.attributes, longest)
    _mark(span.attributes, cuts)


def cut_log_record(record: LogRecord, longest: int) -> None:
    if record.ByteSize() <= longest:
        return
    record.DiscardUnknownFields()
    record.event_name = _cut(record.event_name, LONGEST_NAME)
    record.severity_text = _cut(record.severity_text, LONGEST_NAME)
    cuts = _cut_pairs(record.attributes, longest)
    for cut in _cut_value(record.body, longest):
        cuts["body"] = cut
    _mark(record.attributes, cuts)


def cut_resource(resource: Resource, longest: int) -> None:
    if resource.ByteSize() > longest:
        resource.DiscardUnknownFields()
        _mark(resource.attributes, _cut_pairs(resource.attributes, longest))


def cut_scope(scope: InstrumentationScope, longest: int) -> None:
    if scope.ByteSize() > longest:
        scope.DiscardUnknownFields()
        scope.name = _cut(scope.name, LONGEST_NAME)
        scope.version = _cut(scope.version, LONGEST_NAME)
        _mark(scope.attributes, _cut_pairs(scope.attributes, longest))


def _cut_pairs(pairs: Iterable[KeyValue], longest: int) -> Cuts:
    cuts: Cuts = {}
    for pair in pairs:
        if pair.ByteSize() <= longest:
            continue
        pair.key = _cut(pair.key, LONGEST_NAME)
        for cut in _cut_value(pair.value, longest):
            cuts[pair.key] = cut
    return cuts


def _cut_value(value: AnyValue, longest: int) -> Iterator[dict[str, Any]]:
    if value.ByteSize() <= longest:
        return
    kind = value.WhichOneof("value")
    if kind == "string_value":
        whole = value.string_value
        value.string_value = _cut(whole, longest)
        digest = sha256(whole.encode()).hexdigest()
        yield {"original_length": len(whole), "sha256": digest}
    elif kind == "bytes_value":
        whole_bytes = value.bytes_value
        value.bytes_value = whole_bytes[:longest]
        digest = sha256(whole_bytes).hexdigest()
        yield {"original_length": len(whole_bytes), "sha256": digest}
    elif kind == "array_value":
        for item in value.array_value.values:
            yield from _cut_value(item, longest)
    elif kind == "kvlist_value":
        for pair in value.kvlist_value.values:
            pair.key = _cut(pair.key, LONGEST_NAME)
            yield from _cut_value(pair.value, longest)


def _cut(text: str, longest: int) -> str:
    """At most `longest` bytes of UTF-8, ending with a whole character."""
    if len(text) * 4 <= longest:
        return text
    return text.encode()[:longest].decode(errors="ignore")


def _mark(attributes: Any, cuts: Cuts) -> None:
    """Record what was truncated, in addition to the emitter's own record."""
    if not cuts:
        return
    for pair in attributes:
        if pair.key == TRUNCATED:
            pair.value.string_value = json.dumps({**cuts, **_earlier_cuts(pair.value.string_value)})
            return
    attributes.add(key=TRUNCATED).value.string_value = json.dumps(cuts)


def _earlier_cuts(mark: str) -> Cuts:
    try:
        found = json.loads(mark)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
