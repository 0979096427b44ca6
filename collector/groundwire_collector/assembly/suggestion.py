"""Proposed alias table for attributes that no table reads.

The names of home-made attributes tell what they hold; what is proposed is to be read and corrected
by whoever named them.
"""

import json
import re
from collections.abc import Iterable, Sequence

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
    for spans in traces:
        trace = Trace.of(spans)
        if unanswered(trace).reason != NoTurnReason.UNKNOWN_ATTRIBUTES:
            continue
        for reading in trace.readings.values():
            for key in reading.attributes:
                if (role := role_of(key)) is not None:
                    found.setdefault(role, {}).setdefault(key)
    if "answer" not in found:
        return None
    return _table({role: list(keys) for role, keys in found.items()})


def role_of(key: str) -> str | None:
    """The fact that the name of an attribute speaks of."""
    return next((role for role, words in _ROLES.items() if re.search(words, key, re.I)), None)


def _table(found: dict[str, list[str]]) -> str:
    lines = [
        "# Proposed by `groundwire doctor --suggest`: read it, correct it, and start the collector",
        "# with GROUNDWIRE_FAMILIES=mine.toml. Facts and forms: docs/reference/conventions.md",
        'name = "mine"',
        "",
    ]
    for key in found["answer"]:
        lines += ["[[kind]]", f"key = {json.dumps(key)}", 'values = { "*" = "generation" }', ""]
    lines.append("[facts]")
    lines += [f"{role} = {json.dumps(found[role])}" for role in _ROLES if role in found]
    return "\n".join(lines) + "\n"
