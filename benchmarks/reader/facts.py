"""Invented facts, each said in several ways: pairs without any label of people.

A schema makes states: the sentences of one state support each other, those of two states exclude
each other. All states share their forms, so a claim alone never tells whether it is supported.
Words and forms stand in `forms.toml`; schemas that compute are in `computed_facts.py`.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.reader import computed_facts
from benchmarks.reader.pairs import Pair, Relation
from benchmarks.reader.phrases import capital

States = list[list[str]]
_FORMS = Path(__file__).parent / "forms.toml"
_ABSENT = 0.15  # share of the unsupported claims whose fact the evidence leaves out
_FILLED = 0.4  # share of the sentences beside a fact that come from real texts
_VERBATIM = 0.15  # share of the supported claims that repeat their evidence
_RELATIONS = ("roles", "comparison", "order")
_SHARES = {"relations": 0.5, "polarity": 0.2, "rest": 0.3}  # of the facts made


@dataclass(frozen=True)
class Schema:
    """How facts of one kind are made and told."""

    name: str
    kind: str
    states: Callable[[Random], States]
    held_out: bool = False
    complete: int = 99  # the first forms say all of the fact, later ones a part
    entailed: frozenset[tuple[int, int]] = frozenset()

    @property
    def group(self) -> str:
        if self.kind in _RELATIONS:
            return "relations"
        return "polarity" if self.kind == "polarity" else "rest"


@cache
def schemas() -> dict[str, Schema]:
    """Every schema by name."""
    values = tomllib.loads(_FORMS.read_text(encoding="utf-8"))
    lists = values["lists"] | {"people": values["lists"]["women"] + values["lists"]["men"]}
    found = [_from_forms(each, lists) for each in values["schema"]]
    found += [
        Schema(each.name, each.kind, each.bind(lists), each.held_out, each.complete)
        for each in computed_facts.SCHEMAS
    ]
    return {schema.name: schema for schema in found}


def _from_forms(values: dict[str, Any], lists: dict[str, list[str]]) -> Schema:
    if "swap" in values:
        states = _swapping(values, lists)
    elif "wordings" in values:
        states = _wordings(values, lists)
    else:
        states = _stated(values, lists)
    return Schema(
        values["name"],
        values["kind"],
        states,
        values.get("held_out", False),
        entailed=frozenset((true, claimed) for true, claimed in values.get("entailed", [])),
    )


def _swapping(values: dict[str, Any], lists: dict[str, list[str]]) -> Callable[[Random], States]:
    def states(draw: Random) -> States:
        first, second = draw.sample(_words(values["swap"], lists), 2)
        slots = _slots(draw, values, lists)
        forms = values["forms"]
        return [
            _fill(forms, slots | {"a": first, "b": second}),
            _fill(forms, slots | {"a": second, "b": first}),
        ]

    return states


def _wordings(values: dict[str, Any], lists: dict[str, list[str]]) -> Callable[[Random], States]:
    def states(draw: Random) -> States:
        slots = _slots(draw, values, lists)
        rows = draw.sample(values["wordings"], 2)
        form = draw.choice(values["forms"])
        return [[_fill([form], slots | {"v": value})[0] for value in row] for row in rows]

    return states


def _stated(values: dict[str, Any], lists: dict[str, list[str]]) -> Callable[[Random], States]:
    def states(draw: Random) -> States:
        slots = _slots(draw, values, lists)
        return [_fill(forms, slots) for forms in values["states"]]

    return states


def _words(named: str | list[str], lists: dict[str, list[str]]) -> list[str]:
    return lists[named] if isinstance(named, str) else named


def _slots(draw: Random, values: dict[str, Any], lists: dict[str, list[str]]) -> dict[str, str]:
    found = {}
    for slot, named in values.get("slots", {}).items():
        if isinstance(named, str) and named[0].isdigit():
            low, high = map(int, named.split("-"))
            found[slot] = str(draw.randint(low, high))
        else:
            found[slot] = draw.choice(_words(named, lists))
    return found


def _fill(forms: Sequence[str], slots: dict[str, str]) -> list[str]:
    bare = {f"{slot}_bare": _without_article(value) for slot, value in slots.items()}
    filled = [capital(form.format(**slots, **bare)) for form in forms]
    return [text.replace("..", ".") for text in filled]


def _without_article(value: str) -> str:
    first, _, rest = value.partition(" ")
    return rest if first in ("a", "an", "the") and rest else value


class Facts:
    """Pairs from the schemas, half of them supported, among other facts and real sentences."""

    def __init__(
        self,
        draw: Random,
        fillers: Sequence[str] = (),
        *,
        held_out: bool = False,
        shares: Mapping[str, float] = _SHARES,
        beside: Sequence[int] = (0, 1, 1, 2, 3),
    ) -> None:
        """`shares` of the groups of schemas; `beside`: how many other sentences, drawn evenly."""
        self._shares, self._beside = shares, beside
        self._draw = draw
        self._fillers = fillers
        self._held_out = held_out
        chosen = [each for each in schemas().values() if each.held_out is held_out]
        self._by_group = {
            group: [each for each in chosen if each.group == group] for group in shares
        }
        self._others = chosen

    def pairs(self) -> Iterator[Pair]:
        """Endless pairs, groups of schemas in their shares."""
        groups = [group for group in self._shares if self._by_group[group]]
        weights = [self._shares[group] for group in groups]
        while True:
            group = self._draw.choices(groups, weights)[0]
            yield self.pair(self._draw.choice(self._by_group[group]))

    def pair(self, schema: Schema) -> Pair:
        """One pair of this schema."""
        draw = self._draw
        states = schema.states(draw)
        true = draw.randrange(len(states))
        source = draw.randrange(min(schema.complete, len(states[true])))
        shown: str | None = states[true][source]
        if draw.random() < 0.5:
            same = [text for at, text in enumerate(states[true]) if at != source]
            claim = states[true][source] if draw.random() < _VERBATIM else draw.choice(same)
            relation = Relation.SUPPORTED
        elif draw.random() < _ABSENT:
            claim, shown, relation = draw.choice(states[true]), None, Relation.NOT_THERE
        else:
            others = [
                at for at in range(len(states)) if at != true and (true, at) not in schema.entailed
            ]
            if not others:
                return self.pair(schema)
            claim, relation = draw.choice(states[draw.choice(others)]), Relation.CONTRADICTED
        words = () if relation is Relation.SUPPORTED else None
        return Pair(claim, self._evidence(schema, shown), relation, f"fact:{schema.name}", words)

    def _evidence(self, schema: Schema, shown: str | None) -> str:
        draw = self._draw
        others = [each for each in self._others if each.name != schema.name]
        count = draw.choice(self._beside) + (shown is None)
        lines = [self._line(draw.choice(others)) for _ in range(count)]
        if shown is not None:
            lines.insert(draw.randint(0, len(lines)), shown)
        return " ".join(lines)

    def _line(self, other: Schema) -> str:
        """A sentence beside the fact: a real one in four of ten cases, where there are any."""
        if self._fillers and self._draw.random() < _FILLED:
            return self._draw.choice(self._fillers)
        return self._draw.choice(self._draw.choice(other.states(self._draw)))
