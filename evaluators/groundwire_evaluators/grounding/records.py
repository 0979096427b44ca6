"""Structured chunks: JSON records and rows as facts and lines."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from groundwire_evaluators.grounding.field_names import WORD, words_of
from groundwire_evaluators.grounding.tables import Table, of_rows
from groundwire_evaluators.text.tokens import fold, keys

_HOURS = re.compile(r"(\d{1,2}):(\d{1,2})\s?[-–]\s?(\d{1,2}):(\d{1,2})\Z")
_NO = frozenset(("no", "none", "false", "not available", "n/a"))
_YES = frozenset(("yes", "true"))
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Parts of field names that say nothing of what the field is about.
_EMPTY = frozenset("restaurants restaurant business good for has is by accepts info the of".split())
_MOST_FACTS = 5_000
_FEWEST_CELLS = 2  # of a row

Scalar = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One field: where it stands and what it holds.

    `words` are the keys of its name without empty parts, `about` those of the names above it.
    """

    path: tuple[str, ...]
    value: Scalar
    words: tuple[str, ...]
    about: frozenset[str]

    @property
    def truth(self) -> bool | None:
        """Yes or no, where the value is one of these; "no", "none" and "false" are no."""
        if isinstance(self.value, bool):
            return self.value
        if isinstance(self.value, str):
            folded = self.value.strip().lower()
            return False if folded in _NO else True if folded in _YES else None
        return None

    @property
    def label(self) -> str:
        return ".".join(self.path)


class Record:
    """The facts of one chunk that is JSON, in order."""

    def __init__(self, facts: list[Fact], rows: list[list[Fact]]) -> None:
        self.facts = facts
        self.rows = rows

    @property
    def lines(self) -> str:
        """The facts as searchable text; null is "not specified"."""
        return "\n".join(
            f"{_name(fact.path)}: {_value_text(fact) if _has_value(fact) else 'not specified'}"
            for fact in self.facts
        )

    @cached_property
    def table(self) -> Table | None:
        """The list of objects in the record as a table, if there is one."""
        rows = [[(f.label, _value_text(f)) for f in row if _has_value(f)] for row in self.rows]
        return of_rows(rows)

    @cached_property
    def row(self) -> tuple[tuple[str, str], ...]:
        """The record as one row of (column, cell); empty where it holds rows of its own."""
        if self.rows:
            return ()
        labels = [fact.label for fact in self.facts]
        if not any(labels):  # a list of values: a row without names of columns
            labels = [f"column {at}" for at, _ in enumerate(self.facts, 1)]
        if len(set(labels)) < max(len(labels), _FEWEST_CELLS):
            return ()
        cells = (_value_text(f) if _has_value(f) else "" for f in self.facts)
        return tuple(zip(labels, cells, strict=True))

    @cached_property
    def hours(self) -> dict[str, tuple[float, float]]:
        """Opening hours by day, in minutes; a day that is closed has (0, 0)."""
        found = {}
        for fact in self.facts:
            day = fact.path[-1].lower() if fact.path else ""
            match = _HOURS.match(fact.value) if isinstance(fact.value, str) else None
            if match and day in _DAYS:
                a, b, c, d = (int(group) for group in match.groups())
                found[day] = (60.0 * a + b, 60.0 * c + d)
        return found

    @cached_property
    def answers(self) -> list[Fact]:
        """The facts that say yes, no, or nothing (null)."""
        counted = Counter(fact.path for fact in self.facts)  # of rows: `cell_conflicts` reads them
        return [
            fact
            for fact in self.facts
            if fact.words
            and counted[fact.path] == 1
            and (fact.value is None or fact.truth is not None)
        ]


def record(text: str) -> Record | None:
    """The record in a chunk; None unless it is a JSON object or a list of objects."""
    stripped = text.strip()
    if stripped[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    facts = []
    for fact in _facts(value, ()):
        facts.append(fact)
        if len(facts) == _MOST_FACTS:
            break
    rows = [list(_facts(row, ())) for row in _rows(value)[:_MOST_FACTS]]
    return Record(facts, rows) if facts else None


def _rows(value: object) -> list[object]:
    """The countable rows: the list of objects in a record, if there is one."""
    if isinstance(value, list):
        return value if all(isinstance(row, dict) for row in value) else []
    if isinstance(value, dict):
        lists = [rows for rows in value.values() if isinstance(rows, list) and _rows(rows)]
        return lists[0] if len(lists) == 1 else []
    return []


def _facts(value: object, path: tuple[str, ...]) -> Iterator[Fact]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _facts(inner, (*path, str(name)))
    elif isinstance(value, list):
        for inner in value:
            yield from _facts(inner, path)
    elif isinstance(value, str | bool | int | float) or value is None:
        key = keys("english")
        words = tuple(key[part] for part in _parts(path[-1:]) if part not in _EMPTY)
        about = frozenset(key[part] for part in _parts(path[:-1]) if part not in _EMPTY)
        yield Fact(path, value, words, about)


def _parts(path: tuple[str, ...]) -> list[str]:
    return [fold(part) for name in path for part in words_of(name)]


def _name(path: tuple[str, ...]) -> str:
    return " ".join(WORD.sub(lambda part: part.group() + " ", " ".join(path)).split())


def _has_value(fact: Fact) -> bool:
    return fact.value is not None and fact.value != ""


def _value_text(fact: Fact) -> str:
    if fact.truth is not None:
        return "yes" if fact.truth else "no"
    match = _HOURS.match(fact.value) if isinstance(fact.value, str) else None
    if match:
        a, b, c, d = (int(group) for group in match.groups())
        return f"{a}:{b:02} to {c}:{d:02}"
    return str(fact.value)
