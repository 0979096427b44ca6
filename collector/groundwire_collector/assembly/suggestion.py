"""Proposed alias table for attributes that no table reads.

The names of home-made attributes tell what they hold, and where they do not, their values may: a
text that asks, and one after it. What is proposed is to be read and corrected by whoever named
them.
"""

import json
import re
from collections.abc import Iterable, Sequence

from groundwire_collector.assembly.attribute_index import is_read
from groundwire_collector.assembly.guesses import exchange_in
from groundwire_collector.assembly.span_view import SpanView
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.unanswered import NoTurnReason, unanswered
from groundwire_collector.storage.span import Json, Span

# In the order of trial: `llm.prompt.context` is context, `chat.response_model` a model.
_ROLES = {
    "session": r"(?:session|conversation|thread|dialog(?:ue)?)[._-]?id\b",
    "response_model": r"response[._-]model|model[._-]?(?:name|id)?\Z|\b(?:engine|deployment)\Z",
    "input_tokens": r"(?:input|prompt|in)[._-]?tok|tok(?:ens?)?[._-]?(?:in|input|prompt)\b",
    "output_tokens": r"(?:output|completion|out)[._-]?tok|tok(?:ens?)?[._-]?(?:out|output|compl)",
    "documents": r"context|chunk|document|passage|retriev|source|snippet|hits|search[._-]?result"
    r"|kontext|dokument|quelle|fuente|fonte",
    "answer": r"answer|repl(?:y|ies)|respon[sd]|completion|output|generated|bot[._-]?text|result"
    r"|antwort|respuesta|risposta|resposta|antwoord|[._-]out\Z",
    "prompt": r"question|prompt|quer(?:y|ies)|input|ask|utterance|user[._-]?(?:text|msg)|request"
    r"|messages|frage|pregunta|domanda|pergunta|vraag|[._-](?:in|q)\Z",
}
_NUMBERS = ("input_tokens", "output_tokens")
_TEXTS = ("documents", "answer", "prompt")


def suggest(traces: Iterable[Sequence[Span]]) -> str | None:
    """A table (TOML) for the traces that no table reads; None where there are none."""
    found: dict[str, dict[str, None]] = {}
    retrievals: dict[str, None] = {}
    steps: dict[str, None] = {}
    for spans in traces:
        trace = Trace.of(spans)
        messages = any(reading.message for reading in trace.readings.values())
        if unanswered(trace).reason != NoTurnReason.UNKNOWN_ATTRIBUTES and not messages:
            continue
        by_span = {
            reading.span.span_id: _roles_in(reading)
            for reading in trace.readings.values()
            if reading.message is None
        }
        steps |= dict.fromkeys(_guess(trace, by_span))
        for roles in by_span.values():
            if "answer" not in roles.values():
                of_documents = [key for key, role in roles.items() if role == "documents"]
                retrievals |= dict.fromkeys(of_documents)
                if of_documents:  # what was looked for
                    roles = {k: "query" if r == "prompt" else r for k, r in roles.items()}
            for key, role in roles.items():
                found.setdefault(role, {}).setdefault(key)
    if not {"answer", "output"} & found.keys() and not retrievals:
        return None
    return _table({role: list(keys) for role, keys in found.items()}, list(retrievals), list(steps))


def _guess(trace: Trace, by_span: dict[str, dict[str, str]]) -> list[str]:
    """Complete roles by what values say, where names give no answer; keys of steps."""
    if any("answer" in roles.values() for roles in by_span.values()):
        return []
    exchange = exchange_in(trace.readings.values())
    if exchange is None:
        return []
    if exchange.question == exchange.answer:  # a whole conversation
        by_span[exchange.answer_span].pop(exchange.answer, None)
        by_span[f"{exchange.answer_span} question"] = {exchange.question: "question"}
        by_span[f"{exchange.answer_span} output"] = {exchange.answer: "output"}
        return [exchange.question]
    apart = exchange.question_span != exchange.answer_span
    by_span[exchange.question_span][exchange.question] = "question" if apart else "prompt"
    by_span[exchange.answer_span][exchange.answer] = "answer"
    return [exchange.question] if apart else []


def _roles_in(reading: SpanView) -> dict[str, str]:
    """Facts that the unread attributes of a span hold, by their names and kinds of values."""
    roles = {key: _role_of_unread(key) for key in reading.attributes}
    return {
        key: role
        for key, role in roles.items()
        if role is not None and _fits(role, reading.attributes[key])
    }


def _fits(role: str, value: Json) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if role in _NUMBERS:
        return is_number
    return role not in _TEXTS or not (is_number or isinstance(value, bool))


def _role_of_unread(key: str) -> str | None:
    general = "." not in key  # `input` is read of some emitters alone
    return None if is_read(key) and not general else role_of(key)


def role_of(key: str) -> str | None:
    """The fact that the name of an attribute speaks of."""
    return next((role for role, words in _ROLES.items() if re.search(words, key, re.I)), None)


def _table(found: dict[str, list[str]], retrievals: Sequence[str], steps: Sequence[str]) -> str:
    lines = [
        "# Proposed by `groundwire doctor --suggest`: read it, correct it, and start the collector",
        "# with GROUNDWIRE_FAMILIES=mine.toml. Facts and forms: docs/reference/conventions.md",
        'name = "mine"',
        "",
    ]
    kinds = [(key, "generation") for key in found.get("answer", ())]
    kinds += [(key, "retrieval") for key in retrievals] + [(key, "chain") for key in steps]
    for key, kind in kinds:
        lines += ["[[kind]]", f"key = {json.dumps(key)}", f'values = {{ "*" = "{kind}" }}', ""]
    lines.append("[facts]")
    facts = (*_ROLES, "query", "question", "output")
    lines += [f"{role} = {json.dumps(found[role])}" for role in facts if role in found]
    return "\n".join(lines) + "\n"
