"""Value index of chunks and question, by meaning."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from itertools import combinations, islice
from math import isclose

from groundwire_evaluators.reliance.frames import content_words
from groundwire_evaluators.reliance.source import Source
from groundwire_evaluators.reliance.values import Kind, Value
from groundwire_evaluators.text.names import Name
from groundwire_evaluators.text.quantities import Quantity
from groundwire_evaluators.text.tokens import fold

_MOST_SUMMANDS = 24
_FEW = 256  # values that are all compared; of more only those near in size, or of one day
_NEAR = 1e-3  # relative: what a conversion of units may be off by
_MOST_CANDIDATES = 64
_MOST_YEARS = 1e15  # a number above is no year


class ValueIndex:
    """Distinct values of texts, with lookup by meaning.

    Names are found by their words, quantities by size, dates by year.
    """

    def __init__(self, values: Iterable[Value]) -> None:
        self.others: list[Value] = []
        self._names: dict[str, list[Value]] = {}
        self._words: dict[object, list[Value]] = {}
        self._years: dict[int, list[Value]] = {}
        self._shared: dict[tuple[Kind, str], bool] = {}
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
                if isinstance(value.meaning, Quantity):
                    self._years.setdefault(value.meaning.date[0], []).append(value)
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
        key = (value.kind, value.text)
        if key not in self._shared:
            self._shared[key] = any(
                value.matches(other) or other.matches(value) for other in self._candidates(value)
            )
        return self._shared[key]

    def _candidates(self, value: Value) -> Sequence[Value]:
        meaning = value.meaning
        if isinstance(meaning, Name):
            found = {id(v): v for entry in _entries(meaning) for v in self._names.get(entry, ())}
            return list(found.values())
        if len(self.others) <= _FEW:
            return self.others
        near = self._filed(value)
        if isinstance(meaning, Quantity):
            margin = max(meaning.step, abs(meaning.value) * _NEAR)
            first = bisect_left(self._sizes, meaning.value - margin)
            last = bisect_right(self._sizes, meaning.value + margin)
            last = min(last, first + _MOST_CANDIDATES)
            near += [self.others[at] for _, at in self._sized[first:last]]
        return near

    def _filed(self, value: Value) -> list[Value]:
        """Values looked up by kind, not by size; a number matches only the year of a date."""
        meaning = value.meaning
        if (
            isinstance(meaning, Quantity)
            and meaning.kind not in ("date", "weekday")
            and meaning.unit != "decade"
        ):
            year = int(meaning.value) if abs(meaning.value) < _MOST_YEARS else 0
            return self._years.get(year, [])[:_FEW] if meaning.unit is None else []
        return self._words.get(_entry(value), [])[:_FEW]


def _entries(name: Name) -> set[str]:
    return {name.key, name.initials, fold(name.text), *name.words}


def _entry(value: Value) -> object:
    """Lookup key of values not found by size: all dates share one, codes have their own."""
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
        return isinstance(value.meaning, Quantity) and self._derived(value.meaning)

    def _derived(self, quantity: Quantity) -> bool:
        """Whether it is the sum, difference or ratio in percent of two known quantities."""
        made = self._made(quantity.unit)
        at = bisect_left(made, quantity.value)
        return any(
            isclose(quantity.value, near, abs_tol=quantity.step / 2)
            for near in made[max(at - 1, 0) : at + 1]
        )

    @cached_property
    def _made(self) -> Callable[[str | None], list[float]]:
        """What two of the first quantities of a unit make, in order, computed once a unit."""
        return cache(lambda unit: _combined(self._index.others, unit))


def _combined(known: Iterable[Value], unit: str | None) -> list[float]:
    """Sums and differences, for percent also ratios, of pairs of known quantities, sorted."""
    fitting = (
        value.meaning.value
        for value in known
        if isinstance(value.meaning, Quantity) and (value.meaning.unit == unit or unit == "percent")
    )
    made: list[float] = []
    for a, b in combinations(islice(fitting, _MOST_SUMMANDS), 2):
        made += [a + b, abs(a - b)]
        if unit == "percent" and a and b:
            made += [abs(100 * (a - b) / b), abs(100 * (a - b) / a), 100 * a / b, 100 * b / a]
    return sorted(made)
