"""Validation of a judge's reply: all requested verdicts, or an error."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundwire_evaluators.evaluation import Verdict
from groundwire_evaluators.judges.chat import Completion, ReplyProblem
from groundwire_evaluators.judges.turn_rendering import JudgeMaterial

_LARGEST = 1_000_000  # code points of a reply that are read
_LONGEST_REASON = 300
_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.S)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>\s*", re.S)
_DECIDED = {Verdict.SUPPORTED, Verdict.CONTRADICTED}


class UnusableReplyError(Exception):
    """Unusable reply; `kind` is its metric label."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = str(kind)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Verdict on one claim; `chunk` is the index of its evidence."""

    verdict: Verdict
    chunk: int | None
    words: str
    reason: str | None


def read_completion(completion: Completion, material: JudgeMaterial) -> dict[int, Ruling]:
    """The rulings by the index of their claim; raises `UnusableReplyError` where there are none."""
    if completion.truncated:
        raise UnusableReplyError(ReplyProblem.TRUNCATED, "the reply was truncated")
    if completion.text is None:
        raise UnusableReplyError(completion.failure or ReplyProblem.NONSENSE, completion.detail)
    return read_reply(completion.text, material)


def read_reply(text: str, material: JudgeMaterial) -> dict[int, Ruling]:
    """The rulings by the index of their claim, one for each.

    Verdicts on claims that do not exist are left out; a claim without its verdict, two different
    verdicts on one claim, or a decision without a passage that exists make the reply unusable.
    Raises `UnusableReplyError`.
    """
    rulings: dict[str, Ruling] = {}
    for entry in _entries(text):
        name = entry.get("claim")
        if name not in material.names:
            continue
        ruling = _ruling(entry, material)
        if name in rulings and rulings[name].verdict is not ruling.verdict:
            raise UnusableReplyError(ReplyProblem.NONSENSE, f"two verdicts on claim {name}")
        rulings.setdefault(name, ruling)
    missing = [name for name in material.names if name not in rulings]
    if missing:
        detail = f"{len(missing)} of {len(material.names)} claims have no verdict"
        raise UnusableReplyError(ReplyProblem.NONSENSE, detail)
    if material.control and rulings[material.control].verdict is Verdict.SUPPORTED:
        detail = "the unsupported control claim was called supported"
        raise UnusableReplyError(ReplyProblem.HIJACKED, detail)
    return {index: rulings[name] for name, index in material.claims.items()}


def _entries(text: str) -> list[Mapping[str, Any]]:
    try:
        decoded = json.loads(_json(text))
    except (ValueError, RecursionError) as error:
        raise UnusableReplyError(ReplyProblem.NONSENSE, f"invalid JSON: {error}"[:200]) from None
    entries = decoded.get("verdicts") if isinstance(decoded, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UnusableReplyError(ReplyProblem.NONSENSE, "no list of verdicts")
    return entries


def _json(text: str) -> str:
    """The reply without a fence around it, or the thoughts that some models write before it."""
    body = _THOUGHT.sub("", text[:_LARGEST])
    fenced = _FENCED.match(body)
    return fenced.group(1) if fenced else body


def _ruling(entry: Mapping[str, Any], material: JudgeMaterial) -> Ruling:
    name, verdict_name, passage = entry.get("claim"), entry.get("verdict"), entry.get("passage")
    try:
        verdict = Verdict(str(verdict_name))
    except ValueError:
        raise UnusableReplyError(
            ReplyProblem.NONSENSE, f"{str(verdict_name)[:40]!r} is not a verdict"
        ) from None
    chunk = material.passages.get(passage) if isinstance(passage, str) else None
    if verdict in _DECIDED and chunk is None and name != material.control:
        detail = f"claim {name} is {verdict} by no passage that there is"
        raise UnusableReplyError(ReplyProblem.NONSENSE, detail)
    reason = _text(entry.get("reason"))[:_LONGEST_REASON]
    return Ruling(verdict, chunk, _text(entry.get("words")), reason or None)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
