"""Dates and times of day in a text, as far as they are given."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTH_NAMES = """
    jan january; feb february; mar march; apr april; may; jun june; jul july; aug august;
    sep sept september; oct october; nov november; dec december
"""
_MONTHS = {
    name: number
    for number, names in enumerate(_MONTH_NAMES.split(";"), start=1)
    for name in names.split()
}
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1\d{3}|20\d{2})"
_SHAPES = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        r"(?<![\d.])(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])(?!\d)",
        rf"\b{_DAY}(?:\s+of)?\s+{_MONTH},?\s+{_YEAR}\b",
        rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}\b",
        rf"\b{_MONTH}(?:\s+of)?,?\s+{_YEAR}\b",
        rf"\b{_DAY}(?:\s+of)?\s+{_MONTH}",
        rf"\b{_MONTH}\s+{_DAY}\b(?!\s*(?:%|percent))",
        r"(?<![\d/.])(?P<first>\d{1,2})[/.](?P<second>\d{1,2})[/.](?P<year>\d{4})(?![\d/])",
        r"\b(?P<quarter>Q[1-4])(?:\s+(?:of\s+)?(?P<year>20\d{2}|19\d{2}))?\b",
        r"\b(?P<decade>1\d{2}0|20\d0)s\b",
        r"\b(?P<century>\d{1,2})(?:st|nd|rd|th)[\s-]century\b(?P<bc>\s+BCE?\b)?",
        r"\b(?P<year>\d{1,4})\s+(?P<bc>BCE?)\b",
        rf"(?<![\w.,$€£#-]){_YEAR}(?![\w%]|[.,]\d|-\d)",
    )
)
_NOT_A_YEAR = re.compile(
    r"\s*(?:kg|g|mg|km|m|cm|mm|ml|l|kb|mb|gb|tb|kwh|mw|w|hz|mhz|ghz|rpm|steps?|items?|people|users?"
    r"|employees|units?|requests?|tokens?|characters|words|dollars|euros|pounds|usd|eur|points?|feet"
    r"|ft|miles|metres|meters|tons?|tonnes|pages|seats|copies|rows|records|hours|minutes|calories)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?<![\d:.])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::[0-5]\d)?"
    r"(?:\s*(?P<half>[ap])\.?\s?m\b\.?)?"
    r"|(?<![\d:.])(?P<hour12>1[0-2]|0?[1-9])\s*(?P<half12>[ap])\.?\s?m\b\.?"
    r"|\b(?P<word>noon|midnight)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Date:
    """What is known of a date; None is unknown. `span` is a decade, century or quarter ("Q3")."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    span: str | None = None

    def lies_in(self, wider: "Date") -> bool:
        """Whether this date agrees with all that `wider` says: 5 September 1960 lies in 1960."""
        return all(
            theirs is None or theirs == mine
            for mine, theirs in (
                (self.year, wider.year),
                (self.month, wider.month),
                (self.day, wider.day),
                (self.span or self._decade(wider.span), wider.span),
            )
        )

    def _decade(self, span: str | None) -> str | None:
        if self.year is None or span is None:
            return None
        if span.endswith("s"):
            return f"{self.year // 10 * 10}s"
        return f"{(self.year - 1) // 100 + 1}c" if span.endswith("c") else None


def find_dates(text: str) -> Iterator[tuple[Date, int, int]]:
    """Dates in `text`, the most exact shapes first; extents may overlap (the first one counts)."""
    for shape in _SHAPES:
        for match in shape.finditer(text):
            if shape is _SHAPES[-1] and _NOT_A_YEAR.match(text, match.end()):
                continue
            if shape is _SHAPES[3] and match["month"].lower() == "may" and match["month"][0] == "m":
                continue
            yield _read(match.groupdict()), match.start(), match.end()


def find_times(text: str) -> Iterator[tuple[str, int, int]]:
    """Times of day as "HH:MM", 24 hours."""
    for match in _TIME.finditer(text):
        if match["word"]:
            yield ("12:00" if match["word"].lower() == "noon" else "00:00"), *match.span()
            continue
        hour = int(match["hour"] or match["hour12"])
        half = (match["half"] or match["half12"] or "").lower()
        if half:
            hour = hour % 12 + (12 if half == "p" else 0)
        yield f"{hour:02}:{match['minute'] or '00'}", *match.span()


def _read(found: dict[str, str | None]) -> Date:
    year = int(digits) if (digits := found.get("year")) else None
    if found.get("bc"):
        year = -year if year else None
    month, day = _month(found.get("month")), found.get("day")
    if (first := found.get("first")) and (second := found.get("second")):
        return _slashed(int(first), int(second), year)
    if found.get("decade"):
        return Date(span=f"{found['decade']}s")
    if found.get("century"):
        return Date(span=f"{'-' if found.get('bc') else ''}{found['century']}c")
    if found.get("quarter"):
        return Date(year=year, span=str(found["quarter"]).upper())
    return Date(year, month, int(day) if day else None)


def _month(month: str | None) -> int | None:
    if month is None:
        return None
    return int(month) if month.isdigit() else _MONTHS[month.lower()]


def _slashed(first: int, second: int, year: int | None) -> Date:
    """Day and month where the order can be told; else the month is left open."""
    if first > 12:
        return Date(year, second, first)
    if second > 12:
        return Date(year, first, second)
    return Date(year, first, second) if first == second else Date(year)
