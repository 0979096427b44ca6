"""Whether a claim agrees with the fields of a record: yes and no, null, opening hours,
computed numbers.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from groundwire_evaluators.grounding.conflict import Conflict, Kind
from groundwire_evaluators.grounding.evidence import Statement
from groundwire_evaluators.grounding.records import Fact, Record
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.quantities import Quantity
from groundwire_evaluators.text.tokens import Token

_DENYING = frozenset(
    "no not none neither nor without lack lacks lacking unavailable isn't aren't doesn't don't "
    "cannot can't didn't never n't except".split()
)
# From here on, what was denied before no longer is.
_TURNING = frozenset(
    "but however although though while yet offers provides accepts has features includes is are "
    "takes serves boasts allows".split()
)
_BEING = frozenset("is are was were be".split())
_LEFT_OPEN = frozenset(
    "specified mentioned stated provided unclear unknown unspecified undisclosed details "
    "information listed indicated disclosed null".split()
)
_REACH = 14  # tokens a denial reaches
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_STEMS = {day: at for at, day in enumerate(_DAYS)} | {
    day[:3]: at for at, day in enumerate(_DAYS)
}
_GROUPS = {
    "weekday": range(5), "weekdays": range(5), "weekend": range(5, 7), "weekends": range(5, 7),
    "daily": range(7), "everyday": range(7),
}  # fmt: skip


def disagreements(statement: Statement, record: Record) -> list[Conflict]:
    """Where a claim and a record disagree.

    Kinds: `denied` (the record says no, the claim affirms), `loosely_denied` (the same, the
    field's group not
    named), `granted` (the record says yes, the claim denies), `untold` (the record holds null),
    `hours` (other opening hours for a day than the claim's).
    """
    return [*_answers(statement, record), *_hours(statement, record)]


def _answers(statement: Statement, record: Record) -> Iterator[Conflict]:
    tokens = statement.tokens
    own = {token.key for token in tokens}
    joined = {one.key + other.key: at for at, (one, other) in enumerate(pairwise(tokens))}
    single = {token.key: at for at, token in enumerate(tokens)}
    for fact in record.answers:
        at = _mention(fact, single, joined)
        if at is None:
            continue
        token = tokens[at]
        kind: Kind
        named = not fact.about or not fact.about.isdisjoint(own)
        denied = is_denied(tokens, at)
        if fact.value is None:
            if denied or _is_left_open(tokens):
                continue
            kind = "untold"
        elif fact.truth is False and not denied:
            if not named and len(fact.words) == 1 and _everyday(fact.words[0]):
                continue
            kind = "denied" if named or len(fact.words) > 1 else "loosely_denied"
        elif fact.truth is True and denied and (named or len(fact.words) > 1):
            kind = "granted"
        else:
            continue
        shown = "null" if fact.value is None else "yes" if fact.truth else "no"
        yield Conflict(kind, token.start, token.end, token.text, f"{fact.label}: {shown}")


def _is_left_open(tokens: Sequence[Token]) -> bool:
    """Whether a claim says that something is not known: "WiFi was not specified"."""
    return any(token.lower in _LEFT_OPEN for token in tokens)


def _everyday(key: str) -> bool:
    """Whether a word turns up in any text: "street", "lot", "music"."""
    return lexicon().commonness.get(key, 0) >= 5


def _mention(fact: Fact, single: dict[str, int], joined: dict[str, int]) -> int | None:
    """The index of the token at which a claim mentions a field."""
    whole = "".join(fact.words)
    if whole in single:
        return single[whole]
    if whole in joined:
        return joined[whole]
    places = [single.get(word) for word in fact.words]
    found = [place for place in places if place is not None]
    if len(found) < len(places) or max(found) - min(found) > 4:
        return None
    return max(found)


def is_denied(tokens: Sequence[Token], at: int) -> bool:
    """Whether the words before or after a token deny it ("no wifi", "wifi is not available")."""
    for before in range(at - 1, max(at - _REACH, 0) - 1, -1):
        word = tokens[before].lower.replace("’", "'")
        if word in _DENYING:
            return True
        if word in _TURNING:
            break
    return _denied_after(tokens, at)


def _denied_after(tokens: Sequence[Token], at: int) -> bool:
    """ "Garage parking and valet are not available": the denial follows a form of to be."""
    previous = ""
    for after in range(at + 1, min(at + _REACH, len(tokens))):
        word = tokens[after].lower.replace("’", "'")
        if word in ("isn't", "aren't", "unavailable") or (word == "not" and previous in _BEING):
            return True
        if word in _TURNING and word not in _BEING:
            return False
        previous = word
    return False


def _hours(statement: Statement, record: Record) -> Iterator[Conflict]:
    hours = record.hours
    ranges = _time_ranges(statement)
    groups = _day_groups(statement) if hours else []
    if not ranges:
        yield from _closed_days(statement, hours, groups)
    if not hours or not ranges:
        return
    for at, (opens, closes) in enumerate(ranges):
        said = (opens.value, closes.value)
        days: Sequence[int] = ()
        if len(groups) == len(ranges):
            days = groups[at]
        elif len(ranges) == 1:
            days = groups[0] if groups else ()
        wrong = [_DAYS[day] for day in days if not _same(hours.get(_DAYS[day]), said)]
        if not days and not any(_same(shown, said) for shown in hours.values()):
            wrong = sorted(hours, key=_DAYS.index)[:1]
        if wrong:
            shown = hours.get(wrong[0])
            told = f"{wrong[0]}: {_clock(shown)}" if shown else f"{wrong[0]}: no hours"
            yield Conflict("hours", opens.start, closes.end, f"{opens.text} – {closes.text}", told)


def _closed_days(
    statement: Statement, hours: dict[str, tuple[float, float]], groups: Sequence[Sequence[int]]
) -> Iterator[Conflict]:
    """ "Open seven days a week", though a day has no hours."""
    opens = next((t for t in statement.tokens if t.key in ("open", "oper")), None)
    for group in groups:
        closed = [_DAYS[day] for day in group if hours.get(_DAYS[day], (0.0, 0.0)) == (0.0, 0.0)]
        if opens is not None and len(group) > 4 and closed:
            yield Conflict("hours", opens.start, opens.end, opens.text, f"{closed[0]}: no hours")
            return


def _same(shown: tuple[float, float] | None, said: tuple[float, float]) -> bool:
    if shown is None:
        return False
    return all(abs(a % 1440 - b % 1440) < 1 for a, b in zip(shown, said, strict=True))


def _clock(hours: tuple[float, float]) -> str:
    return " to ".join(f"{int(minutes) // 60}:{int(minutes) % 60:02}" for minutes in hours)


def _time_ranges(statement: Statement) -> list[tuple[Quantity, Quantity]]:
    times = [q for q in statement.quantities if q.kind == "time"]
    found, at = [], 0
    while at + 1 < len(times):
        if times[at + 1].start - times[at].end <= 12:
            found.append((times[at], times[at + 1]))
            at += 1
        at += 1
    return found


def _day_groups(statement: Statement) -> list[Sequence[int]]:
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


def computed(quantity: Quantity, record: Record) -> str | None:
    """The rule by which the rows of a record yield a number: count, sum, average, and so on;
    or None.
    """
    if quantity.kind not in ("number", "amount", "money", "percent") or not record.rows:
        return None
    if quantity.value == len(record.rows):
        return "count of rows"
    for name, values in _columns(record).items():
        rule = _rule(quantity, values)
        if rule:
            return f"{rule} of {name}"
    return None


def opening_days(quantity: Quantity, record: Record) -> str | None:
    """The rule by which opening hours yield "every day" or "seven days a week"; or None."""
    open_days = sum(hours != (0.0, 0.0) for hours in record.hours.values())
    words = quantity.text.lower().split()
    daily = "every" in words or "daily" in words or "week" in words
    whole_week = open_days == len(_DAYS) and (daily or words[0] in ("seven", "7"))
    counted = words[-1:] == ["days"] and words[0] in (str(open_days), _COUNTS.get(open_days))
    return "days with opening hours" if whole_week or counted else None


_COUNTS = {5: "five", 6: "six", 7: "seven"}


def _columns(record: Record) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for row in record.rows:
        for fact in row:
            if isinstance(fact.value, int | float) and not isinstance(fact.value, bool):
                found.setdefault(fact.label, []).append(float(fact.value))
    return found


def _rule(quantity: Quantity, values: list[float]) -> str | None:
    rules = {
        "sum": sum(values),
        "average": sum(values) / len(values),
        "minimum": min(values),
        "maximum": max(values),
        "difference of maximum and minimum": max(values) - min(values),
    }
    tolerance = max(quantity.step / 2, 1e-9 * abs(quantity.value))
    return next((n for n, value in rules.items() if abs(value - quantity.value) <= tolerance), None)
