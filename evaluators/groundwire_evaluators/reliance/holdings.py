"""What chunks and question hold between them, for looking up the values of an answer."""

from collections.abc import Iterable
from itertools import combinations
from math import isclose

from groundwire_evaluators.reliance.frames import content_words
from groundwire_evaluators.reliance.source import Source
from groundwire_evaluators.reliance.values import Value
from groundwire_evaluators.text.names import Name
from groundwire_evaluators.text.quantities import Quantity
from groundwire_evaluators.text.tokens import fold

_MOST_SUMMANDS = 24


class Holdings:
    """The values of some sources, each once; names are found by the words they could match in."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = list(sources)
        self._others: list[Value] = []
        self._names: dict[str, list[Value]] = {}
        distinct = {(v.kind, v.text): v for source in self._sources for v in source.values}
        for value in distinct.values():
            if isinstance(value.meaning, Name):
                self._shelve(value, value.meaning)
            else:
                self._others.append(value)

    def _shelve(self, value: Value, name: Name) -> None:
        for entry in {name.key, name.initials, *name.words}:
            self._names.setdefault(entry, []).append(value)

    def cover(self, value: Value) -> bool:
        """Whether a source says the same, or it follows from two quantities of theirs."""
        if isinstance(value.meaning, Name):
            return self._name(value, value.meaning)
        if any(value.matches(other) for other in self._others):
            return True
        return isinstance(value.meaning, Quantity) and _derived(value.meaning, self._others)

    def _name(self, value: Value, name: Name) -> bool:
        entries = {name.key, name.initials, fold(name.text), *name.words}
        if any(value.matches(v) for entry in entries for v in self._names.get(entry, ())):
            return True
        words = content_words(value.text)
        return all(any(word in source.words for source in self._sources) for word in words)


def _derived(said: Quantity, known: Iterable[Value]) -> bool:
    """Whether it is the sum, the difference or the ratio in percent of two known quantities."""
    numbers = [
        value.meaning.value
        for value in known
        if isinstance(value.meaning, Quantity)
        and (value.meaning.unit == said.unit or said.unit == "percent")
    ][:_MOST_SUMMANDS]
    for a, b in combinations(numbers, 2):
        made = [a + b, abs(a - b)]
        if said.unit == "percent" and a and b:
            made += [abs(100 * (a - b) / b), abs(100 * (a - b) / a), 100 * a / b, 100 * b / a]
        if any(isclose(said.value, each, abs_tol=said.step / 2) for each in made):
            return True
    return False
