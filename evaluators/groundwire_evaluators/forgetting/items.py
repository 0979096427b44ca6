"""Retention items: questions that a fine-tune must still answer, with exact rules."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from groundwire_evaluators.behaviour.answer_rules import AnswerRule, RuleError, rule_of

SHIPPED = "retention-1.jsonl"


class RetentionItemError(ValueError):
    """A line that is no retention item; the message names it."""


@dataclass(frozen=True, slots=True)
class RetentionItem:
    """Retention item: a prompt without context and an exact rule.

    `kind` groups items in reports: the shipped ones are `instruction` (form of the answer),
    `knowledge` (closed-book facts) and `reasoning` (small calculations).
    """

    id: str
    kind: str
    prompt: str
    rule: AnswerRule


@cache
def shipped_items() -> tuple[RetentionItem, ...]:
    """Shipped retention set: 24 instructions, 24 facts, 12 of reasoning.

    >>> from groundwire_evaluators.forgetting import shipped_items
    >>> len(shipped_items())
    60
    """
    text = (files(__package__) / SHIPPED).read_text(encoding="utf-8")
    return _read(text.splitlines(), SHIPPED)


def read_items(path: Path) -> tuple[RetentionItem, ...]:
    """Read retention items from a JSON Lines file.

    Each line has `id`, `prompt` and `rule`.

    A rule is described by `behaviour.answer_rules.rule_of`; `kind` may be left out.

    Raises:
        RetentionItemError: a line is no item, or two have the same id.
        OSError: the file cannot be read.
    """
    return _read(path.read_text(encoding="utf-8").splitlines(), path.name)


def _read(lines: Iterable[str], source: str) -> tuple[RetentionItem, ...]:
    found: dict[str, RetentionItem] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = _item(json.loads(line))
        except (ValueError, TypeError, KeyError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise RetentionItemError(f"{source} line {number}: {reason}") from error
        if item.id in found:
            raise RetentionItemError(f"{source} line {number}: id {item.id!r} is taken")
        found[item.id] = item
    return tuple(found.values())


def _item(record: dict[str, Any]) -> RetentionItem:
    name, kind, prompt = record["id"], record.get("kind", "own"), record["prompt"]
    if not all(isinstance(text, str) and text.strip() for text in (name, kind, prompt)):
        raise RuleError("id, kind and prompt must be texts")
    return RetentionItem(name, kind, prompt, rule_of(record["rule"]))
