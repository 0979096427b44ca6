"""Proposed alias table for attributes that no table reads.

The names of home-made attributes tell what they hold; what is proposed is to be read and corrected
by whoever named them.
"""

import json
import re
from collections.abc import Iterable, Sequence

from groundwire_collector.assembly.attribute_index import is_read
from groundwire_collector.assembly.trace import Trace
from groundwire_collector.assembly.unanswered import NoTurnReason, unanswered
from groundwire_collector.storage.span import Span

# In the order of trial: `llm.prompt.context` is context, `chat.response_model` a model.
_ROLES = {
    "session": r"(?:session|conversation|thread|dialog(?:ue)?)[._-]?id\b",
    "response_model": r"response[._-]model|model[._-]?(?:name|id)?\Z",
    "documents": r"context|chunk|document|passage|retriev|source|snippet|hits",
    "answer": r"answer|repl(?:y|ies)|respon[sd]|completion|output|generated|bot[._-]?text",
    "prompt": r"question|prompt|quer(?:y|ies)|input|ask|utterance|user[._-]?text|request",
}


def suggest(traces: Iterable[Sequence[Span]]) -> str | None:
    """A table (TOML) for the traces that no table reads; None where there are none."""
    found: dict[str, dict[str, None]] = {}
    retrievals: dict[str, None] = {}
    for spans in traces:
        trace = Trace.of(spans)
        messages = any(reading.message for reading in trace.readings.values())
        if unanswered(trace).reason != NoTurnReason.UNKNOWN_ATTRIBUTES and not messages:
            continue
        for reading in trace.readings.values():
            if reading.message is not None:
                continue
            roles = {key: role for key in reading.attributes if (role := _role_of_unread(key))}
            for key, role in roles.items():
                found.setdefault(role, {}).setdefault(key)
            if "answer" not in roles.values():
                of_documents = (key for key, role in roles.items() if role == "documents")
                retrievals |= dict.fromkeys(of_documents)
    if "answer" not in found and not retrievals:
        return None
    return _table({role: list(keys) for role, keys in found.items()}, list(retrievals))


def _role_of_unread(key: str) -> str | None:
    return None if is_read(key) else role_of(key)


def role_of(key: str) -> str | None:
    """The fact that the name of an attribute speaks of."""
    return next((role for role, words in _ROLES.items() if re.search(words, key, re.I)), None)


def _table(found: dict[str, list[str]], retrievals: Sequence[str]) -> str:
    lines = [
        "# Proposed by `groundwire doctor --suggest`: read it, correct it, and start the collector",
        "# with GROUNDWIRE_FAMILIES=mine.toml. Facts and forms: docs/reference/conventions.md",
        'name = "mine"',
        "",
    ]
    kinds = [(key, "generation") for key in found.get("answer", ())]
    for key, kind in (*kinds, *((key, "retrieval") for key in retrievals)):
        lines += ["[[kind]]", f"key = {json.dumps(key)}", f'values = {{ "*" = "{kind}" }}', ""]
    lines.append("[facts]")
    lines += [f"{role} = {json.dumps(found[role])}" for role in _ROLES if role in found]
    return "\n".join(lines) + "\n"
