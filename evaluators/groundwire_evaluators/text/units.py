"""Units of measure and money, each as a dimension and a factor to its base unit."""

from typing import NamedTuple


class Unit(NamedTuple):
    """A dimension ("mass") and how many of its base units (grams) one of this is."""

    dimension: str
    factor: float


_TABLE = {
    "mass": {  # grams
        "mcg µg ug microgram micrograms": 1e-6,
        "mg milligram milligrams": 1e-3,
        "g gram grams gramm": 1.0,
        "kg kilo kilos kilogram kilograms kilogramm": 1e3,
        "t tonne tonnes": 1e6,
        "oz ounce ounces": 28.349523125,
        "lb lbs pound pounds": 453.59237,
        "st stone stones": 6350.29318,
    },
    "length": {  # metres
        "nm nanometer nanometers nanometre nanometres": 1e-9,
        "mm millimeter millimeters millimetre millimetres": 1e-3,
        "cm centimeter centimeters centimetre centimetres": 1e-2,
        "m meter meters metre metres": 1.0,
        "km kilometer kilometers kilometre kilometres": 1e3,
        "inch inches": 0.0254,
        "ft foot feet": 0.3048,
        "yd yard yards": 0.9144,
        "mi mile miles": 1609.344,
    },
    "volume": {  # litres
        "ml milliliter milliliters millilitre millilitres": 1e-3,
        "cl centiliter centiliters": 1e-2,
        "l liter liters litre litres": 1.0,
        "tsp teaspoon teaspoons": 0.00492892159375,
        "tbsp tablespoon tablespoons": 0.01478676478125,
        "cup cups": 0.2365882365,
        "gal gallon gallons": 3.785411784,
    },
    "duration": {  # seconds
        "ms millisecond milliseconds": 1e-3,
        "s sec secs second seconds": 1.0,
        "min mins minute minutes": 60.0,
        "h hr hrs hour hours": 3600.0,
        "day days": 86400.0,
        "week weeks": 604800.0,
        "fortnight fortnights": 1209600.0,
    },
    # A month is not a number of days; years and months convert among themselves only.
    "calendar": {"month months": 1.0, "year years": 12.0, "decade decades": 120.0},
    "data": {
        "byte bytes": 1.0,
        "kb kilobyte kilobytes": 1e3,
        "mb megabyte megabytes": 1e6,
        "gb gigabyte gigabytes": 1e9,
        "tb terabyte terabytes": 1e12,
    },
    "energy": {"cal calorie calories kcal": 1.0, "kj": 0.239, "kwh": 860420.65},
    "celsius": {"°c celsius": 1.0},
    "fahrenheit": {"°f fahrenheit": 1.0},
    "speed": {"mph": 0.44704, "kph kmh": 1 / 3.6},
    "percent": {"percent percentage pct": 1.0},
    "dollar": {"dollar dollars usd bucks": 1.0, "cent cents": 0.01},
    "euro": {"euro euros eur": 1.0},
    "sterling": {"gbp quid": 1.0},
    "yen": {"yen jpy": 1.0},
    "rupee": {"rupee rupees inr": 1.0},
}
UNITS = {
    spelling: Unit(dimension, factor)
    for dimension, units in _TABLE.items()
    for spellings, factor in units.items()
    for spelling in spellings.split()
}
SYMBOLS = {
    "$": Unit("dollar", 1.0),
    "€": Unit("euro", 1.0),
    "£": Unit("sterling", 1.0),
    "¥": Unit("yen", 1.0),
    "₹": Unit("rupee", 1.0),
    "%": Unit("percent", 1.0),
}
SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "mn": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
}
