"""Opening hours: parse them from sentences, compare them with a claim.

"From 4 to 9 PM on most days, until 10 on Fridays" agrees with five days from 4 to 9 and a Friday
that is longer.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from groundwire_evaluators.grounding.conflict import Conflict
from groundwire_evaluators.text.quantities import Quantity
from groundwire_evaluators.text.tokens import Token

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_STEMS = {day: at for at, day in enumerate(DAYS)} | {day[:3]: at for at, day in enumerate(DAYS)}
_GROUPS = {
    "weekday": range(5), "weekdays": range(5), "weekend": range(5, 7), "weekends": range(5, 7),
    "daily": range(7), "everyday": range(7),
}  # fmt: skip
_DAYS_NAMED = frozenset(("day", "days", *_GROUPS, *_DAY_STEMS))
_IN_SUM = frozenset(
    "most mostly usually typically generally normally vary varying varies different some "
    "certain".split()
)
_LONGEST_GAP = 12  # characters between the two times of a range
_PART = re.compile(r"[^,;\n|]+")
_CLOSED = re.compile(r"\bclosed\b", re.IGNORECASE)
_MOST_WORDS = 400  # of a text that lists its hours

Hours = tuple[float, float]


class Timed(Protocol):
    """A text with its words and quantities: a statement, or a chunk."""

    @property
    def text(self) -> str: ...

    @property
    def tokens(self) -> Sequence[Token]: ...

    @property
    def quantities(self) -> Sequence[Quantity]: ...


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    tokens: Sequence[Token]
    quantities: Sequence[Quantity] = ()


def hours_conflicts(statement: Timed, hours: Mapping[str, Hours]) -> Iterator[Conflict]:
    """Conflicts of kind `hours` between a claim and opening hours by day, in minutes.

    A day with (0, 0) is closed. Days that a claim names apart ("until 10 on Fridays") are no part
    of what it says of all; of hours said in sum ("on most days") one day that agrees is enough.
    """
    ranges = time_ranges(statement)
    groups = day_groups(statement) if hours else []
    if not ranges:
        yield from _closed_days(statement, hours, groups)
    if not hours or not ranges:
        return
    in_sum = any(token.lower in _IN_SUM for token in statement.tokens)
    for at, pair in enumerate(ranges):
        days = _days_of(at, groups, len(ranges))
        agreeing = [day for day in days if _same(hours.get(DAYS[day]), pair)]
        anywhere = any(_same(shown, pair) for shown in hours.values())
        if (agreeing or anywhere) if in_sum or not days else len(agreeing) == len(days):
            continue
        wrong = next((DAYS[d] for d in days if d not in agreeing), min(hours, key=DAYS.index))
        shown = hours.get(wrong)
        listed = f"{wrong}: {_clock(shown)}" if shown else f"{wrong}: no hours"
        opens, closes = pair
        yield Conflict("hours", opens.start, closes.end, f"{opens.text} – {closes.text}", listed)


def _days_of(at: int, groups: Sequence[Sequence[int]], ranges: int) -> Sequence[int]:
    """Days to which a range of times applies; none where that is ambiguous."""
    if len(groups) == ranges:
        return groups[at]
    if ranges > 1 or not groups:
        return ()
    apart = {day for group in groups[1:] for day in group}
    return [day for day in groups[0] if day not in apart]


def _closed_days(
    statement: Timed, hours: Mapping[str, Hours], groups: Sequence[Sequence[int]]
) -> Iterator[Conflict]:
    """ "Open on Sunday" or "seven days a week", though a day is closed or has no hours."""
    opens = next((t for t in statement.tokens if t.key in ("open", "oper")), None)
    if opens is None or any(t.lower in ("closed", "not", "except") for t in statement.tokens):
        return
    for group in groups:
        closed = [DAYS[day] for day in group if hours.get(DAYS[day], (0.0, 0.0)) == (0.0, 0.0)]
        known = [day for day in closed if day in hours]
        if (len(group) > 4 and closed) or known:
            day = (known or closed)[0]
            yield Conflict("hours", opens.start, opens.end, opens.text, f"{day}: no hours")
            return


def read_hours(statement: Timed) -> dict[str, Hours]:
    """The opening hours that a text lists by day ("Mon-Fri 9:00-17:00, closed on Sun"), in minutes.

    Empty where it gives no two days or ranges their hours.
    """
    found: dict[str, Hours] = {}
    if len(statement.tokens) > _MOST_WORDS or not any(map(_names_days, statement.tokens)):
        return found
    listed = 0
    ranges = time_ranges(statement)
    for part in _PART.finditer(statement.text):
        times = [pair for pair in ranges if part.start() <= pair[0].start < part.end()]
        tokens = [t for t in statement.tokens if part.start() <= t.start < part.end()]
        groups = day_groups(_Clause(statement.text, tokens))
        if not groups or len(times) > 1 or not (times or _CLOSED.search(part.group())):
            continue
        listed += 1
        hours = (times[0][0].value, times[0][1].value) if times else (0.0, 0.0)
        found.update({DAYS[day]: hours for group in groups for day in group})
    return found if listed > 1 else {}


def _names_days(token: Token) -> bool:
    word = token.lower
    return word in _DAYS_NAMED or word.removesuffix("s") in _DAY_STEMS


def _same(shown: Hours | None, claimed: tuple[Quantity, Quantity]) -> bool:
    return shown is not None and all(
        any(abs(minutes % 1440 - value % 1440) < 1 for value in quantity.values)
        for minutes, quantity in zip(shown, claimed, strict=True)
    )


def _clock(hours: Hours) -> str:
    return " to ".join(f"{int(minutes) // 60}:{int(minutes) % 60:02}" for minutes in hours)


def time_ranges(statement: Timed) -> list[tuple[Quantity, Quantity]]:
    """The pairs of times close together: "9 am to 5 pm"."""
    times = [q for q in statement.quantities if q.kind == "time"]
    found, at = [], 0
    while at + 1 < len(times):
        if times[at + 1].start - times[at].end <= _LONGEST_GAP:
            found.append((times[at], times[at + 1]))
            at += 1
        at += 1
    return found


def day_groups(statement: Timed) -> list[Sequence[int]]:
    """The days of each mention: "Monday to Friday", "weekends", "Saturday and Sunday", "every
    day".
    """
    words = [token.lower for token in statement.tokens]
    groups: list[Sequence[int]] = []
    last = -9
    for at, word in enumerate(words):
        day = _DAY_STEMS.get(word, _DAY_STEMS.get(word.removesuffix("s")))
        if day is not None:
            joiner = words[at - 1] if at else ""
            previous = list(groups[-1]) if groups and at - last == 2 else []
            direct = bool(groups) and at - last == 1
            if previous and joiner in ("to", "through", "thru", "until", "till"):
                groups[-1] = [*previous[:-1], *_between(previous[-1], day)]
            elif direct and statement.text[statement.tokens[at - 1].end] in "-–—":
                groups[-1] = _between(groups[-1][-1], day)
            elif (previous and joiner in ("and", "or")) or direct:
                groups[-1] = [*groups[-1], day]
            else:
                groups.append([day])
            last = at
        elif word in _GROUPS:
            groups.append(_GROUPS[word])
        elif (word == "days" and at and words[at - 1] in ("seven", "7")) or (
            word == "day" and at and words[at - 1] == "every"
        ):
            groups.append(range(7))
    return groups


def _between(first: int, last: int) -> list[int]:
    return [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]
