"""Typed values in a text: what an answer can get wrong in a way that can be checked.

One pass, left to right, the most specific kind first: money, percentage, date, time, version,
quantity, number, code, name. Values of one kind compare by what they mean, not by how they are
spelt: "20 mg" is "0.02 g", "$1.2 million" is "1,200,000 USD", "5 September 1960" lies in "1960".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from groundwire_evaluators.reliance.dates import Date, find_dates, find_times
from groundwire_evaluators.reliance.names import find_names, name_key
from groundwire_evaluators.reliance.quantities import Quantity, find_quantities


class Kind(StrEnum):
    MONEY = "money"
    PERCENT = "percent"
    DATE = "date"
    TIME = "time"
    VERSION = "version"
    QUANTITY = "quantity"
    NUMBER = "number"
    CODE = "code"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Value:
    """One typed value and where it stands: code points, half-open.

    `meaning` is a `Date`, a `Quantity`, or a string that is equal where the values are.
    """

    kind: Kind
    meaning: Date | Quantity | str
    start: int
    end: int
    text: str

    def matches(self, other: "Value") -> bool:
        """Whether `other`, of a source, says the same or the same more exactly."""
        if isinstance(self.meaning, Date) and isinstance(other.meaning, Date):
            return other.meaning.lies_in(self.meaning)
        if isinstance(self.meaning, Quantity) and isinstance(other.meaning, Quantity):
            return other.meaning.rounds_to(self.meaning)
        if self.kind is Kind.NAME and other.kind is Kind.NAME:
            return _same_name(str(self.meaning), str(other.meaning))
        return self.kind is other.kind and self.meaning == other.meaning

    def comparable(self, other: "Value") -> bool:
        """Whether the two could answer the same question: kind and unit agree."""
        if isinstance(self.meaning, Quantity) and isinstance(other.meaning, Quantity):
            return self.meaning.dimension == other.meaning.dimension
        return self.kind is other.kind


_VERSION = re.compile(
    r"\b(?:v(?:er(?:sion)?)?\.?\s?)(\d+(?:\.\d+){0,3}(?:[-.]?(?:rc|beta|alpha|b|a)\d*)?)\b"
    r"|(?<![\w.$€£])(\d+\.\d+\.\d+(?:\.\d+)?(?:[-.]?(?:rc|beta|alpha)\d*)?)\b(?!%)",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w-])")
_SHORT_UNIT = re.compile(r"\d+(?:st|nd|rd|th|[A-Za-z]{1,2})")


def find_values(text: str) -> list[Value]:
    """The values of `text` in order; none overlaps another. Microseconds a word."""
    taken = bytearray(len(text))
    found = [value for value in _candidates(text) if _claim(taken, value)]
    return sorted(found, key=lambda value: value.start)


def _candidates(text: str) -> Iterator[Value]:
    for match in _VERSION.finditer(text):
        number = (match[1] or match[2]).lower()
        yield Value(Kind.VERSION, number, match.start(), match.end(), match[0])
    for date, start, end in find_dates(text):
        yield Value(Kind.DATE, date, start, end, text[start:end])
    for time, start, end in find_times(text):
        yield Value(Kind.TIME, time, start, end, text[start:end])
    for match in _CODE.finditer(text):
        if not _SHORT_UNIT.fullmatch(match[0]):
            yield Value(Kind.CODE, match[0].lower(), match.start(), match.end(), match[0])
    for quantity, start, end in find_quantities(text):
        yield Value(_kind_of(quantity), quantity, start, end, text[start:end])
    for start, end in find_names(text):
        yield Value(Kind.NAME, name_key(text[start:end]), start, end, text[start:end])


def _claim(taken: bytearray, value: Value) -> bool:
    if any(taken[value.start : value.end]):
        return False
    taken[value.start : value.end] = b"\1" * (value.end - value.start)
    return True


def _kind_of(quantity: Quantity) -> Kind:
    if quantity.dimension.startswith("money"):
        return Kind.MONEY
    if quantity.dimension == "percent":
        return Kind.PERCENT
    return Kind.NUMBER if quantity.dimension == "" else Kind.QUANTITY


def _same_name(mine: str, theirs: str) -> bool:
    mine_words, their_words = mine.split(), theirs.split()
    return set(mine_words) <= set(their_words) or _initials(their_words) == mine


def _initials(words: list[str]) -> str:
    return "".join(word[0] for word in words) if len(words) > 1 else ""
