"""Values that need more than a number and a unit to be read: versions, periods, codes, big numbers.

They are looked for before the quantities of `groundwire_evaluators.text`, whose reader would take
"3.2.1" for a code, "the 1970s" for a number and "1.2M" for a length.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from groundwire_evaluators.text.quantities import Quantity, parse
from groundwire_evaluators.text.units import SYMBOLS

VERSION = re.compile(
    r"\bv(?:er(?:sion)?)?\.?\s?(\d+(?:\.\d+){0,3}(?:[-.]?(?:rc|beta|alpha|b|a)\d*)?)\b"
    r"|(?<![\w.$€£])(\d+\.\d+\.\d+(?:\.\d+)?(?:[-.]?(?:rc|beta|alpha)\d*)?)\b(?!%)",
    re.IGNORECASE,
)
CODE = re.compile(
    r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w-])"
    r"|\b[A-Z][a-z]+\s[A-Z]{1,3}-?\d+\b"
)
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
# Either day or month may come first; the year alone is sure.
_SLASHED = re.compile(r"(?<![\d/.])(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?![\d/])")

_ONES = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: i for i, word in enumerate(_ONES.split())} | {
    word: 10 * i for i, word in enumerate(_TENS.split(), start=2)
}
_SPOKEN = "|".join(sorted(_WORDS, key=len, reverse=True))
_SPELLED = re.compile(
    rf"\b(?:a|{_SPOKEN})[\s-](?:(?:{_SPOKEN}|and)[\s-])*(?:hundred|thousand)"
    rf"(?:[\s-](?:and[\s-])?(?:{_SPOKEN}|hundred|thousand))*\b(?!\s(?:million|billion))",
    re.IGNORECASE,
)
_SCALED = re.compile(
    r"(?<![\w.])([$€£¥₹])?\s?(\d[\d,]*(?:\.\d+)?)\s?([MB])(?![\w°/])(?=\W|$)(?:\s(dollars|euros))?"
)
_SPACED = re.compile(r"(?<![\w.,])(?<!\d\s)\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d,.]\d|\d)")


@dataclass(frozen=True, slots=True)
class Period:
    """A decade or a century: its first and last year, negative before Christ."""

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
        if not _NO_CODE.fullmatch(match[0]):
            yield re.sub(r"\W", "", match[0]).lower(), *match.span()


def find_amounts(text: str) -> Iterator[Quantity]:
    """Spelled-out and spaced numbers ("one thousand two hundred", "1 250"), "1.2M", "3/4/1974"."""
    for match in _SLASHED.finditer(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        month, day = (second, first) if first > 12 else (first, second)
        open_order = first != second and max(first, second) <= 12
        date = (year, 0, 0) if open_order else (year, month, day)
        yield Quantity(*match.span(), match[0], "date", date=date)
    lower = text.lower()
    for match in _SPELLED.finditer(text) if "hundred" in lower or "thousand" in lower else ():
        yield Quantity(*match.span(), match[0], "number", float(_spelled(match[0])), step=1.0)
    for match in _SCALED.finditer(text):
        number, step = parse(match[2]) or (0.0, 0.0)
        scale = 1e6 if match[3] == "M" else 1e9
        unit = SYMBOLS[match[1]].dimension if match[1] else (match[4] or "").removesuffix("s")
        start = match.start(1) if match[1] else match.start(2)
        text_ = text[start : match.end()]
        kind = "money" if unit else "number"
        yield Quantity(
            start,
            match.end(),
            text_,
            kind,  # type: ignore[arg-type]
            number * scale,
            unit or None,
            step * scale,
        )
    for match in _SPACED.finditer(text):
        number, step = parse(re.sub(r"\s", "", match[0])) or (0.0, 0.0)
        yield Quantity(*match.span(), match[0], "number", number, step=step)


def _spelled(words: str) -> int:
    total = current = 0
    for word in re.split(r"[\s-]+", words.lower()):
        if word == "hundred":
            current = max(current, 1) * 100
        elif word == "thousand":
            total, current = total + max(current, 1) * 1000, 0
        elif word == "a":
            current += 1
        elif word != "and":
            current += _WORDS[word]
    return total + current
