"""Semantic-convention view of a span: facts by alias tables, on demand."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from groundwire_collector.assembly.alias_table import AttributeSource, SpanKind
from groundwire_collector.assembly.attribute_index import LookupPlan, Sources, overlays, plan
from groundwire_collector.assembly.documents import chunks, completed, whole
from groundwire_collector.assembly.flattened_attributes import named, numbered
from groundwire_collector.assembly.lazy_property import lazy_property
from groundwire_collector.assembly.message_attributes import known_role, role_and_text, text_in
from groundwire_collector.assembly.redaction_marks import mark
from groundwire_collector.assembly.value_parsing import (
    Message,
    TruncatedJsonError,
    conversation,
    follow,
    messages,
    only_text,
    parse_answer,
    parse_question,
    try_unpack,
    unpack,
)
from groundwire_collector.storage.span import Json, Span, SpanEvent
from groundwire_evaluators.turn import Chunk

LONGEST_ERROR = 500  # characters
LONGEST_NAME = 4096  # characters of what names or counts something
_INCOMING, _OUTGOING = ("question", "prompt", "query"), ("output", "answer")
_OF_CALLS = ("model", "response_model", "response_id", "output_tokens")
SPEAKING = frozenset({SpanKind.TURN, SpanKind.CHAIN, SpanKind.AGENT})


class SpanView:
    """Facts of one span, parsed lazily.

    `attributes` are the span's own, beneath them those of events that repeat or replace them (a
    log record with the content of the messages), beneath those the resource's.
    """

    def __init__(self, span: Span) -> None:
        self.span = span
        self.attributes: Mapping[str, Json] = span.attributes
        self.cut_keys: set[str] = set()  # attributes with truncated JSON, of those read so far
        self.has_children = False  # set by its trace, before the kind is asked for
        self.lacks_question = False  # a message of the model whose question is in another trace
        self.written: SpanView | None = None  # the span as it was, of a message shown as a call
        self._unpacked: dict[str, Json] = {}
        for event in span.events:
            if event.name in overlays():
                self.attributes = {**event.attributes, **self.attributes}

    @lazy_property
    def kind(self) -> SpanKind:
        unknown = False
        for rule in self._plan.rules:
            value = self.attributes.get(rule.key)
            if value is None or (rule.scope and not self.span.scope.startswith(rule.scope)):
                continue
            if rule.names and self.span.name not in rule.names:
                continue
            kind = rule.kind_of(str(value))
            if kind is not None:
                return kind
            unknown = unknown or not rule.scope
        return self._implied_kind(unknown)

    def _implied_kind(self, unknown: bool) -> SpanKind:
        """The kind of a span that no rule knows, by what it holds.

        With something that went in and something that came out it is a step of the application,
        or a model call where it names a model and has no step below; so is a span with children
        whose operation has a name that is not in the tables (`unknown`).
        """
        as_chain = self._plan.sources(SpanKind.CHAIN, self.span.scope)
        if as_chain.keys().isdisjoint(_INCOMING) or as_chain.keys().isdisjoint(_OUTGOING):
            return SpanKind.CHAIN if unknown and self.has_children else SpanKind.OTHER
        if self.has_children or as_chain.keys().isdisjoint(_OF_CALLS):
            return SpanKind.CHAIN
        return SpanKind.GENERATION

    @lazy_property
    def failed(self) -> bool:
        return self.span.status == 2 or "error.type" in self.attributes

    @lazy_property
    def error(self) -> str | None:
        """Type and message of the error of a step that failed."""
        if not self.failed:
            return None
        raised = next((e.attributes for e in self.span.events if e.name == "exception"), {})
        kind = self.attributes.get("error.type") or raised.get("exception.type")
        message = self.span.status_message or raised.get("exception.message")
        text = ": ".join(str(part) for part in (kind, message) if part) or "failed"
        return text[:LONGEST_ERROR]

    @lazy_property
    def _plan(self) -> LookupPlan:
        names = tuple(dict.fromkeys([event.name for event in self.span.events]))
        return plan((*self.attributes, *self.span.resource), names)

    @lazy_property
    def _sources(self) -> Sources:
        return self._plan.sources(self.kind, self.span.scope)

    def places(self, fact: str) -> tuple[AttributeSource, ...]:
        """The places of a fact that this span may fill, best first."""
        return self._sources.get(fact, ())

    def values(self, fact: str) -> Iterator[Json]:
        """Every value the tables offer for a fact, best first; JSON in a string is unpacked."""
        for source in self._sources.get(fact, ()):
            value = self._value(source)
            if value is not None and value != "":
                yield value

    def value(self, fact: str) -> Json:
        return next(self.values(fact), None)

    def text(self, fact: str) -> str | None:
        for source in self._sources.get(fact, ()):
            value = self._short(source)
            if value is None or value == "":
                continue
            if isinstance(value, bool | list | dict):
                return None
            text = _unquoted(str(value))
            if mark(text) != "redacted":  # a scrubbed session must not join all sessions
                return text
        return None

    def number(self, fact: str) -> float | None:
        for source in self._sources.get(fact, ()):
            value = self._short(source)
            if value is None:
                continue
            try:
                return float(value) * source.scale
            except (TypeError, ValueError):
                continue
        return None

    def integer(self, fact: str) -> int | None:
        number = self.number(fact)
        return (
            int(number) if number is not None and number == number and abs(number) < 2**53 else None
        )

    def flag(self, fact: str) -> bool:
        return any(
            self._short(source) in (True, "true", "True", 1)
            for source in self._sources.get(fact, ())
        )

    @lazy_property
    def prompt(self) -> list[Message]:
        """Messages sent to the model, system instructions first."""
        system = [
            Message("system", part.text) for part in messages(self.value("system")) if part.text
        ]
        return system + next((m for v in self._whole("prompt") if (m := messages(v))), [])

    @lazy_property
    def message(self) -> Message | None:
        """The message that the whole span is, where an application traces each as a span."""
        role, text = self.text("message_role"), self.text("message_text")
        if role is None or text is None:
            found = role_and_text(tuple(self.span.attributes))
            if found is None:
                return None
            role = str(self.span.attributes.get(found[0]))
            text = text_in(self.span.attributes, found[1])
        known = known_role(role)
        return Message(known, text) if known is not None and text is not None else None

    @lazy_property
    def question(self) -> str | None:
        """Input of a turn, chain or agent."""
        for value in self._whole("question"):
            if found := parse_question(value):
                return found
        return next((q for value in self._whole("prompt") if (q := _question_in(value))), None)

    @lazy_property
    def only_question(self) -> str | None:
        """Input that is one text under a name that says nothing."""
        return next((t for value in self._whole("question") if (t := only_text(value))), None)

    @lazy_property
    def only_answer(self) -> str | None:
        """Output that is one text under a name that says nothing, or a text and its sources."""
        return next((t for value in self._whole("output") if (t := only_text(value))), None)

    @lazy_property
    def transcript(self) -> list[Message]:
        """The conversation up to the answer, of a step that returns it whole."""
        found = next((m for value in self._whole("output") if (m := conversation(value))), [])
        return found[:-1] if found and found[-1].role == "assistant" else []

    @lazy_property
    def has_question(self) -> bool:
        """Whether a question was sent, even one that was cut and cannot be read."""
        if self.question or self.query:
            return True
        sources = (source for fact in _INCOMING for source in self._sources.get(fact, ()))
        return any(source.key in self.cut_keys for source in sources)

    def _whole(self, fact: str) -> Iterator[Json]:
        """Values of a fact, without truncated JSON."""
        for source in self._sources.get(fact, ()):
            value = self._value(source)
            if value is not None and value != "" and source.key not in self.cut_keys:
                yield value

    @lazy_property
    def query(self) -> str | None:
        return next((q for value in self._whole("query") if (q := parse_question(value))), None)

    @lazy_property
    def answer_text(self) -> str | None:
        """Output text: the last message of a generation, else the output."""
        facts = ("answer", "output") if self.kind == SpanKind.GENERATION else ("output", "answer")
        for fact in facts:
            for value in self.values(fact):
                if found := parse_answer(_spoken(value)):
                    return found.rstrip("\n")  # Strands ends its texts with one
        return None

    @lazy_property
    def documents(self) -> tuple[str, list[Chunk]] | None:
        """Context source and its chunks; None if no chunks are reported."""
        structured = next(self._listed("documents"), None)
        raw = next(self._listed("returned"), None)
        if structured is None or raw is None:
            return structured or (raw and ("retriever_output", raw[1]))
        return structured[0], completed(structured[1], raw[1])

    def _listed(self, fact: str) -> Iterator[tuple[str, list[Chunk]]]:
        rows = fact == "returned" or self.db_query is not None
        for source in self.places(fact):
            value = self._value(source)
            found = None if value is None else chunks(value, rows)
            if found is None and self._is_text(fact, source, value):
                found = [Chunk(text=str(value), rank=0)]
            if found is None and rows and (chunk := self._whole_result(source, value)):
                found = [chunk]
            if found is not None:
                yield _rung(source), found

    def _whole_result(self, source: AttributeSource, value: Json) -> Chunk | None:
        """What a retrieval returned, if it is one text or one record."""
        return None if source.key in self.cut_keys or source.events else whole(value)

    def _is_text(self, fact: str, source: AttributeSource, value: Json) -> bool:
        """Whether documents were sent as one text."""
        whole = isinstance(value, str) and source.key not in self.cut_keys
        return fact == "documents" and whole and mark(str(value)) is None

    @lazy_property
    def db_query(self) -> str | None:
        return self.text("db_query")

    @lazy_property
    def variables(self) -> dict[str, Any]:
        """The variables of the prompt template, by name."""
        merged: dict[str, Any] = {}
        for value in self.values("variables"):
            value = try_unpack(value)
            if isinstance(value, dict):
                merged = {**value, **merged}
        return merged

    def _value(self, source: AttributeSource) -> Json:
        if source.events:
            return _event_values(self.span.events, source) or None
        if source.prefix:
            gather = numbered if source.numbered else named
            return gather(self.attributes, source.prefix) or None
        value = self.unpacked(source)
        if not source.path or value is None:
            return value
        found = follow(value, source.path)
        return _with_parts(found, follow(value, source.path[:-1]), source) if source.plus else found

    def _short(self, source: AttributeSource) -> Json:
        """Value of a name or number; long texts are neither."""
        if not source.path and source.key:
            value = self.attributes.get(source.key)
            if isinstance(value, str) and len(value) > LONGEST_NAME:
                return None
        return self._value(source)

    def unpacked(self, source: AttributeSource) -> Json:
        """An attribute of the span, else of its resource; JSON is parsed once a span."""
        key = source.key
        if key not in self._unpacked:
            value = self.attributes.get(key)
            value = self.span.resource.get(key) if value is None else value
            try:
                self._unpacked[key] = unpack(value, source.json)
            except TruncatedJsonError:
                self._unpacked[key] = value
                self.cut_keys.add(key)
        return self._unpacked[key]


def same_call(one: SpanView, other: SpanView) -> bool:
    """Whether two spans trace one call: same time, same response.

    Calls one after the other that share an id (of a stand-in server) are two.
    """
    if one.span.scope == other.span.scope or one.span.span_id == other.span.span_id:
        return False
    if max(one.span.start_ns, other.span.start_ns) >= min(one.span.end_ns, other.span.end_ns):
        return False
    ids = {one.text("response_id"), other.text("response_id")} - {None}
    return len(ids) == 1 or (
        not ids and one.answer_text is not None and one.answer_text == other.answer_text
    )


def _with_parts(number: Json, beside: Json, source: AttributeSource) -> Json:
    """Number including its separately reported parts (`input_cache_read`)."""
    if not isinstance(number, int) or not isinstance(beside, dict):
        return number
    taken_out = [
        value
        for key, value in beside.items()
        if key.startswith(source.plus) and isinstance(value, int) and "priority" not in key
    ]
    return number + sum(taken_out)


def _unquoted(text: str) -> str:
    """Langfuse writes texts of metadata as JSON: quoted."""
    if text[:1] != '"' or text[-1] != '"' or len(text) < 2:
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text


def _question_in(prompt: Json) -> str | None:
    """Question in a prompt; of texts without roles (Spring AI) the last one is the person's."""
    texts = try_unpack(prompt)
    bare = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
    return parse_question(texts[-1] if texts and bare else prompt)


def _spoken(value: Json) -> Json:
    """Texts of numbered messages that name no role are the model's: they are its output."""
    value = try_unpack(value)
    if isinstance(value, list):
        return [
            {"role": "assistant", **item} if isinstance(item, dict) and "content" in item else item
            for item in value
        ]
    return value


def _rung(source: AttributeSource) -> str:
    if source.events:
        return "span_events"
    return "flattened_documents" if source.prefix else "documents"


def _event_values(events: tuple[SpanEvent, ...], source: AttributeSource) -> list[Json]:
    """Contents of the named events in time order, each with its role."""
    values = []
    for event in sorted(events, key=lambda event: event.time_ns):
        role = source.events.get(event.name)
        if role is None:
            continue
        sent = try_unpack(event.body)  # Semantic Kernel logs a message as JSON in a text
        body = sent if isinstance(sent, dict) else {}
        prefix = f"{event.name}."
        attributes = {key.removeprefix(prefix): v for key, v in event.attributes.items()}
        content = {"content": event.body} if isinstance(event.body, str) and not body else {}
        named = {"role": role} if role and "message" not in {**attributes, **body} else {}
        values.append({"time_ns": event.time_ns, **attributes, **named, **content, **body})
    return values
