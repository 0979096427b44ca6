"""Spans that are single messages of a conversation, read as model calls.

Applications that trace themselves often give each message a span of its own, with its role and its
text (`conversation.role`, `conversation.content`). A message of the model becomes a model call: its
prompt is the messages before it in the conversation, its answer the text. Messages that are nested
in each other are placed side by side. Which attributes hold role and text is taken from the tables
(`message_role`, `message_text`), else from their names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from groundwire import attributes
from groundwire_collector.assembly.alias_table import SpanKind
from groundwire_collector.assembly.span_view import SPEAKING, SpanView
from groundwire_collector.assembly.value_parsing import Message, same
from groundwire_collector.storage.span import Json

MOST_BEFORE = 64  # messages of the prompt


def with_calls(readings: Iterable[SpanView]) -> list[SpanView]:
    """Span views with the model's messages as model calls; others are unchanged.

    A message that a traced model call or step says already is left as it is.
    """
    readings = [reading.written or reading for reading in readings]
    found = [(r, message) for r in readings if (message := _message_of(r)) is not None]
    if not found:
        return readings
    stated = [text for r in readings if (text := _answer_of(r)) is not None]
    parents = {r.span.span_id: r.span.parent_span_id for r, _ in found}
    before: dict[str | None, list[Message]] = {}
    shown: dict[str, SpanView] = {}
    for reading, message in sorted(found, key=lambda pair: pair[0].span.start_ns):
        conversation = before.setdefault(reading.text("session"), [])
        parent = _outside(reading.span.parent_span_id, parents)
        if message.role == "assistant" and not any(same(message.text, text) for text in stated):
            shown[reading.span.span_id] = _as_call(reading, parent, conversation, message)
        elif parent != reading.span.parent_span_id:
            shown[reading.span.span_id] = SpanView(replace(reading.span, parent_span_id=parent))
        conversation.append(message)
    return [shown.get(reading.span.span_id, reading) for reading in readings]


def _outside(parent: str | None, parents: Mapping[str, str | None]) -> str | None:
    """The nearest ancestor that is no message."""
    seen: set[str] = set()
    while parent is not None and parent in parents and parent not in seen:
        seen.add(parent)
        parent = parents[parent]
    return parent


def _message_of(reading: SpanView) -> Message | None:
    silent = reading.kind == SpanKind.OTHER or (
        reading.kind == SpanKind.CHAIN and reading.answer_text is None
    )
    return reading.message if silent and not reading.failed else None


def _answer_of(reading: SpanView) -> str | None:
    answers = reading.kind == SpanKind.GENERATION or reading.kind in SPEAKING
    return reading.answer_text if answers and reading.message is None else None


def _as_call(
    reading: SpanView, parent: str | None, before: Sequence[Message], message: Message
) -> SpanView:
    sent = _with_roles(before[-MOST_BEFORE:])
    shown: dict[str, Json] = {
        **reading.span.attributes,
        attributes.OPERATION: attributes.OPERATION_GENERATION,
        attributes.INPUT_MESSAGES: sent,
        attributes.OUTPUT_MESSAGES: _with_roles([message]),
    }
    call = SpanView(replace(reading.span, attributes=shown, parent_span_id=parent))
    call.written = reading
    call.lacks_question = not any(each["role"] == "user" for each in sent)
    return call


def _with_roles(messages: Iterable[Message]) -> list[dict[str, str]]:
    return [{"role": each.role, "content": each.text} for each in messages]
