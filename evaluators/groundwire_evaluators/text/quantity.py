"""One quantity of a text, and when two of them say the same.

"20 mg" is 0.02 grams, "two thirds" is 2/3, "29 May 1943" and "1943-05-29" are one date. A unit,
a rate ("per day") or a bound ("at most") that only one side names is no disagreement.
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
# How many days a month and a year may be said to have, in seconds.
_MONTHS = {1.0: (28, 30, 31), 2.0: (60,), 3.0: (90, 91), 6.0: (180, 182), 12.0: (364, 365, 366)}
_PERIODS = {"day": 1.0, "week": 7.0, "month": 30.0, "quarter": 91.0, "year": 365.0}
_PERIODS |= {"hour": 1 / 24, "minute": 1 / 1440, "second": 1 / 86400, "night": 1.0}
_THIRDS = {33: (0.333333333,), 67: (0.666666667,), 66: (0.666666667,)}
_DIALLED = 8  # digits at the end of a phone number that tell it
_CONVERTED = (("week", "day", 7.0), ("year", "month", 12.0), ("year", "quarter", 4.0))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity: its range in the text, its kind and its value in base units.

    `unit` is the dimension ("mass", "dollar"), None for a bare number. Dates have (year, month,
    day), each 0 where it is not named; times of day are minutes after midnight, weekdays 0 for
    Monday to 6. `step` is the value of the last digit ("3.1 million": 100,000), which is how far
    it may be rounded.

    `other` is a second value that the spelling allows ("1.500", "4 o'clock"), `per` the period
    or head of a rate ("day"), `bound` whether it is a limit ("at most": upper), `lead` where
    the words of the bound begin, `system` whether the unit is of the imperial system or a
    Fahrenheit degree, from which conversions are rounded. `face` is the number as it is written,
    without its unit (6 of "six hours"); None of dates, times, codes and ordinals.
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
        """Equal for equal quantities, up to rounding; bare years and dates of that year differ."""
        if self.kind == "date":
            return f"date:{self.date}"
        if self.kind == "code":
            return f"code:{code_of(self.text)}"
        if self.kind in ("time", "weekday"):
            return f"{self.kind}:{self.value:g}"
        return f"{self.unit or ''}:{self.value:.9g}"

    @property
    def values(self) -> tuple[float, ...]:
        """The value, and the second one that the spelling allows."""
        return (self.value,) if self.other is None else (self.value, self.other)


def lookups(quantity: Quantity) -> Iterator[object]:
    """Keys, of which two quantities that agree share one, rounding and conversion apart."""
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
        yield dialled(code_of(quantity.text))
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
    """A code without blanks, brackets, hyphens and slashes: "555-0104" is "5550104"."""
    return _MARKS.sub("", text).lower()


def weekday_of(date: tuple[int, int, int]) -> int | None:
    """The day of the week of a full date, 0 for Monday; None of what is no date."""
    try:
        return calendar_date(*date).weekday()
    except ValueError:
        return None


def dialled(code: str) -> str:
    """The digits that tell a phone number, without its country; any other code as it is."""
    digits = code.lstrip("+")
    return digits[-_DIALLED:] if digits.isdecimal() and len(digits) > _DIALLED else code


def agree(said: Quantity, shown: Quantity) -> bool:
    """Whether `shown` (in the context) supports `said` (in the answer).

    A unit left out agrees with any; a vaguer date agrees with a fuller one; a rounded
    value agrees with the exact one ("3.1 million" with 3,123,456, never the other way round).
    """
    if said.kind == "code" or shown.kind == "code":
        codes = {dialled(code_of(each.text)) for each in (said, shown)}
        return said.kind == shown.kind and len(codes) == 1
    if said.bound and shown.bound and said.bound != shown.bound:
        return False
    if "times" in (said.unit, shown.unit):
        return _often_enough(said, shown)
    if said.kind == "weekday" or shown.kind == "weekday":
        day = weekday_of(shown.date) if shown.kind == "date" else shown.value
        return said.kind == "weekday" and shown.kind in ("weekday", "date") and said.value == day
    if "decade" in (said.unit, shown.unit):
        return _decades_agree(said, shown)
    if said.kind == "date" or shown.kind == "date":
        return _dates_agree(said, shown)
    if said.kind == "time" or shown.kind == "time":
        return _times_agree(said, shown)
    return _rates_agree(said, shown) and _amounts_agree(said, shown)


def comparable(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities that disagree speak of the same kind of thing: they may conflict."""
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
    """What sort of code it is: "a" for letters, "9" for digits, marks as they are."""
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", text))


def _often_enough(said: Quantity, shown: Quantity) -> bool:
    """Whether "twice a week", "daily" or "every Monday" is said on the other side too."""
    if said.unit == shown.unit:
        if not {said.per, shown.per} <= _PERIODS.keys():
            return said.value == shown.value
        days = [each.value / _PERIODS[each.per] for each in (said, shown)]
        return abs(days[0] - days[1]) <= 0.03 * max(days)
    often, other = (said, shown) if said.unit == "times" else (shown, said)
    if other.kind == "weekday":
        return often.per == "week"
    if other.per:
        return often.per == other.per
    if other.unit in ("duration", "calendar") and often.value and often.per in _PERIODS:
        seconds = other.value * (30.0 * 86400.0 if other.unit == "calendar" else 1.0)
        return abs(_PERIODS[often.per] / often.value * 86400.0 / seconds - 1.0) < 0.05
    return other.unit is None and other.value == often.value


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def _amounts_agree(said: Quantity, shown: Quantity) -> bool:
    if said.unit and shown.unit and said.unit != shown.unit:
        if {said.unit, shown.unit} == {"mass", "sterling"} and said.kind != shown.kind:
            return _close(*(each.other or each.value for each in (said, shown)))
        return _lengths_of_time(said, shown) or _lengths_of_time(shown, said)
    if {said.kind, shown.kind} == {"percent", "number"}:
        percent, number = (said, shown) if said.kind == "percent" else (shown, said)
        if 0 < number.value < 1 and abs(percent.value - 100 * number.value) < 0.5:
            return True
    if any(_close(a, b) for a in said.values for b in shown.values):
        return True
    if (said.unit is None) is not (shown.unit is None) and said.face == shown.face is not None:
        return True  # "six", where "six hours" was asked for
    if said.system != shown.system and said.unit and shown.unit:
        return _converted(said, shown)
    return _rounded(said, shown)


def _lengths_of_time(one: Quantity, other: Quantity) -> bool:
    """ "One year" and "365 days", "three months" and "90 days"."""
    if one.unit != "calendar" or other.unit != "duration":
        return False
    return any(_close(other.value, 86400.0 * days) for days in _MONTHS.get(one.value, ()))


def _converted(said: Quantity, shown: Quantity) -> bool:
    """Equal up to rounding where one side was converted: "62 mph" for "100 km/h"."""
    room = max(min(said.step, shown.step) / 2, 0.012 * max(abs(said.value), abs(shown.value)))
    if said.unit == "celsius":
        room = max(0.6, min(said.step, shown.step) / 2)
    return abs(said.value - shown.value) <= room * (1 + 1e-9)


def _rounded(said: Quantity, shown: Quantity) -> bool:
    significant = said.step and abs(said.value) >= 10 * said.step
    return bool(
        significant
        and said.step > shown.step
        and abs(said.value - shown.value) <= said.step / 2 * (1 + 1e-9)
    )


def _rates_agree(said: Quantity, shown: Quantity) -> bool:
    """Whether both are the same rate; a period that one side leaves out agrees with any."""
    if not said.per or not shown.per or said.per == shown.per:
        return True
    if {said.per, shown.per} <= {"day", "night"}:
        return True
    return (
        any(
            {said.per, shown.per} == {long, short}
            and _close(*(q.value * (factor if q.per == short else 1.0) for q in (said, shown)))
            for long, short, factor in _CONVERTED
        )
        or not {said.per, shown.per} <= _PERIODS.keys()
    )


def _times_agree(said: Quantity, shown: Quantity) -> bool:
    if said.kind == shown.kind:
        return any(_close(a % _DAY, b % _DAY) for a in said.values for b in shown.values)
    time, number = (said, shown) if said.kind == "time" else (shown, said)
    hours = number.value / 3600 if number.unit == "duration" else number.value
    if number.unit not in (None, "duration") or not 0 <= hours <= 24:
        return False
    return any(
        _close(hours, minutes / 60) or _close(hours % 12, minutes % _HALF_DAY / 60)
        for minutes in time.values
    )


def _dates_agree(said: Quantity, shown: Quantity) -> bool:
    if said.kind != "date" or shown.kind != "date":
        # A bare "1943" may be a year, a bare "29" in "May 29" may not.
        date, number = (said, shown) if said.kind == "date" else (shown, said)
        return number.unit is None and date.date == (int(_finite(number.value)), 0, 0)
    return (
        _same_date(said.date, shown.date)
        or (said.other is not None and _same_date(_turned(said.date), shown.date))
        or (shown.other is not None and _same_date(said.date, _turned(shown.date)))
    )


def _same_date(said: tuple[int, int, int], shown: tuple[int, int, int]) -> bool:
    return all(not a or a == b for a, b in zip(said, shown, strict=True))


def _turned(date: tuple[int, int, int]) -> tuple[int, int, int]:
    """The date that day and month read the other way round would be."""
    return date[0], date[2], date[1]


def _decades_agree(said: Quantity, shown: Quantity) -> bool:
    """ "The 1930s" agrees with 1934, never the other way round."""
    year = float(shown.date[0]) if shown.kind == "date" else shown.value
    return said.unit == "decade" and said.value == year // 10 * 10


def _finite(value: float) -> float:
    return value if abs(value) < 1e15 else 0.0
