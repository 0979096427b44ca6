"""JSON in answers: bare, or alone in a fenced code block."""

import json
import re
from typing import Any

_FENCE = "```"
_LANGUAGE = re.compile(r"[\w-]{0,40}[ \t\r]{0,8}")
_LONGEST = 1_000_000  # code points; a longer answer is no JSON that anybody reads


class InvalidJsonError(ValueError):
    """The answer is not JSON (RFC 8259); the message says where."""


def json_value(answer: str) -> Any:
    """Parse an answer that is JSON, bare or in a code fence.

    Strict as RFC 8259: `NaN`, `Infinity`, trailing commas and text beside the value are errors.

    Raises:
        InvalidJsonError: it is not JSON, or longer than a million characters.

    >>> from groundwire_evaluators.behaviour.json_answers import json_value
    >>> json_value('```json\\n{"days": 30}\\n```')
    {'days': 30}
    """
    if len(answer) > _LONGEST:
        raise InvalidJsonError(f"longer than {_LONGEST} characters")
    try:
        return json.loads(unfenced(answer), parse_constant=_rejected)
    except (ValueError, RecursionError) as error:
        raise InvalidJsonError(f"not JSON: {error}") from error


def unfenced(answer: str) -> str:
    """Content of a code fence around the whole answer; else the answer."""
    text = answer.strip()
    if not (text.startswith(_FENCE) and text.endswith(_FENCE)):
        return answer
    language, newline, inside = text[len(_FENCE) :].partition("\n")
    if not newline or not _LANGUAGE.fullmatch(language):
        return answer
    return inside.removesuffix(_FENCE).rstrip()


def looks_like_json(answer: str) -> bool:
    """Whether an answer begins as JSON, or its fence is marked so.

    >>> from groundwire_evaluators.behaviour.json_answers import looks_like_json
    >>> looks_like_json('{"days": 30'), looks_like_json("[1] says 30 days")
    (True, False)
    """
    text = answer.lstrip()
    if text[:7].lower() == "```json":
        return True
    return bool(_BEGINS.match(unfenced(text).lstrip()))


_BEGINS = re.compile(r'\{\s*(?:"|\})|\[\s*(?:[{\["]|\]\s*\Z|-?\d+(?:\.\d+)?\s*,)')


def _rejected(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
