"""Agreement of a claim with record fields: booleans, hours, computed numbers."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from groundwire_evaluators.grounding.conflict import Conflict, Kind
from groundwire_evaluators.grounding.denials import is_denied
from groundwire_evaluators.grounding.evidence import Statement
from groundwire_evaluators.grounding.hours import DAYS, hours_conflicts
from groundwire_evaluators.grounding.records import Fact, Record
from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.quantities import Quantity
from groundwire_evaluators.text.tokens import Token

_LEFT_OPEN = frozenset(
    "specified mentioned stated provided unclear unknown unspecified undisclosed details "
    "information listed indicated disclosed null".split()
)


def disagreements(statement: Statement, record: Record) -> list[Conflict]:
    """Where a claim and a record disagree.

    Kinds: `denied` (the record says no, the claim affirms), `loosely_denied` (the same, the
    field's group not
    named), `granted` (the record says yes, the claim denies), `untold` (the record holds null),
    `hours` (other opening hours for a day than the claim's).
    """
    return [*_answers(statement, record), *hours_conflicts(statement, record.hours)]


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
    whole_week = open_days == len(DAYS) and (daily or words[0] in ("seven", "7"))
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
