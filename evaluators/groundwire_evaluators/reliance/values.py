"""Typed values in a text: numbers, dates, names and others.

Values of one kind compare by what they mean, not by how they are spelt: "20 mg" is "0.02 g",
"$1.2 million" is "1,200,000 USD", "5 September 1960" lies in "1960" and in "the 1960s".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from groundwire_evaluators.text.names import Name, names, same_name
from groundwire_evaluators.text.quantities import Quantity, agree, comparable, quantities
from groundwire_evaluators.text.quantity import code_of, phone_digits
from groundwire_evaluators.text.tokens import Token, fold, keys, tokenize
from groundwire_evaluators.text.units import SYMBOLS
from groundwire_evaluators.text.words import ENGLISH, Language

VERSION = re.compile(
    r"\bv(?:er(?:sion)?)?\.?\s?(\d+(?:\.\d+){0,3}(?:[-.]?(?:rc|beta|alpha|b|a)\d*)?)\b"
    r"|(?<![\w.$€£])(\d+\.\d+\.\d+(?:\.\d+)?(?:[-.]?(?:rc|beta|alpha)\d*)?)\b(?!%)",
    re.IGNORECASE,
)
CODE = re.compile(
    r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w-])"
    r"|\b[A-Z][a-z]+\s[A-Z]{1,3}-?\d+\b"
)
_ARTICLE = re.compile(
    r"(?:The|A|An|This|That|Der|Die|Das|Ein|Eine|Le|La|Les|Un|Une|El|Los|Las|Una|Il|Lo|Gli|O|Os|As|"
    r"Um|Uma|De|Het|Een)\s+(?=\S)"
)
_DIGIT = re.compile(r"\d")
_NO_CODE = re.compile(r"\d+(?:[Ss][Tt]|[Nn][Dd]|[Rr][Dd]|[Tt][Hh]|[A-Za-z]{1,3})")

_ORDINALS = """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth
    fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first
"""
_CENTURIES = {word: i for i, word in enumerate(_ORDINALS.split(), start=1)}
_CENTURY = re.compile(
    rf"\b(?:(\d{{1,2}})(?:st|nd|rd|th)|({'|'.join(reversed(_CENTURIES))}))[\s-]centur(?:y|ies)\b"
    r"(\s+BCE?\b)?",
    re.IGNORECASE,
)
_DECADE = re.compile(r"\b(1\d{2}0|20\d0)[’']?s\b|(?<![\w’'])[’']?([2-9]0)s\b")
_TENS_OF_YEARS = re.compile(r"0[’']?s\b")
_SPOKEN_DECADES = "twenties thirties forties fifties sixties seventies eighties nineties"
_SPOKEN_DECADE = re.compile(rf"\b(?:the|nineteen)\s({_SPOKEN_DECADES.replace(' ', '|')})\b", re.I)
_BEFORE_CHRIST = re.compile(r"\b(\d{1,4})\s+BCE?\b")


@dataclass(frozen=True, slots=True)
class Period:
    """Decade or century: first and last year, negative before Christ."""

    first: int
    last: int


def find_periods(text: str) -> Iterator[tuple[Period, int, int]]:
    lower = text.lower()  # most texts lack the letters, and looking for those costs next to nothing
    for match in _CENTURY.finditer(text) if "centur" in lower else ():
        number = int(match[1]) if match[1] else _CENTURIES[match[2].lower()]
        first, last = 100 * number - 99, 100 * number
        yield Period(-last, -first) if match[3] else Period(first, last), *match.span()
    for match in _DECADE.finditer(text) if _TENS_OF_YEARS.search(text) else ():
        first = int(match[1] or "19" + match[2])
        yield Period(first, first + 9), *match.span()
    for match in _SPOKEN_DECADE.finditer(text) if "ties" in lower else ():
        first = 1920 + 10 * _SPOKEN_DECADES.split().index(match[1].lower())
        yield Period(first, first + 9), *match.span(1)
    for match in _BEFORE_CHRIST.finditer(text) if "BC" in text else ():
        yield Period(-int(match[1]), -int(match[1])), *match.span()


def find_versions(text: str) -> Iterator[tuple[str, int, int]]:
    for match in VERSION.finditer(text):
        yield (match[1] or match[2]).lower(), *match.span()


def find_codes(text: str) -> Iterator[tuple[str, int, int]]:
    """Words that mix capitals and digits: part numbers, norms, flights."""
    for match in CODE.finditer(text):
        if _NO_CODE.fullmatch(match[0]):
            continue
        article = _ARTICLE.match(match[0])  # "The B2" at the start of a sentence is "B2"
        start = match.start() + (article.end() if article else 0)
        yield re.sub(r"\W", "", text[start : match.end()]).lower(), start, match.end()


class Kind(StrEnum):
    """Type of a value."""

    MONEY = "money"
    PERCENT = "percent"
    DATE = "date"
    TIME = "time"
    WEEKDAY = "weekday"
    VERSION = "version"
    AMOUNT = "amount"
    COUNT = "count"
    NUMBER = "number"
    ORDINAL = "ordinal"
    CODE = "code"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Value:
    """One typed value and where it stands: code points, half-open.

    `noun` is the stem of what a bare number counts ("seat"), None where that cannot be told.
    """

    kind: Kind
    meaning: Quantity | Period | Name | str
    start: int
    end: int
    text: str
    noun: str | None = None

    def matches(self, source: "Value") -> bool:
        """Whether `source` says the same, or the same more exactly."""
        if (self.kind is Kind.NAME) is not (source.kind is Kind.NAME):
            return False
        mine, theirs = self.meaning, source.meaning
        if isinstance(mine, Quantity) and isinstance(theirs, Quantity):
            if None not in (self.noun, source.noun) and self.noun != source.noun:
                return False
            return agree(mine, theirs)
        if isinstance(mine, Period):
            return _inside(theirs, mine)
        if isinstance(mine, Name) and isinstance(theirs, Name):
            return same_name(mine, theirs) or _abbreviates(mine, theirs)
        return self.kind is source.kind and mine == theirs

    def comparable(self, other: "Value") -> bool:
        """Whether the two could answer the same question: kind, unit and counted thing agree."""
        if self.kind is not other.kind or self.noun != other.noun:
            return False
        if isinstance(self.meaning, Quantity) and isinstance(other.meaning, Quantity):
            return self.meaning.unit == other.meaning.unit
        return True

    def rivals(self, other: "Value") -> bool:
        """Whether the two may contradict one another: comparable, or other only in the unit."""
        if isinstance(self.meaning, Quantity) and isinstance(other.meaning, Quantity):
            if self.comparable(other):
                return True
            return self.kind is not Kind.COUNT and comparable(self.meaning, other.meaning)
        return self.comparable(other)


_KINDS = {
    "money": Kind.MONEY,
    "percent": Kind.PERCENT,
    "date": Kind.DATE,
    "time": Kind.TIME,
    "weekday": Kind.WEEKDAY,
    "amount": Kind.AMOUNT,
    "number": Kind.NUMBER,
    "ordinal": Kind.ORDINAL,
    "code": Kind.CODE,
}
_NOUN = re.compile(r"[\s-]([^\W\d_]{3,40})\b(?!@)")
_OPENS = re.compile(r"(?:^|[.!?:;\n•*\-–—(\[\"“‘'|>]\s*)$")
_NO_NOUNS = ENGLISH.stop | {"percent", "times", "different", "new", "main", "major", "total"}


def find_values(text: str, language: Language = ENGLISH) -> list[Value]:
    """The values of `text` in order; none overlaps another."""
    tokens = tokenize(text, language.stemmer)
    return values_of(text, tokens, quantities(text, tokens, language.code), language)


def values_of(
    text: str, tokens: Sequence[Token], shown: Sequence[Quantity], language: Language
) -> list[Value]:
    """The values of a text whose words and quantities are at hand."""
    taken = bytearray(len(text))
    candidates = _candidates(text, tokens, shown, language)
    return sorted([v for v in candidates if _claim(taken, v)], key=lambda value: value.start)


def _candidates(
    text: str, tokens: Sequence[Token], shown: Sequence[Quantity], language: Language
) -> Iterator[Value]:
    """The most exact reading first: the first to claim its characters counts."""
    has_digit = _DIGIT.search(text) is not None
    for version, start, end in find_versions(text) if has_digit else ():
        yield Value(Kind.VERSION, version, start, end, text[start:end])
    for period, start, end in find_periods(text):
        yield Value(Kind.DATE, period, start, end, text[start:end])
    for code, start, end in find_codes(text) if has_digit else ():
        yield Value(Kind.CODE, code, start, end, text[start:end])
    for quantity in shown:
        yield _value(text, quantity, language)
    inside = _capitals_inside(text, tokens)
    for name in names(text, tokens, language=language.code):
        if len(name.text) > 1 and _certain(text, name, inside):
            yield Value(Kind.NAME, name, name.start, name.end, name.text)


def _capitals_inside(text: str, tokens: Sequence[Token]) -> frozenset[str]:
    """The words with a capital that stand behind a small letter or a comma."""
    return frozenset(
        token.text
        for token in tokens
        if token.start >= 2
        and token.text[0].isupper()
        and text[token.start - 1] == " "
        and (text[token.start - 2].islower() or text[token.start - 2] == ",")
    )


def _certain(text: str, name: Name, inside: frozenset[str]) -> bool:
    """Whether it is surely a name: a lone capitalised word that opens a sentence may be any word,
    unless it is the whole text or stands capitalised inside a sentence too."""
    lone = len(name.words) == 1 and name.text.istitle()
    if not lone or not _OPENS.search(text, max(0, name.start - 4), name.start):
        return True
    return len(text) <= len(name.text) + 2 or name.text in inside


def _claim(taken: bytearray, value: Value) -> bool:
    if any(taken[value.start : value.end]):
        return False
    taken[value.start : value.end] = b"\1" * (value.end - value.start)
    return True


def _value(text: str, quantity: Quantity, language: Language) -> Value:
    start, end, kind = quantity.start, quantity.end, _KINDS[quantity.kind]
    start -= bool(start and text[start - 1] in SYMBOLS)
    noun = None
    if kind is Kind.CODE:
        code = code_of(quantity.text)
        return Value(kind, phone_digits(code), start, end, text[start:end])
    if kind is Kind.NUMBER:
        if _is_year(quantity) and not _noun(text, end, language):
            quantity = replace(quantity, kind="date", date=(int(quantity.value), 0, 0))
            return Value(Kind.DATE, quantity, start, end, text[start:end])
        noun, end = _counted(text, end, language)
        kind = Kind.COUNT if noun else kind
    return Value(kind, quantity, start, end, text[start:end], noun)


def _is_year(quantity: Quantity) -> bool:
    return re.fullmatch(r"1\d{3}|20\d{2}", quantity.text) is not None


def _noun(text: str, end: int, language: Language) -> str | None:
    found = _NOUN.match(text, end)
    if found is None or found[1].lower() in _NO_NOUNS | language.stop:
        return None
    german = language.code == "de"  # where nouns have a capital
    return found[1] if found[1][0].isupper() is german else None


def _counted(text: str, end: int, language: Language) -> tuple[str | None, int]:
    word = _noun(text, end, language)
    if word is None:
        return None, end
    return keys(language.stemmer)[word], end + 1 + len(word)


def _inside(other: object, period: Period) -> bool:
    if isinstance(other, Period):
        return period.first <= other.first and other.last <= period.last
    if isinstance(other, Quantity) and other.kind == "date":
        return period.first <= other.date[0] <= period.last
    return False


def _abbreviates(name: Name, shown: Name) -> bool:
    return len(name.words) == 1 and len(shown.words) > 1 and fold(name.text) == shown.initials
