"""Whether a text says a value, whatever its form: digits or words, units, dates, case, markup.

A text becomes a row of tokens: `n:22`, `eur`, `time:840` (minutes after midnight), `date:09-04`,
`ord:5`, or a word cut to its singular. English and German.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

_MONTHS = (
    "january february march april may june july august september october november december "
    "januar februar märz april mai juni juli august september oktober november dezember"
).split()
_MONTH = {name: number % 12 + 1 for number, name in enumerate(_MONTHS)}
_NUMBERS = {
    name: number
    for names in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen twenty",
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
        "fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig",
    )
    for number, name in enumerate(names.split())
}
_TENS = {
    name: (place + 2) * 10
    for place, name in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}
_NUMBERS |= _TENS | {"einen": 1, "einem": 1, "einer": 1, "hundred": 100, "hundert": 100}
_ORDINALS = {
    name: number
    for names in (
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
        "ersten zweiten dritten vierten fünften sechsten siebten achten neunten zehnten",
    )
    for number, name in enumerate(names.split(), start=1)
}
_TIMES = {"once": 1, "twice": 2, "thrice": 3, "einmal": 1, "zweimal": 2, "dreimal": 3}
_SINGULAR = {
    "€": "eur",
    "euro": "eur",
    "£": "gbp",
    "pound": "gbp",
    "$": "usd",
    "dollar": "usd",
    "p": "pence",
    "%": "percent",
    "prozent": "percent",
    "min": "minute",
    "minuten": "minute",
    "h": "hour",
    "stunden": "hour",
    "stunde": "hour",
    "tage": "day",
    "tagen": "day",
    "tag": "day",
    "wochen": "week",
    "woche": "week",
    "monaten": "month",
    "monate": "month",
    "monat": "month",
    "jahre": "year",
    "jahren": "year",
    "jahr": "year",
    "c": "degree",
    "celsius": "degree",
    "metre": "m",
    "meter": "m",
    "kilometre": "km",
    "kilometer": "km",
    "kilogram": "kg",
    "kilo": "kg",
    "litre": "l",
    "liter": "l",
    "people": "person",
}
UNITS = frozenset(
    "eur gbp usd pence cent percent second minute hour day week month year degree m km kg l time "
    "kilometer gb mb tb mbit page employee person working business werktag bar decibel dezibel "
    "quarter".split()
)
_LITTLE = frozenset(
    "the a an of at on in by until till from about approximately up to o'clock clock every each "
    "per within der die das den dem des ein eine um am im bis ab ist von zu alle mit".split()
)
_MARKUP = re.compile(
    r"[*_`#>|]+|^\s*(?:\d{1,2}[.)]|[-•])\s+(?!MONTHS)(?=\S)|\[\d+\]".replace(
        "MONTHS", "|".join(dict.fromkeys(_MONTHS))
    ),
    re.M,
)
_TOKEN = re.compile(
    r"""
    (?P<iso>\d{4}-(?P<iso_month>\d\d)-(?P<iso_day>\d\d))
  | (?P<clock>(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?\s*(?P<half>am|pm|a\.m\.|p\.m\.|uhr)(?!\w)
      |(?P<hour24>\d{1,2}):(?P<minute24>\d\d))
  | (?P<day>\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<month>MONTHS)(?!\w)
  | (?P<us_month>MONTHS)\s+(?P<us_day>\d{1,2})(?:st|nd|rd|th)?(?![\d:])
  | (?P<ordinal>\d+)(?:st|nd|rd|th)(?!\w)
  | (?P<money>[€£$])\s?(?P<amount>\d[\d.,]*\d|\d)
  | (?P<number>\d[\d.,]*\d|\d)
  | (?P<word>[^\W\d_]+(?:'[^\W\d_]+)?|[€£$%])
""".replace("MONTHS", "|".join(dict.fromkeys(_MONTHS))),
    re.X,
)


@cache
def tokens(text: str) -> tuple[str, ...]:
    """The text as comparable tokens; articles, prepositions and markup are left out."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").lower()
    plain = plain.replace("half an hour", "30 minutes").replace("midday", "noon")
    plain = plain.replace("per cent", "percent").replace("°", " ")
    plain = plain.replace("every other ", "second ").replace("every second ", "second ")
    return tuple(_joined(_scan(_MARKUP.sub(" ", plain))))


def _scan(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        found = match.groupdict()
        if found["iso"]:
            yield f"date:{found['iso_month']}-{found['iso_day']}"
        elif found["clock"]:
            yield f"time:{_minutes(found)}"
        elif found["month"] or found["us_month"]:
            month, day = found["month"] or found["us_month"], found["day"] or found["us_day"]
            yield f"date:{_MONTH[month]:02}-{int(day):02}"
        elif found["ordinal"]:
            yield f"ord:{int(found['ordinal'])}"
        elif found["money"]:
            yield from (f"n:{_amount(found['amount'])}", _SINGULAR[found["money"]])
        elif found["number"]:
            yield f"n:{_amount(found['number'])}"
        else:
            yield from _word(found["word"])


def _minutes(found: dict[str, str | None]) -> int:
    if found["hour24"]:
        return int(found["hour24"]) * 60 + int(found["minute24"] or 0)
    hour = int(found["hour"] or 0)
    half = (found["half"] or "").replace(".", "")
    if half in ("am", "pm"):
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour * 60 + int(found["minute"] or 0)


def _amount(digits: str) -> str:
    """One form of a number: `1,000` and `1.000` are a thousand, `7,20` and `7.2` are the same."""
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", digits):
        return re.sub(r"[.,]", "", digits)
    number = digits.replace(",", ".")
    if number.count(".") != 1:
        return number.replace(".", "")
    return f"{float(number):g}"


def _word(word: str) -> Iterator[str]:
    if word in _TIMES:
        yield from (f"n:{_TIMES[word]}", "time")
    elif word in _NUMBERS:
        yield f"n:{_NUMBERS[word]}"
    elif word in _ORDINALS:
        yield f"ord:{_ORDINALS[word]}"
    elif word == "noon":
        yield "time:720"
    elif word == "midnight":
        yield "time:0"
    elif word not in _LITTLE:
        single = word.removesuffix("'s").removesuffix("s") if len(word) > 3 else word
        yield _SINGULAR.get(word, _SINGULAR.get(single, single))


def _joined(found: Iterator[str]) -> Iterator[str]:
    """`twenty five` as one number, `60 hundred` aside."""
    pending = None
    for token in found:
        if pending is not None:
            tens = int(pending[2:])
            small = token[2:] if token.startswith("n:") else token[4:]
            if token.startswith(("n:", "ord:")) and small.isdigit() and 0 < int(small) < 10:
                yield f"{token.partition(':')[0]}:{tens + int(small)}"
                pending = None
                continue
            yield pending
            pending = None
        if token in {f"n:{ten}" for ten in _TENS.values()}:
            pending = token
            continue
        yield token
    if pending is not None:
        yield pending


def mentions(value: str, text: str, unit: str | None = None) -> list[tuple[int, int]]:
    """Where the text's tokens say the value: half-open ranges of token numbers.

    `unit` is the token that follows the value on its page ("six" *hours*). A number without a unit
    says the value; the same number with another unit does not.
    """
    wanted, found = tokens(value), tokens(text)
    mine = wanted[1] if len(wanted) > 1 and wanted[1] in UNITS else unit
    places: list[tuple[int, int]] = []
    for form in _forms(value, wanted):
        single = len(form) == 1 and ":" in form[0]
        for start in range(len(found) - len(form) + 1):
            end = start + len(form)
            if found[start:end] != form:
                continue
            other = found[end] if end < len(found) and found[end] in UNITS else None
            if not (single and other and mine in UNITS and other != mine):
                places.append((start, end))
    return places


def _forms(value: str, wanted: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The value's tokens, and shorter forms that say the same as an answer to its question."""
    if not wanted:
        return
    yield wanted
    kind, _, digits = wanted[0].partition(":")
    if kind == "n" and len(wanted) > 1 and all(word in UNITS for word in wanted[1:]):
        yield wanted[:1]
    elif len(wanted) == 1 and kind in ("n", "ord"):
        yield (f"{'ord' if kind == 'n' else 'n'}:{digits}",)
    elif len(wanted) == 1 and kind == "time" and int(digits) % 60 == 0:
        yield (f"n:{int(digits) // 60 % 12 or 12}",)
    elif re.fullmatch(r"[A-ZÄÖÜ][\w-]+ [A-ZÄÖÜ][\w-]+", value):
        yield wanted[1:]  # a surname
