"""Numbers, amounts, dates and times of day, normalised so that two spellings of one agree.

"20 mg" is 0.02 grams, "two thirds" is 2/3, "29 May 1943" and "1943-05-29" are one date.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from groundwire_evaluators.text.tokens import Token, tokenize
from groundwire_evaluators.text.units import SCALES, SYMBOLS, UNITS, Unit

Kind = Literal["number", "amount", "percent", "money", "ordinal", "date", "time", "code"]

_ONES = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split(),
        range(20),
        strict=True,
    )
)
_TENS = dict(
    zip(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(),
        range(20, 100, 10),
        strict=True,
    )
)
_ORDINALS = dict(
    zip(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
        range(1, 13),
        strict=True,
    )
)
_FRACTIONS = {"half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4}
_FRACTIONS |= {"fourths": 4, "fifth": 5, "fifths": 5, "sixths": 6, "eighths": 8, "tenths": 10}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_STARTERS = (
    frozenset(_ONES) | frozenset(_TENS) | frozenset(_ORDINALS) | frozenset(_MONTHS)
    | {"half", "dozen", "hundred", "thousand", "million", "noon", "midnight"}
)  # fmt: skip
_LONGEST_NUMBER = 40  # digits; anything longer is a code
_GAPS = ("", " ", "-", "\xa0")


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity: its range in the text, its kind and its value in base units.

    `unit` is the dimension ("mass", "dollar"), None for a bare number. Dates have
    (year, month, day), each 0 where it is not said, times of day minutes after midnight.
    `step` is the
    value of the last digit given ("3.1 million": 100,000), which is how far it may be rounded.
    """

    start: int
    end: int
    text: str
    kind: Kind
    value: float = 0.0
    unit: str | None = None
    step: float = 0.0
    date: tuple[int, int, int] = (0, 0, 0)

    @property
    def key(self) -> tuple[str, ...] | str:
        """Equal for equal quantities, up to rounding; bare years and dates of that year differ."""
        if self.kind == "date":
            return f"date:{self.date}"
        if self.kind == "code":
            return f"code:{self.text}"
        if self.kind == "time":
            return f"time:{self.value:g}"
        return f"{self.unit or ''}:{self.value:.9g}"


def agree(said: Quantity, shown: Quantity) -> bool:
    """Whether `shown` (in the context) supports `said` (in the answer).

    A unit left out agrees with any; a vaguer date agrees with a fuller one; a rounded
    value agrees with the exact one ("3.1 million" with 3,123,456, never the other way round).
    """
    if said.kind == "code" or shown.kind == "code":
        return said.text == shown.text
    if said.kind == "date" or shown.kind == "date":
        return _dates_agree(said, shown)
    if (said.kind == "time") != (shown.kind == "time"):
        return False
    if said.unit and shown.unit and said.unit != shown.unit:
        return False
    return _close(said.value, shown.value) or _rounded(said, shown)


def comparable(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities that disagree speak of the same kind of thing: they may conflict."""
    if "code" in (one.kind, other.kind) or one.kind != other.kind:
        return False
    if one.kind == "date":
        return any(a and b for a, b in zip(one.date, other.date, strict=True))
    return one.unit == other.unit


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def _rounded(said: Quantity, shown: Quantity) -> bool:
    significant = said.step and abs(said.value) >= 10 * said.step
    return bool(
        significant
        and said.step > shown.step
        and abs(said.value - shown.value) <= said.step / 2 * (1 + 1e-9)
    )


def _dates_agree(said: Quantity, shown: Quantity) -> bool:
    if said.kind != "date" or shown.kind != "date":
        # A bare "1943" may be a year, a bare "29" in "May 29" may not.
        date, number = (said, shown) if said.kind == "date" else (shown, said)
        return number.unit is None and date.date == (int(_finite(number.value)), 0, 0)
    return all(not a or a == b for a, b in zip(said.date, shown.date, strict=True))


def _finite(value: float) -> float:
    return value if abs(value) < 1e15 else 0.0


def quantities(text: str, tokens: Sequence[Token] | None = None) -> list[Quantity]:
    """The quantities of a text in order; pass its `tokens` where they are at hand.

    A lone "one" is a pronoun more often than a number and is not read as one.
    """
    tokens = tokenize(text) if tokens is None else tokens
    found: list[Quantity] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.lower in _STARTERS or token.text[0].isdecimal() or token.text[0] in "½¼¾⅓⅔⅛":
            quantity, at = _Reader(text, tokens, at).read()
            if quantity is not None:
                found.append(quantity)
        else:
            at += 1
    return found


class _Reader:
    """Reads the quantity that begins at one token; looks ahead at most six tokens."""

    def __init__(self, text: str, tokens: Sequence[Token], at: int) -> None:
        self.text, self.tokens, self.first, self.at = text, tokens, at, at

    def read(self) -> tuple[Quantity | None, int]:
        """The quantity, if there is one, and the index of the next token to look at."""
        quantity = self._clock_word() or self._date() or self._time() or self._amount()
        return quantity, max(self.at, self.first + 1)

    # Looking at tokens

    def _word(self, at: int) -> str:
        return self.tokens[at].lower if at < len(self.tokens) else ""

    def _gap(self, at: int) -> str:
        """The characters between token at-1 and token at."""
        if not 0 < at < len(self.tokens):
            return "\n"
        start, end = self.tokens[at - 1].end, self.tokens[at].start
        return self.text[start : min(end, start + 4)]

    def _integer(self, at: int, digits: int) -> int | None:
        word = self._word(at)
        return int(word) if word.isdecimal() and len(word) <= digits else None

    def _make(self, kind: Kind, until: int, **values: object) -> Quantity:
        self.at = until
        start, end = self.tokens[self.first].start, self.tokens[until - 1].end
        return Quantity(start, end, self.text[start:end], kind, **values)  # type: ignore[arg-type]

    # Dates and times

    def _clock_word(self) -> Quantity | None:
        minutes = {"noon": 720.0, "midnight": 0.0}.get(self._word(self.first))
        return None if minutes is None else self._make("time", self.first + 1, value=minutes)

    def _date(self) -> Quantity | None:
        at = self.first
        month = _MONTHS.get(self._word(at))
        if month:
            return self._month_led(month)
        day = self._integer(at, 2)
        after = at + 2 if self._word(at + 1) in ("st", "nd", "rd", "th") else at + 1
        after += self._word(after) == "of"
        month = _MONTHS.get(self._word(after))
        if day and month and day <= 31 and self._gap(after) in (" ", ". ", "-", "\xa0"):
            year, until = self._year(after + 1)
            return self._make("date", until, date=(year, month, day))
        return self._numeric_date()

    def _month_led(self, month: int) -> Quantity | None:
        at = self.first
        capital = self.tokens[at].text[0].isupper()
        after = at + 1
        day = self._integer(after, 2) if self._gap(after) in (" ", ". ", "\xa0") else None
        if day and 1 <= day <= 31 and self._gap(after + 1) != ":":
            after += 1
            if self._word(after) in ("st", "nd", "rd", "th") and self._gap(after) == "":
                after += 1
            year, until = self._year(after)
            return self._make("date", until, date=(year, month, day))
        year, until = self._year(after)
        # "may", "march" and "mar" are verbs more often than months.
        if not year and (not capital or self._word(at) in ("may", "march", "mar")):
            return None
        return self._make("date", until, date=(year, month, 0))

    def _year(self, at: int) -> tuple[int, int]:
        at += self._word(at) == "of"
        year = self._integer(at, 4)
        if year and year >= 1000 and self._gap(at) in (" ", ", ", "-", "\xa0", ","):
            return year, at + 1
        return 0, at

    def _numeric_date(self) -> Quantity | None:
        at, gap = self.first, self._gap(self.first + 1)
        numbers = [self._integer(at + i, 4) for i in range(3)]
        a, b, c = numbers
        if gap not in ("-", "/") or self._gap(at + 2) != gap or not (a and b and c):
            return None
        if a >= 1000 and b <= 12 and c <= 31:
            return self._make("date", at + 3, date=(a, b, c))
        if c >= 1000 and a <= 31 and b <= 31 and min(a, b) <= 12:
            month, day = (a, b) if a <= 12 else (b, a)
            return self._make("date", at + 3, date=(c, month, day))
        return None

    def _time(self) -> Quantity | None:
        at = self.first
        hour = self._integer(at, 2)
        if hour is None or hour > 24:
            return None
        minute, after = 0, at + 1
        if self._gap(after) == ":" and len(self._word(after)) == 2:
            minute, after = self._integer(after, 2) or 0, after + 1
        half, until = self._half_of_day(after)
        if not half and (after == at + 1 or minute > 59):
            return None
        hour = hour % 12 + 12 * (half == "p") if half else hour
        return self._make("time", until, value=float(60 * hour + minute))

    def _half_of_day(self, at: int) -> tuple[str, int]:
        word, gap = self._word(at), self._gap(at)
        if gap in ("", " ", "\xa0", "\u202f"):
            if word in ("am", "pm"):
                return word[0], at + 1
            if word in ("a", "p") and self._gap(at + 1) == "." and self._word(at + 1) == "m":
                return word, at + 2
        return "", at

    # Numbers

    def _amount(self) -> Quantity | None:
        symbol = SYMBOLS.get(self.text[max(self.tokens[self.first].start - 1, 0)])
        parsed = self._digits() or self._spelled()
        if parsed is None:
            return None
        value, step, until, kind = parsed
        if kind == "code":
            return self._make("code", until)
        value, step, until = self._scaled(value, step, until)
        unit, until = (symbol, until) if symbol else self._unit(until)
        if kind == "ordinal":
            return self._make("ordinal", until, value=value, unit="ordinal")
        if unit is None:
            return self._make("number", until, value=value, step=step)
        named: Kind = "amount"
        if unit.dimension == "percent":
            named = "percent"
        elif unit.dimension in ("dollar", "euro", "sterling", "yen", "rupee"):
            named = "money"
        factor = unit.factor
        return self._make(
            named, until, value=value * factor, step=step * factor, unit=unit.dimension
        )

    def _digits(self) -> tuple[float, float, int, Kind] | None:
        at = self.first
        word = self._word(at)
        if word[0] in "½¼¾⅓⅔⅛":
            return unicodedata.numeric(word[0]), 0.0, at + 1, "number"
        if not word[0].isdecimal():
            return None
        number = parse(word)
        if number is None:
            return 0.0, 0.0, at + 1, "code"
        if self._word(at + 1) in ("st", "nd", "rd", "th") and self._gap(at + 1) == "":
            return number[0], 0.0, at + 2, "ordinal"
        below = self._integer(at + 1, 3)
        if below and self._gap(at + 1) == "/" and self._gap(at + 2) != "/" and number[0] < below:
            return number[0] / below, 0.0, at + 2, "number"
        return *number, at + 1, "number"

    def _spelled(self) -> tuple[float, float, int, Kind] | None:
        at = self.first
        word, then = self._word(at), self._word(at + 1)
        if word in _ORDINALS:
            return float(_ORDINALS[word]), 0.0, at + 1, "ordinal"
        if word in ("half", "dozen"):
            return (0.5, 0.0, at + 1, "number") if word == "half" else (12.0, 0.0, at + 1, "number")
        if word in ("hundred", "thousand", "million"):
            return (1.0, 0.0, at, "number") if at and self._word(at - 1) == "a" else None
        joined = self._gap(at + 1) in _GAPS
        if joined and word in _ONES and then in _FRACTIONS:
            return _ONES[word] / _FRACTIONS[then], 0.0, at + 2, "number"
        if word in _TENS:
            if joined and 0 < _ONES.get(then, 0) < 10:
                return float(_TENS[word] + _ONES[then]), 1.0, at + 2, "number"
            return float(_TENS[word]), 1.0, at + 1, "number"
        if word not in _ONES or (word == "one" and then not in SCALES and then not in UNITS):
            return None
        return float(_ONES[word]), 1.0, at + 1, "number"

    def _scaled(self, value: float, step: float, until: int) -> tuple[float, float, int]:
        while self._gap(until) in _GAPS and self._word(until) in SCALES and until < self.first + 6:
            scale = SCALES[self._word(until)]
            value, step, until = value * scale, step * scale, until + 1
        return value, step, until

    def _unit(self, until: int) -> tuple[Unit | None, int]:
        end = self.tokens[until - 1].end if until > self.first else self.tokens[self.first].start
        after = self.text[end : end + 2].lstrip()
        if after[:1] == "%":
            return SYMBOLS["%"], until
        if after[:1] == "°":
            scale = self._word(until)[:1]
            return UNITS.get(f"°{scale}"), until + len(scale)
        if until == self.first or self._gap(until) not in _GAPS:
            return None, max(until, self.first + 1)
        if self._word(until) == "per" and self._word(until + 1) == "cent":
            return SYMBOLS["%"], until + 2
        unit = UNITS.get(self._word(until))
        if unit and unit.dimension == "percent" and self._word(until + 1).startswith("point"):
            return Unit("points", 1.0), until + 2
        return unit, until + (unit is not None)


def parse(word: str) -> tuple[float, float] | None:
    """The value of a run of digits and separators and the value of its last digit.

    "1,234.5" → (1234.5, 0.1). None for what is no single number ("1.2.3", "1,2,3", 50 digits).
    """
    if len(word) > _LONGEST_NUMBER:
        return None
    groups = word.split(",")
    if len(groups) > 1 and all(len(group) == 3 for group in groups[1:-1]):
        last = groups[-1].split(".")
        if len(last[0]) == 3 and len(groups[0]) <= 3:
            word = word.replace(",", "")
        elif len(groups) == 2 and "." not in word:
            word = word.replace(",", ".")
    if "," in word or word.count(".") > 1:
        return None
    whole, _, decimals = word.partition(".")
    if decimals:
        return float(word), 10.0 ** -len(decimals)
    digits = whole.rstrip("0")
    return float(whole), 10.0 ** (len(whole) - len(digits)) if digits else 1.0
