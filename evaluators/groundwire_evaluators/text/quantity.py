"""Quantity model, and agreement of two quantities.

"20 mg" is 0.02 grams, "two thirds" is 2/3, "29 May 1943" and "1943-05-29" are one date. A unit, a
rate ("per day") or a bound ("at most") that only one side has is no disagreement.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as calendar_date
from typing import Literal

Kind = Literal["number", "amount", "percent", "money", "ordinal", "date", "time", "weekday", "code"]
Bound = Literal["", "upper", "lower"]

_MARKS = re.compile(r"[\s()/-]+")
_HALF_DAY, _DAY = 720.0, 1440.0  # minutes
# Possible lengths of a month and a year, in seconds.
_MONTHS = {1.0: (28, 30, 31), 2.0: (60,), 3.0: (90, 91), 6.0: (180, 182), 12.0: (364, 365, 366)}
_PERIODS = {"day": 1.0, "week": 7.0, "month": 30.0, "quarter": 91.0, "year": 365.0}
_PERIODS |= {"hour": 1 / 24, "minute": 1 / 1440, "second": 1 / 86400, "night": 1.0}
_THIRDS = {33: (0.333333333,), 67: (0.666666667,), 66: (0.666666667,)}
_DIALLED = 8  # digits at the end of a phone number that identify it
_ROUNDED_OFF = 0.1  # share of a limit that an exact quantity may be above it
_CONVERTED = (("week", "day", 7.0), ("year", "month", 12.0), ("year", "quarter", 4.0))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity: range, kind and value in base units.

    `unit` is the dimension ("mass", "dollar"), None for a bare number. Dates are (year, month,
    day), each 0 if missing; times of day are minutes after midnight, weekdays 0 (Monday) to 6.
    `step` is the value of the last digit ("3.1 million": 100,000), the precision to which it may be
    rounded.

    `other` is a second possible value ("1.500", "4 o'clock"), `per` the period or head of a rate
    ("day"), `bound` the side of a limit ("at most": upper), `lead` the offset of the bound's first
    word, `system` the imperial system or Fahrenheit, from which conversions are rounded. `face` is
    the number as written, without its unit (6 of "six hours"); None for dates, times, codes and
    ordinals.
    """

    start: int
    end: int
    text: str
    kind: Kind
    value: float = 0.0
    unit: str | None = None
    step: float = 0.0
    date: tuple[int, int, int] = (0, 0, 0)
    other: float | None = None
    per: str = ""
    bound: Bound = ""
    lead: int = -1
    system: str = ""
    face: float | None = None

    @property
    def key(self) -> tuple[str, ...] | str:
        """Key that equal quantities share, up to rounding; a year and a date in it differ."""
        if self.kind == "date":
            return f"date:{self.date}"
        if self.kind == "code":
            return f"code:{code_of(self.text)}"
        if self.kind in ("time", "weekday"):
            return f"{self.kind}:{self.value:g}"
        return f"{self.unit or ''}:{self.value:.9g}"

    @property
    def values(self) -> tuple[float, ...]:
        """The value, and the second possible value if there is one."""
        return (self.value,) if self.other is None else (self.value, self.other)


def lookup_keys(quantity: Quantity) -> Iterator[object]:
    """Index keys: quantities that agree share one, except by rounding or conversion."""
    if quantity.kind == "date":
        year, month, day = quantity.date
        yield float(year) if year else ("day", month, day)
        if year and month:
            yield ("day", month, day)
            yield ("day", month, 0)
        day_of_week = weekday_of(quantity.date)
        if day_of_week is not None:
            yield float(day_of_week)
    elif quantity.kind == "code":
        yield phone_digits(code_of(quantity.text))
    else:
        yield from (float(f"{value:.9g}") for value in quantity.values)
        if quantity.face is not None and quantity.unit is not None:
            yield float(f"{quantity.face:.9g}")
        period = quantity.per or ("week" if quantity.kind == "weekday" else "")
        if quantity.unit == "times" or period in _PERIODS:
            yield ("per", period)
        if quantity.kind == "time":
            for minutes in quantity.values:
                yield from (minutes / 60, minutes / 60 % 12, minutes * 60)
        if quantity.unit == "decade":
            yield from (quantity.value + year for year in range(10))
        elif quantity.unit == "percent":
            yield float(f"{quantity.value / 100:.9g}")
            yield from _THIRDS.get(round(quantity.value), ())
        elif quantity.unit == "calendar":
            yield from (86400.0 * days for days in _MONTHS.get(quantity.value, ()))


def code_of(text: str) -> str:
    """Normalise a code: "555-0104" is "5550104"."""
    return _MARKS.sub("", text).lower()


def weekday_of(date: tuple[int, int, int]) -> int | None:
    """Day of the week of a full date, 0 for Monday; None for anything else."""
    try:
        return calendar_date(*date).weekday()
    except ValueError:
        return None


def phone_digits(code: str) -> str:
    """Significant digits of a phone number, without country code; other codes unchanged."""
    digits = code.lstrip("+")
    return digits[-_DIALLED:] if digits.isdecimal() and len(digits) > _DIALLED else code


def agree(claimed: Quantity, shown: Quantity) -> bool:
    """Whether `shown` (in the context) supports `claimed` (in the answer).

    A missing unit agrees with any; a vaguer date agrees with a fuller one; a rounded value agrees
    with the exact one ("3.1 million" with 3,123,456, not the reverse).
    """
    if claimed.kind == "code" or shown.kind == "code":
        codes = {phone_digits(code_of(each.text)) for each in (claimed, shown)}
        return claimed.kind == shown.kind and len(codes) == 1
    if claimed.bound and shown.bound and claimed.bound != shown.bound:
        return False
    if "times" in (claimed.unit, shown.unit):
        return _frequencies_agree(claimed, shown)
    if claimed.kind == "weekday" or shown.kind == "weekday":
        day = weekday_of(shown.date) if shown.kind == "date" else shown.value
        return (
            claimed.kind == "weekday" and shown.kind in ("weekday", "date") and claimed.value == day
        )
    if "decade" in (claimed.unit, shown.unit):
        return _decades_agree(claimed, shown)
    if claimed.kind == "date" or shown.kind == "date":
        return _dates_agree(claimed, shown)
    if claimed.kind == "time" or shown.kind == "time":
        return _times_agree(claimed, shown)
    return _rates_agree(claimed, shown) and _amounts_agree(claimed, shown)


def can_replace(claimed: Quantity, shown: Quantity) -> bool:
    """Whether a quantity said in another's place contradicts it, if the two do not agree.

    A fuller date does not ("April 2023", "April"), nor what a limit may be rounded from.
    """
    if claimed.kind == shown.kind == "date" and not any(
        a and b and a != b for a, b in zip(claimed.date, shown.date, strict=True)
    ):
        return False
    return comparable(claimed, shown) and not _rounds_to(claimed, shown)


def _rounds_to(claimed: Quantity, limit: Quantity) -> bool:
    """Whether a lower limit is an exact quantity rounded: "64 months", "over five years"."""
    if claimed.bound or limit.bound != "lower" or claimed.unit != limit.unit:
        return False
    if claimed.kind != limit.kind or claimed.kind in ("date", "code"):
        return False
    return 0 < claimed.value - limit.value <= _ROUNDED_OFF * limit.value


def comparable(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities are of the same kind, so that they can conflict."""
    if "code" in (one.kind, other.kind):
        return one.kind == other.kind and code_shape(one.text) == code_shape(other.text)
    if one.kind == "date" and other.kind == "date":
        return any(a and b for a, b in zip(one.date, other.date, strict=True))
    if one.unit == other.unit and one.kind == other.kind:
        return True
    if {one.kind, other.kind} <= {"money"} or {one.unit, other.unit} <= {"percent", "points"}:
        return True
    spans = {"duration", "calendar", "workday"}
    return {one.unit, other.unit} <= spans or (
        one.kind == other.kind == "amount" and one.value == other.value
    )


def code_shape(text: str) -> str:
    """Shape of a code: "a" for letters, "9" for digits, punctuation unchanged."""
    if text.startswith("--"):
        return "--a"  # a flag, of whatever words
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", text))


def _frequencies_agree(claimed: Quantity, shown: Quantity) -> bool:
    """Whether both sides state the frequency ("twice a week", "daily", "every Monday")."""
    if claimed.unit == shown.unit:
        if not {claimed.per, shown.per} <= _PERIODS.keys():
            return claimed.value == shown.value
        days = [each.value / _PERIODS[each.per] for each in (claimed, shown)]
        return abs(days[0] - days[1]) <= 0.03 * max(days)
    often, other = (claimed, shown) if claimed.unit == "times" else (shown, claimed)
    if other.kind == "weekday":
        return often.per == "week"
    if other.per:
        return often.per == other.per
    known = often.value and other.value and often.per in _PERIODS
    if other.unit in ("duration", "calendar") and known:
        seconds = other.value * (30.0 * 86400.0 if other.unit == "calendar" else 1.0)
        return abs(_PERIODS[often.per] / often.value * 86400.0 / seconds - 1.0) < 0.05
    return other.unit is None and other.value == often.value


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def _amounts_agree(claimed: Quantity, shown: Quantity) -> bool:
    if claimed.unit and shown.unit and claimed.unit != shown.unit:
        if "coin" in (claimed.unit, shown.unit) and claimed.kind == shown.kind == "money":
            return _close(claimed.value, shown.value)
        if {claimed.unit, shown.unit} == {"mass", "sterling"} and claimed.kind != shown.kind:
            return _close(*(each.other or each.value for each in (claimed, shown)))
        return _lengths_of_time(claimed, shown) or _lengths_of_time(shown, claimed)
    if {claimed.kind, shown.kind} == {"percent", "number"}:
        percent, number = (claimed, shown) if claimed.kind == "percent" else (shown, claimed)
        if 0 < number.value < 1 and abs(percent.value - 100 * number.value) < 0.5:
            return True
    if any(_close(a, b) for a in claimed.values for b in shown.values):
        return True
    if (claimed.unit is None) is not (
        shown.unit is None
    ) and claimed.face == shown.face is not None:
        return True  # "six", where "six hours" was asked for
    if claimed.system != shown.system and claimed.unit and shown.unit:
        return _converted(claimed, shown)
    return _rounded(claimed, shown)


def _lengths_of_time(one: Quantity, other: Quantity) -> bool:
    """ "One year" and "365 days", "three months" and "90 days"."""
    if one.unit != "calendar" or other.unit != "duration":
        return False
    return any(_close(other.value, 86400.0 * days) for days in _MONTHS.get(one.value, ()))


def _converted(claimed: Quantity, shown: Quantity) -> bool:
    """Equal up to rounding where one side was converted: "62 mph" for "100 km/h"."""
    room = max(min(claimed.step, shown.step) / 2, 0.012 * max(abs(claimed.value), abs(shown.value)))
    if claimed.unit == "celsius":
        room = max(0.6, min(claimed.step, shown.step) / 2)
    return abs(claimed.value - shown.value) <= room * (1 + 1e-9)


def _rounded(claimed: Quantity, shown: Quantity) -> bool:
    significant = claimed.step and abs(claimed.value) >= 10 * claimed.step
    return bool(
        significant
        and claimed.step > shown.step
        and abs(claimed.value - shown.value) <= claimed.step / 2 * (1 + 1e-9)
    )


def _rates_agree(claimed: Quantity, shown: Quantity) -> bool:
    """Whether both rates are equal; a missing period agrees with any."""
    if not claimed.per or not shown.per or claimed.per == shown.per:
        return True
    if {claimed.per, shown.per} <= {"day", "night"}:
        return True
    return (
        any(
            {claimed.per, shown.per} == {long, short}
            and _close(*(q.value * (factor if q.per == short else 1.0) for q in (claimed, shown)))
            for long, short, factor in _CONVERTED
        )
        or not {claimed.per, shown.per} <= _PERIODS.keys()
    )


def _times_agree(claimed: Quantity, shown: Quantity) -> bool:
    if claimed.kind == shown.kind:
        return any(_close(a % _DAY, b % _DAY) for a in claimed.values for b in shown.values)
    time, number = (claimed, shown) if claimed.kind == "time" else (shown, claimed)
    hours = number.value / 3600 if number.unit == "duration" else number.value
    if number.unit not in (None, "duration") or not 0 <= hours <= 24:
        return False
    return any(
        _close(hours, minutes / 60) or _close(hours % 12, minutes % _HALF_DAY / 60)
        for minutes in time.values
    )


def _dates_agree(claimed: Quantity, shown: Quantity) -> bool:
    if claimed.kind != "date" or shown.kind != "date":
        # A bare "1943" may be a year, a bare "29" in "May 29" may not.
        date, number = (claimed, shown) if claimed.kind == "date" else (shown, claimed)
        return number.unit is None and date.date == (int(_finite(number.value)), 0, 0)
    return (
        _same_date(claimed.date, shown.date)
        or (claimed.other is not None and _same_date(_day_month_swapped(claimed.date), shown.date))
        or (shown.other is not None and _same_date(claimed.date, _day_month_swapped(shown.date)))
    )


def _same_date(claimed: tuple[int, int, int], shown: tuple[int, int, int]) -> bool:
    return all(not a or a == b for a, b in zip(claimed, shown, strict=True))


def _day_month_swapped(date: tuple[int, int, int]) -> tuple[int, int, int]:
    """The date with day and month swapped."""
    return date[0], date[2], date[1]


def _decades_agree(claimed: Quantity, shown: Quantity) -> bool:
    """Whether a decade contains the year: "the 1930s" agrees with 1934, not the reverse."""
    year = float(shown.date[0]) if shown.kind == "date" else shown.value
    return claimed.unit == "decade" and claimed.value == year // 10 * 10


def _finite(value: float) -> float:
    return value if abs(value) < 1e15 else 0.0
