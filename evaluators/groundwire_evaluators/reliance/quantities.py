"""Numbers with their units, comparable across spellings and units of one dimension."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, isclose, log10

# Unit words → (dimension, factor to its base unit). Sources: SI brochure 9th edition; NIST SP 811.
_DIMENSIONS: dict[str, dict[str, float]] = {
    "time": {
        "ns nanosecond nanoseconds": 1e-9,
        "us µs microsecond microseconds": 1e-6,
        "ms millisecond milliseconds": 1e-3,
        "s sec secs second seconds": 1,
        "min mins minute minutes": 60,
        "h hr hrs hour hours": 3600,
        "day days": 86400,
        "week weeks": 7 * 86400,
        "fortnight fortnights": 14 * 86400,
    },
    # Months and years have no fixed number of days.
    "months": {"month months": 1, "quarter quarters": 3, "year years yr yrs": 12, "decades": 120},
    "business days": {"business_day business_days working_day working_days": 1},
    "length": {
        "nm nanometre nanometer nanometres nanometers": 1e-9,
        "µm micron microns": 1e-6,
        "mm millimetre millimetres millimeter millimeters": 1e-3,
        "cm centimetre centimetres centimeter centimeters": 1e-2,
        "m metre metres meter meters": 1,
        "km kilometre kilometres kilometer kilometers": 1e3,
        "inch inches": 0.0254,
        "ft foot feet": 0.3048,
        "yd yard yards": 0.9144,
        "mi mile miles": 1609.344,
    },
    "mass": {
        "µg mcg microgram micrograms": 1e-6,
        "mg milligram milligrams": 1e-3,
        "g gram grams": 1,
        "kg kilo kilos kilogram kilograms": 1e3,
        "t ton tons tonne tonnes": 1e6,
        "oz ounce ounces": 28.349523125,
        "lb lbs pound pounds": 453.59237,
    },
    "volume": {
        "ml mL millilitre millilitres milliliter milliliters": 1e-3,
        "cl centilitre centilitres": 1e-2,
        "l L litre litres liter liters": 1,
        "gal gallon gallons": 3.785411784,
    },
    "area": {
        "m² m2 sqm square_metres square_meters": 1,
        "km² km2 square_kilometres square_kilometers": 1e6,
        "square_feet sqft": 0.09290304,
        "square_miles": 2.589988110336e6,
        "ha hectare hectares": 1e4,
        "acre acres": 4046.8564224,
    },
    "data": {
        "byte bytes": 1,
        "kB KB kilobyte kilobytes": 1e3,
        "MB megabyte megabytes": 1e6,
        "GB gigabyte gigabytes": 1e9,
        "TB terabyte terabytes": 1e12,
        "PB petabyte petabytes": 1e15,
        "KiB": 1024,
        "MiB": 1024**2,
        "GiB": 1024**3,
    },
    "power": {
        "W watt watts": 1,
        "kW kilowatt kilowatts": 1e3,
        "MW megawatt megawatts": 1e6,
        "GW gigawatt gigawatts": 1e9,
        "hp horsepower": 745.7,
    },
    "energy": {"J joule joules": 1, "kJ": 1e3, "kWh": 3.6e6, "MWh": 3.6e9, "kcal": 4184},
    "frequency": {"Hz hertz": 1, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9},
    "voltage": {"mV": 1e-3, "V volt volts": 1, "kV": 1e3},
    "speed": {"km/h kph kmph": 1 / 3.6, "m/s": 1, "mph": 0.44704, "knot knots": 0.514444},
    "celsius": {"°C ℃ degrees_Celsius degree_Celsius degrees_C": 1},
    "percent": {"% percent per_cent pct percentage_point percentage_points": 1},
}
_UNITS = {
    spelling.replace("_", " "): (dimension, factor)
    for dimension, units in _DIMENSIONS.items()
    for spellings, factor in units.items()
    for spelling in spellings.split()
}

_CURRENCIES = {
    "$": "usd", "us$": "usd", "usd": "usd", "dollar": "usd", "dollars": "usd", "bucks": "usd",
    "€": "eur", "eur": "eur", "euro": "eur", "euros": "eur",
    "£": "gbp", "gbp": "gbp", "pounds sterling": "gbp",
    "¥": "jpy", "jpy": "jpy", "yen": "jpy", "₹": "inr", "inr": "inr", "rupees": "inr",
    "chf": "chf", "francs": "chf", "cad": "cad", "aud": "aud", "cny": "cny", "yuan": "cny",
}  # fmt: skip
_CENTS = {"cent": "usd", "cents": "usd"}
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "mn": 1e6, "mio": 1e6,
    "billion": 1e9, "bn": 1e9, "b": 1e9, "trillion": 1e12,
    "dozen": 12.0,
}  # fmt: skip
_ONES = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: float(i) for i, word in enumerate(_ONES.split())} | {
    word: 10.0 * i for i, word in enumerate(_TENS.split(), start=2)
}
_SPOKEN = "|".join(sorted(_WORDS, key=len, reverse=True))
_DIGITS = r"\d{1,3}(?:[,\u202f\u00a0]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_NUMBER = re.compile(
    rf"(?<![\w.])(?P<currency>US\$|[$€£¥₹]|USD\s|EUR\s|GBP\s|CHF\s)?\s?"
    rf"(?:(?P<digits>{_DIGITS})|\b(?P<words>(?:{_SPOKEN})(?:[\s-](?:hundred|thousand|and|{_SPOKEN}))*)\b)"
    rf"(?:\s?(?P<ordinal>st|nd|rd|th)\b)?"
    rf"(?P<scale>\s?(?:k|bn|mn|M|B)(?![\w°])|\s(?:hundred|thousand|million|billion|trillion|dozen)\b)?",
)
_UNIT_WORD = re.compile(
    r"[\s-]?(?P<unit>"
    + "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
    + r")(?![\w])"
)
_LOWER_UNIT_WORD = re.compile(_UNIT_WORD.pattern, re.IGNORECASE)
_KMH = re.compile(r"\s?(?:kilometers per hour|kilometres per hour)\b", re.IGNORECASE)
_FAHRENHEIT = re.compile(r"\s?(?:°\s?F|℉|degrees? Fahrenheit)\b", re.IGNORECASE)
_CURRENCY_WORD = re.compile(
    r"\s?(?:(?P<currency>US dollars|USD|EUR|GBP|JPY|INR|CHF|CAD|AUD|CNY|dollars?|euros?|yen|rupees"
    r"|pounds sterling|€|£|francs|yuan)|(?P<cents>cents?))(?!\w)",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"[\s-](?P<noun>[a-z]{3,})(?![\w@])")
_AFTER_NUMBERS = """
    and or but the for from with was were are has have had that which who when while because
    than percent per more less fewer times other others such is will can may out not into
    onto over under about after before between during until through this these those each
    then also only different new additional major main key further separate distinct total
    full consecutive
"""
_NOT_COUNTED = frozenset(_AFTER_NUMBERS.split())


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in the base unit of its dimension.

    `dimension` is "" for a bare number, a noun ("seat") for a count of things; `step` is the unit
    of the last digit that was written, so that a rounded number can be told from a wrong one.
    """

    number: float
    dimension: str
    step: float

    def rounds_to(self, said: "Quantity") -> bool:
        """Whether `said` is this number, or this number rounded to at least two digits."""
        if not _comparable(self.dimension, said.dimension):
            return False
        if isclose(self.number, said.number, rel_tol=1e-3, abs_tol=1e-9):
            return True
        if said.step <= self.step or abs(said.number) < 10 * said.step:
            return False
        return abs(self.number - said.number) <= said.step / 2 * (1 + 1e-9)


def _comparable(mine: str, other: str) -> bool:
    return mine == other or "" in (mine, other)


def find_quantities(text: str) -> Iterator[tuple[Quantity, int, int]]:
    """Numbers of `text` with the unit, currency or counted noun that follows or precedes."""
    for match in _NUMBER.finditer(text):
        number, step = _read(match)
        end = match.end()
        if match["ordinal"]:
            yield Quantity(number, "ordinal", 1.0), match.start(), end
            continue
        dimension, factor, offset, end = _unit(text, end, match["currency"])
        if match["words"] and number < 2 and dimension == "":
            continue  # "one" is a pronoun far more often than a number
        start = match.start() + len(match[0]) - len(match[0].lstrip())
        yield Quantity(number * factor + offset, dimension, step * factor), start, end


def _read(match: re.Match[str]) -> tuple[float, float]:
    """The number and the unit of its last written digit."""
    scale = _SCALES[match["scale"].strip().lower()] if match["scale"] else 1.0
    if match["words"]:
        return _spoken(match["words"]) * scale, scale
    digits = re.sub(r"[,\u202f\u00a0]", "", match["digits"])
    decimals = len(digits.partition(".")[2])
    number = float(digits)
    step = 10.0**-decimals
    if decimals == 0 and number >= 100:
        zeros = len(digits) - len(digits.rstrip("0"))
        step = 10.0 ** min(zeros, floor(log10(number)))
    return number * scale, step * scale


def _spoken(words: str) -> float:
    total = current = 0.0
    for word in re.split(r"[\s-]+", words.lower()):
        if word == "hundred":
            current = max(current, 1) * 100
        elif word == "thousand":
            total, current = total + max(current, 1) * 1000, 0.0
        elif word != "and":
            current += _WORDS[word]
    return total + current


def _unit(text: str, end: int, currency: str | None) -> tuple[str, float, float, int]:
    """Dimension, factor, offset and where the unit ends, for a number that ends at `end`."""
    if currency:
        return f"money {_CURRENCIES[currency.strip().lower()]}", 1.0, 0.0, end
    if found := _CURRENCY_WORD.match(text, end):
        if found["cents"]:
            return "money usd", 0.01, 0.0, found.end()
        word = found["currency"].lower().removeprefix("us ")
        return f"money {_CURRENCIES[word]}", 1.0, 0.0, found.end()
    if found := _KMH.match(text, end):
        return "speed", 1 / 3.6, 0.0, found.end()
    if found := _FAHRENHEIT.match(text, end):
        return "celsius", 5 / 9, -160 / 9, found.end()
    if found := _UNIT_WORD.match(text, end):
        dimension, factor = _UNITS[found["unit"]]
        return dimension, factor, 0.0, found.end()
    if (found := _LOWER_UNIT_WORD.match(text, end)) and len(found["unit"]) > 2:
        key = next(unit for unit in _UNITS if unit.lower() == found["unit"].lower())
        dimension, factor = _UNITS[key]
        return dimension, factor, 0.0, found.end()
    if (found := _COUNTED.match(text, end)) and found["noun"] not in _NOT_COUNTED:
        return found["noun"].removesuffix("s"), 1.0, 0.0, found.end()
    return "", 1.0, 0.0, end
