"""Substitution of a value by another of its type and format."""

import hashlib
import re
from collections.abc import Sequence

from groundwire_evaluators.reliance.values import Kind, Value, find_values
from groundwire_evaluators.text.quantities import Quantity, parse
from groundwire_evaluators.text.tokens import fold, tokenize

# Graded, since adoption of an edit falls with its size (Wu et al. 2024, ClashEval).
FACTORS = (0.8, 1.2, 1.5, 2.0, 5.0)
_YEARS = (2, 3, 5, 7, 11)
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")
_SPELLED = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty
"""
_WORDS = _SPELLED.split()
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = re.compile("|".join(_WEEKDAYS), re.IGNORECASE)
_NEGATION = re.compile(r"\b(is|are|was|were|can|may|must|does|do|will)\s+not\s+|\bcannot\s+", re.I)
_VERB = re.compile(r"\b(is|are|was|were|can|may|must|will)\s+")


def substitute(value: Value, seed: str, pool: Sequence[Value] = ()) -> str | None:
    """Text of another value of the same type; None if none can be made.

    Numbers are multiplied by one of `FACTORS` and keep their digits and unit, dates move by years
    or, without a year, by days, weekdays and hours of the clock within their week and half of the
    day; versions and names are taken from `pool` (values of the same corpus). The same seed gives
    the same text.
    """
    if value.kind in (Kind.NAME, Kind.CODE, Kind.VERSION):
        return _from_pool(value, seed, pool) or (
            _bumped(value.text, seed) if value.kind is Kind.VERSION else None
        )
    if value.kind is Kind.DATE:
        return _other_year(value, seed) or _other_day(value, seed)
    if value.kind is Kind.WEEKDAY:
        return _other_weekday(value.text, seed)
    if value.kind is Kind.TIME:
        return _other_hour(value.text, seed)
    if isinstance(value.meaning, Quantity):
        return _other_number(value.text, seed)
    return None


def flip(sentence: str) -> str | None:
    """The sentence with the opposite polarity, None where no plain verb carries it."""
    if found := _NEGATION.search(sentence):
        verb = "can " if found[1] is None else f"{found[1]} "
        if found[1] and found[1].lower() in ("do", "does"):
            return None  # the main verb would need another form
        return sentence[: found.start()] + verb + sentence[found.end() :]
    if found := _VERB.search(sentence):
        return f"{sentence[: found.end()]}not {sentence[found.end() :]}"
    return None


def exchange(text: str, value: Value, instead: str) -> str:
    """`text` with every mention of the value, in any spelling, exchanged; names part by part."""
    pieces, at = [], 0
    for found in find_values(text):
        if found.matches(value) or value.matches(found):
            pieces += [text[at : found.start], _like(found, value, instead)]
            at = found.end
    return "".join([*pieces, text[at:]])


def _like(found: Value, value: Value, instead: str) -> str:
    """The substitute as the mention was written: a surname for a surname."""
    if value.kind is not Kind.NAME or len(found.text.split()) >= len(value.text.split()):
        return instead
    return instead.split()[-1]


def _pick(seed: str, count: int) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big") % count


def _from_pool(value: Value, seed: str, pool: Sequence[Value]) -> str | None:
    mine = {fold(token.text) for token in tokenize(value.text)}
    fitting = sorted(
        {
            other.text
            for other in pool
            if other.kind is value.kind
            and len(other.text.split()) == len(value.text.split())
            and not mine & {fold(token.text) for token in tokenize(other.text)}
        }
    )
    return fitting[_pick(seed, len(fitting))] if fitting else None


def _bumped(version: str, seed: str) -> str | None:
    numbers = re.findall(r"\d+", version)
    if len(numbers) < 2:
        return None
    minor = int(numbers[1]) + 1 + _pick(seed, 4)
    parts = version.split(".")
    parts[1] = re.sub(r"\d+", str(minor), parts[1], count=1)
    return ".".join(parts)


def _other_year(value: Value, seed: str) -> str | None:
    found = re.search(r"\b(1\d{3}|20\d{2})\b", value.text)
    if found is None:
        return None
    years = _YEARS[_pick(seed, len(_YEARS))]
    later = int(found[1]) + (years if _pick(f"{seed} later", 2) else -years)
    moved = value.text[: found.start()] + str(later) + value.text[found.end() :]
    # 29 February exists only in leap years.
    return None if re.search(r"\b29\b", value.text) and "eb" in value.text else moved


def _other_day(value: Value, seed: str) -> str | None:
    """Another day of the same month; None for ordinals ("7th"), whose suffix would change."""
    found = re.search(r"(?<![\d.:])([1-9]|[12]\d|3[01])(?![\d.:a-z])", value.text)
    if found is None:
        return None
    days = [day for day in range(2, 29) if abs(day - int(found[1])) > 2]
    return f"{value.text[: found.start()]}{days[_pick(seed, len(days))]}{value.text[found.end() :]}"


def _other_weekday(text: str, seed: str) -> str | None:
    """Another weekday, with the plural and the case of the first."""
    found = _WEEKDAY.search(text)
    if found is None:
        return None
    others = [day for day in _WEEKDAYS if day != found[0].lower()]
    day = others[_pick(seed, len(others))]
    day = day.capitalize() if found[0][0].isupper() else day
    return text[: found.start()] + day + text[found.end() :]


def _other_hour(text: str, seed: str) -> str | None:
    """A time some hours away, within the same half of the day."""
    found = re.search(r"\d{1,2}", text)
    if found is None:
        return None
    hour = int(found[0])
    hours = [other for other in range(1, 12) if other != hour % 12]
    other = hours[_pick(seed, len(hours))] + (12 if hour > 12 else 0)
    padded = ":" in text and len(found[0]) == 2  # "09:30", not "9:30 am"
    written = f"{other:02d}" if padded else str(other)
    return text[: found.start()] + written + text[found.end() :]


def _other_number(text: str, seed: str) -> str | None:
    found = _DIGITS.search(text)
    order = [FACTORS[(_pick(seed, len(FACTORS)) + i) % len(FACTORS)] for i in range(len(FACTORS))]
    if found is None:
        return _other_word(text, order)
    parsed = parse(found[0])
    if parsed is None:
        return None
    decimals = len(found[0].partition(".")[2])
    for factor in order:
        number = parsed[0] * factor
        if decimals == 0 and number >= 100:
            step = max(parsed[1], 1.0)
            number = round(number / step) * step
        written = f"{number:,.{decimals}f}" if "," in found[0] else f"{number:.{decimals}f}"
        if written != found[0] and float(written.replace(",", "")) > 0:
            return text[: found.start()] + written + text[found.end() :]
    return None


def _other_word(text: str, factors: Sequence[float]) -> str | None:
    words = text.split()
    if not words or words[0].lower() not in _WORDS:
        return None
    number = _WORDS.index(words[0].lower())
    for factor in factors:
        other = round(number * factor)
        if other != number and 1 < other < len(_WORDS):
            return " ".join([_WORDS[other], *words[1:]])
    return None
