"""Reasons why a trace gave no turn.

A trace without a turn is judged by nobody, so each is counted by family and reason, and
`groundwire doctor` names the scopes and attributes that no table reads.
"""

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from groundwire_collector.assembly.alias_table import AliasTable, SpanKind, families
from groundwire_collector.assembly.answers import RETRIEVING, calls_tools
from groundwire_collector.assembly.attribute_index import is_read
from groundwire_collector.assembly.guesses import OTHER_CONVENTIONS, exchange_in
from groundwire_collector.assembly.span_view import SpanView
from groundwire_collector.assembly.trace import Trace

MOST_KEYS = 8  # unread attributes that are named
SHORT_TEXT = 12  # characters; a shorter value is a name or a number

_CONVERSATION_KEYS = re.compile(
    r"prompt|complet|messag|question|answer|quer(?:y|ies)|respon|repl(?:y|ies)|chat|llm|gen_?ai|model"
    r"|token|input|output|content|utteranc|role|chunk|document|passage|context|conversation|agent"
    r"|dialog|frage|antwort|kontext|pregunt|respuest|domand|rispost|pergunt|respost|vraag|antwoord",
    re.IGNORECASE,
)


class NoTurnReason(StrEnum):
    """Why a trace has no turn, as the label of the metric."""

    CALL_FAILED = "call_failed"
    ONLY_TOOL_CALLS = "only_tool_calls"
    NO_ANSWER = "no_answer"  # a retrieval, and no model call or answer
    UNKNOWN_ATTRIBUTES = "unknown_attributes"  # texts that no table reads
    NO_MODEL_CALL = "no_model_call"  # steps of an application without question and answer
    ONLY_QUESTION = "only_question"  # messages of a person, each a span
    NOT_LLM = "not_llm"  # nothing in it speaks of a language model


WORDS = {
    NoTurnReason.CALL_FAILED: "their model calls failed",
    NoTurnReason.ONLY_TOOL_CALLS: "their model calls only asked for tools: does the trace end "
    "before the answer?",
    NoTurnReason.NO_ANSWER: "a retrieval and no answer: is the model's client instrumented?",
    NoTurnReason.UNKNOWN_ATTRIBUTES: "no table reads their attributes: `groundwire doctor "
    "--suggest` proposes one for GROUNDWIRE_FAMILIES",
    NoTurnReason.NO_MODEL_CALL: "no model call is traced in them: is the model's client "
    "instrumented?",
    NoTurnReason.ONLY_QUESTION: "only messages of a person: an answer in another trace is joined "
    "to them by session id",
    NoTurnReason.NOT_LLM: "nothing of a language model is in them: such traces need not be sent",
}


@dataclass(frozen=True, slots=True)
class UnansweredTrace:
    """A trace without a turn.

    `service` is that of its first span. `family` is the name of the table that knows most of its
    spans, "none" where none does; `unread` are attributes with texts that no table reads. `error`
    is what its first failed step reported; `started_ns` the start of its first span.
    """

    service: str
    family: str
    reason: NoTurnReason
    scopes: tuple[str, ...]
    unread: tuple[str, ...]
    trace_ids: tuple[str, ...] = ()
    started_ns: int = 0
    error: str | None = None


def unanswered(trace: Trace) -> UnansweredTrace:
    """Describe a trace that has no turn."""
    readings = list(trace.readings.values())
    unread = _unread(readings)
    known = Counter(family.name for r in readings if (family := family_of(r)) is not None)
    return UnansweredTrace(
        service=readings[0].span.service if readings else "",
        family=known.most_common(1)[0][0] if known else "none",
        reason=_reason(readings, unread),
        scopes=tuple(sorted({r.span.scope or "(no scope)" for r in readings})),
        unread=tuple(unread[:MOST_KEYS]),
        trace_ids=tuple(sorted(trace.ids)),
        started_ns=min((r.span.start_ns for r in readings), default=0),
        error=next(filter(None, (r.error for r in readings)), None),
    )


def _reason(readings: list[SpanView], unread: list[str]) -> NoTurnReason:
    calls = [r for r in readings if r.kind == SpanKind.GENERATION]
    if calls:
        tools = any(calls_tools(call) for call in calls)
        return NoTurnReason.ONLY_TOOL_CALLS if tools else NoTurnReason.CALL_FAILED
    if any(r.message is not None and r.message.role == "user" for r in readings):
        return NoTurnReason.ONLY_QUESTION
    kinds = {r.kind for r in readings} - {SpanKind.OTHER, SpanKind.PLACEHOLDER}
    if kinds & RETRIEVING:
        return NoTurnReason.NO_ANSWER
    if unread:
        return NoTurnReason.UNKNOWN_ATTRIBUTES
    return NoTurnReason.NO_MODEL_CALL if kinds else NoTurnReason.NOT_LLM


def _unread(readings: list[SpanView]) -> list[str]:
    """Attributes with texts that speak of a model or a conversation, and that no table reads."""
    found: dict[str, None] = {}
    for reading in readings:
        for key, value in reading.attributes.items():
            if _holds_conversation(key, value):
                found.setdefault(key)
        for event in reading.span.events:
            texts = [
                key for key, value in event.attributes.items() if _holds_conversation(key, value)
            ]
            found |= dict.fromkeys(f"{event.name}: {key}" for key in texts)
    if not found and (exchange := exchange_in(readings)) is not None:
        return list(exchange.keys)
    return list(found)


def _holds_conversation(key: str, value: object) -> bool:
    if OTHER_CONVENTIONS.match(key) or not _CONVERSATION_KEYS.search(key) or is_read(key):
        return False
    return isinstance(value, list | dict) or (isinstance(value, str) and len(value) >= SHORT_TEXT)


def family_of(reading: SpanView) -> AliasTable | None:
    """Alias table of a span: by longest matching scope, else by attributes."""
    scoped = [
        (len(prefix), family)
        for family in families()
        for prefix in family.scopes
        if reading.span.scope.startswith(prefix)
    ]
    if scoped:
        return max(scoped, key=lambda pair: pair[0])[1]
    for family in families():
        if family.marks and any(key.startswith(family.marks) for key in reading.span.attributes):
            return family
    return None
