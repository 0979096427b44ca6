"""Value index of chunks and question, by meaning."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import combinations
from math import isclose

from groundwire_evaluators.reliance.frames import content_words
from groundwire_evaluators.reliance.source import Source
from groundwire_evaluators.reliance.values import Value
from groundwire_evaluators.text.names import Name
from groundwire_evaluators.text.quantities import Quantity
from groundwire_evaluators.text.tokens import fold

_MOST_SUMMANDS = 24
_FEW = 256  # values that are all compared; of more only those near in size, or of one day
_NEAR = 1e-3  # relative: what a conversion of units may be off by
_MOST_CANDIDATES = 64


class ValueIndex:
    """Distinct values of texts, with lookup by meaning.

    Names are found by their words, quantities by size, dates by year.
    """

    def __init__(self, values: Iterable[Value]) -> None:
        self.others: list[Value] = []
        self._names: dict[str, list[Value]] = {}
        self._words: dict[object, list[Value]] = {}
        sized = []
        distinct = {(value.kind, value.text): value for value in values}
        for value in distinct.values():
            if isinstance(value.meaning, Name):
                self._add_name(value, value.meaning)
                continue
            self.others.append(value)
            if isinstance(value.meaning, Quantity) and value.meaning.kind != "date":
                sized.append((value.meaning.value, len(self.others) - 1))
            else:
                self._words.setdefault(_entry(value), []).append(value)
        self._sized = sorted(sized)
        self._sizes = [size for size, _ in self._sized]

    def _add_name(self, value: Value, name: Name) -> None:
        for entry in _entries(name):
            self._names.setdefault(entry, []).append(value)

    def says(self, value: Value) -> bool:
        """Whether one of the values says the same as `value`, or the same more exactly."""
        return any(value.matches(other) for other in self._candidates(value))

    def shares(self, value: Value) -> bool:
        """Whether one of the values and `value` say the same, either of them more exactly."""
        return any(
            value.matches(other) or other.matches(value) for other in self._candidates(value)
        )

    def _candidates(self, value: Value) -> Sequence[Value]:
        meaning = value.meaning
        if isinstance(meaning, Name):
            found = {id(v): v for entry in _entries(meaning) for v in self._names.get(entry, ())}
            return list(found.values())
        if len(self.others) <= _FEW:
            return self.others
        near = list(self._words.get(_entry(value), ())[:_FEW])
        if isinstance(meaning, Quantity):
            margin = max(meaning.step, abs(meaning.value) * _NEAR)
            first = bisect_left(self._sizes, meaning.value - margin)
            last = bisect_right(self._sizes, meaning.value + margin)
            near += [self.others[at] for _, at in self._sized[first:last][:_MOST_CANDIDATES]]
        return near


def _entries(name: Name) -> set[str]:
    return {name.key, name.initials, fold(name.text), *name.words}


def _entry(value: Value) -> object:
    """What values that are not found by their size are filed under: dates together, codes apart."""
    return value.meaning if isinstance(value.meaning, str) else "dates"


class Holdings:
    """Values held by chunks and question together."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = list(sources)
        self._index = ValueIndex(value for source in self._sources for value in source.values)

    def cover(self, value: Value) -> bool:
        """Whether a source says the same, or it follows from two quantities of theirs."""
        if self._index.says(value):
            return True
        if isinstance(value.meaning, Name):
            words = content_words(value.text)
            return all(any(word in source.words for source in self._sources) for word in words)
        return isinstance(value.meaning, Quantity) and _derived(value.meaning, self._index.others)


def _derived(quantity: Quantity, known: Iterable[Value]) -> bool:
    """Whether it is the sum, the difference or the ratio in percent of two known quantities."""
    numbers = [
        value.meaning.value
        for value in known
        if isinstance(value.meaning, Quantity)
        and (value.meaning.unit == quantity.unit or quantity.unit == "percent")
    ][:_MOST_SUMMANDS]
    for a, b in combinations(numbers, 2):
        made = [a + b, abs(a - b)]
        if quantity.unit == "percent" and a and b:
            made += [abs(100 * (a - b) / b), abs(100 * (a - b) / a), 100 * a / b, 100 * b / a]
        if any(isclose(quantity.value, each, abs_tol=quantity.step / 2) for each in made):
            return True
    return False
