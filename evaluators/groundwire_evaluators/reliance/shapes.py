"""Versions, periods and codes as values.

They are looked for before the quantities of `groundwire_evaluators.text`, whose reader would take
"3.2.1" for a code and "the 1970s" for a number. Every pattern is linear in the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

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
        if not _NO_CODE.fullmatch(match[0]):
            yield re.sub(r"\W", "", match[0]).lower(), *match.span()
