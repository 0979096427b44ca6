"""Numbers in digits with separators: "1,234.5", "1.234,5", "1 234", "12.50"."""

import re

LONGEST = 40  # digits; anything longer is a code
_POINT = frozenset(("en", ""))  # languages that write a decimal point; the others a comma
_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*\Z|\d{1,2}(?:,\d{2})+,\d{3}\Z")


def parse(word: str) -> tuple[float, float] | None:
    """Parse an English number in digits: its value and the value of its last digit.

    "1,234.5" → (1234.5, 0.1). None if it is not a single number ("1.2.3", "1,2,3", 50 digits).
    """
    found = parse_in(word, "en")
    return None if found is None else found[:2]


def parse_in(word: str, language: str) -> tuple[float, float, float | None] | None:
    """Parse a number in digits by the separators of a language.

    Returns the value, the value of the last digit, and a second value where the separator is
    ambiguous: "1.500" is 1.5 in English and 1500 in German, and the other reading is the second
    value.
    """
    if len(word) > LONGEST:
        return None
    if word.isdecimal():
        digits = word.rstrip("0")
        return float(word), 10.0 ** (len(word) - len(digits)) if digits else 1.0, None
    dots, commas = word.count("."), word.count(",")
    if dots and commas:
        return _mixed(word)
    mark, count = (".", dots) if dots else (",", commas)
    grouped = _GROUPED.match(word) is not None and not word.startswith("0")
    if count > 1:
        return (*_whole(word, mark), None) if grouped else None
    decimal = _decimal(word, mark)
    if not grouped:
        return (*decimal, None)
    whole = _whole(word, mark)
    if (mark == ".") is (language in _POINT):
        return (*decimal, whole[0])
    return (*whole, None if language in _POINT else decimal[0])


def _mixed(word: str) -> tuple[float, float, float | None] | None:
    """Number with both separators: the last one is the decimal separator and occurs once."""
    decimal = max(".,", key=word.rfind)
    thousands = "." if decimal == "," else ","
    whole, _, rest = word.rpartition(decimal)
    if decimal in whole or _GROUPED.match(whole) is None:
        return None
    value, step = _decimal(whole.replace(thousands, "") + "." + rest, ".")
    return value, step, None


def _whole(word: str, mark: str) -> tuple[float, float]:
    plain = word.replace(mark, "")
    digits = plain.rstrip("0")
    return float(plain), 10.0 ** (len(plain) - len(digits)) if digits else 1.0


def _decimal(word: str, mark: str) -> tuple[float, float]:
    decimals = len(word) - word.rindex(mark) - 1
    return float(word.replace(mark, ".")), 10.0**-decimals
