"""Units of measure and money, with conversion factors.

The spellings are those of English, German, French, Spanish, Italian, Portuguese and Dutch.
"""

from typing import NamedTuple


class Unit(NamedTuple):
    """Unit: its dimension ("mass") and factor to the base unit.

    `system` names the units that people convert with rounding ("imperial", "fahrenheit").
    """

    dimension: str
    factor: float
    system: str = ""


_TABLE = {
    "mass": {  # grams
        "mcg µg μg ug microgram micrograms mikrogramm": 1e-6,
        "mg milligram milligrams milligramm milligramme milligrammes miligramo miligramos "
        "milligrammo milligrammi miligrama miligramas": 1e-3,
        "g gram grams gramm gramme grammes gramo gramos grammo grammi grama gramas": 1.0,
        "kg kilo kilos kilogram kilograms kilogramm kilogramme kilogrammes kilogramo kilogramos "
        "quilo quilos quilograma quilogramas chilo chili chilogrammo chilogrammi kilogrammen": 1e3,
        "t tonne tonnes tonnen tonelada toneladas tonnellata tonnellate ton tons": 1e6,
    },
    "length": {  # metres
        "nm nanometer nanometers nanometre nanometres": 1e-9,
        "µm μm micrometer micrometers micrometre micrometres": 1e-6,
        "mm millimeter millimeters millimetre millimetres millimètre millimètres milímetro "
        "milímetros millimetro millimetri": 1e-3,
        "cm centimeter centimeters centimetre centimetres zentimeter centimètre centimètres "
        "centímetro centímetros centimetro centimetri": 1e-2,
        "m meter meters metre metres metern mètre mètres metro metros metri": 1.0,
        "km kilometer kilometers kilometre kilometres kilometern kilomètre kilomètres kilómetro "
        "kilómetros chilometro chilometri quilómetro quilómetros quilômetro quilômetros": 1e3,
    },
    "area": {
        "m² m2 sqm": 1.0, "km² km2": 1e6, "cm²": 1e-4,
        "hectare hectares hektar ha hectárea hectáreas ettaro ettari": 1e4,
    },
    "volume": {  # litres
        "ml milliliter milliliters millilitre millilitres mililitro mililitros millilitri": 1e-3,
        "cl centiliter centiliters centilitre centilitres": 1e-2,
        "dl": 1e-1,
        "l liter liters litre litres litro litros litri": 1.0,
        "m³ m3": 1e3,
    },
    "duration": {  # seconds
        "ns nanosecond nanoseconds": 1e-9,
        "µs μs microsecond microseconds": 1e-6,
        "ms millisecond milliseconds millisekunden": 1e-3,
        "s sec secs second seconds sekunde sekunden seconde secondes seconden segundo segundos "
        "secondo secondi": 1.0,
        "min mins minute minutes minuten minuto minutos minuti minuut": 60.0,
        "h hr hrs hour hours std stunde stunden heure heures hora horas ora ore uur uren": 3600.0,
        "day days tag tage tagen jour jours journée journées día días dia dias giorno giorni "
        "dag dagen": 86400.0,
        "week weeks woche wochen semaine semaines semana semanas settimana settimane "
        "weken": 604800.0,
        "fortnight fortnights": 1209600.0,
    },
    "workday": {
        "workday workdays weekday weekdays werktag werktage werktagen arbeitstag arbeitstage "
        "arbeitstagen werkdag werkdagen": 1.0,
    },
    # A month is not a number of days; years and months convert among themselves only.
    "calendar": {
        "month months monat monate monaten mois mes meses mese mesi mês maand maanden": 1.0,
        "quarter quarters quartal quartale trimestre trimestres trimestri kwartaal": 3.0,
        "year years yr yrs jahr jahre jahren an ans année années año años anno anni ano anos "
        "jaar jaren": 12.0,
        "decade decades jahrzehnt jahrzehnte décennie décennies década décadas decennio "
        "decennia": 120.0,
    },
    "data": {
        "byte bytes octet octets": 1.0,
        "kb kilobyte kilobytes kib": 1e3,
        "mb megabyte megabytes mib": 1e6,
        "gb gigabyte gigabytes gib": 1e9,
        "tb terabyte terabytes tib": 1e12,
        "pb petabyte petabytes": 1e15,
    },
    "bandwidth": {"kbit kbps": 1e3, "mbit mbps": 1e6, "gbit gbps": 1e9},
    "energy": {  # joules
        "j joule joules": 1.0, "kj": 1e3,
        "kcal calorie calories kalorien calorías": 4184.0,
        "wh": 3600.0, "kwh": 3.6e6, "mwh": 3.6e9, "gwh": 3.6e12,
    },
    "power": {"w watt watts": 1.0, "kw kilowatt kilowatts": 1e3, "mw megawatt megawatts": 1e6,
              "gw gigawatt gigawatts": 1e9, "hp ps": 735.5},
    "voltage": {"mv": 1e-3, "v volt volts": 1.0, "kv": 1e3},
    "current": {"ma": 1e-3, "amp amps ampere amperes": 1.0},
    "frequency": {"hz hertz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9, "rpm": 1 / 60},
    "pressure": {"pa": 1.0, "hpa": 1e2, "kpa": 1e3, "mpa": 1e6, "bar": 1e5, "mbar": 1e2},
    "loudness": {"db decibel decibels dezibel": 1.0},
    "celsius": {"°c celsius": 1.0},
    "speed": {"kph kmh": 1 / 3.6},
    "percent": {
        "percent percentage pct prozent procent": 1.0,
        "permille promille": 0.1,
    },
    "dollar": {
        "dollar dollars usd bucks us$ dólar dólares dollari dollaro": 1.0,
    },
    "coin": {  # of any currency that has a hundred of them
        "cent cents centime centimes céntimo céntimos centesimo centesimi cêntimo cêntimos centavo "
        "centavos pence": 0.01,
    },
    "euro": {"euro euros eur": 1.0},
    "sterling": {"gbp quid": 1.0},
    "yen": {"yen jpy": 1.0},
    "yuan": {"yuan cny rmb renminbi": 1.0},
    "rupee": {"rupee rupees inr rupien roupies rupias": 1.0},
    "franc": {"chf franken francs franchi franco francos": 1.0},
    "krona": {"sek": 1.0}, "norwegian krone": {"nok": 1.0}, "danish krone": {"dkk": 1.0},
    "zloty": {"pln zloty": 1.0}, "canadian dollar": {"cad": 1.0},
    "australian dollar": {"aud": 1.0}, "real": {"brl reais": 1.0}, "peso": {"mxn pesos": 1.0},
    "won": {"krw": 1.0}, "lira": {"try lira": 1.0},
}  # fmt: skip
_IMPERIAL = {
    "mass": {
        "oz ounce ounces unze unzen onza onzas": 28.349523125,
        "lb lbs pound pounds": 453.59237,
        "st stone stones": 6350.29318,
    },
    "length": {
        "inch inches zoll pouce pouces pulgada pulgadas pollice pollici polegada polegadas": 0.0254,
        "ft foot feet fuß": 0.3048,
        "yd yard yards": 0.9144,
        "mi mile miles meile meilen milla millas miglio miglia milha milhas mijl mijlen": 1609.344,
    },
    "area": {"acre acres": 4046.8564224},
    "volume": {
        "tsp teaspoon teaspoons": 0.00492892159375,
        "tbsp tablespoon tablespoons": 0.01478676478125,
        "cup cups": 0.2365882365,
        "pint pints": 0.473176473,
        "gal gallon gallons": 3.785411784,
    },
    "speed": {"mph": 0.44704},
    "pressure": {"psi": 6894.757},
}
MONEY = frozenset(
    "dollar euro sterling coin yen yuan rupee franc krona zloty real peso won lira".split()
) | {"norwegian krone", "danish krone", "canadian dollar", "australian dollar"}
UNITS = {
    spelling: Unit(dimension, factor, system)
    for table, system in ((_TABLE, ""), (_IMPERIAL, "imperial"))
    for dimension, units in table.items()
    for spellings, factor in units.items()
    for spelling in spellings.split()
} | {
    "°f": Unit("fahrenheit", 1.0, "fahrenheit"),
    "fahrenheit": Unit("fahrenheit", 1.0, "fahrenheit"),
}
# Spellings that are a word of their own in the other languages.
_ONLY_IN = {"an": "fr", "ans": "fr", "ore": "it", "ora": "it", "mes": "es", "gen": "it", "ps": "de"}


def unit(spelling: str, language: str) -> Unit | None:
    """The unit of a spelling in lower case; None where it is none in this language."""
    if _ONLY_IN.get(spelling, language) != language:
        return None
    return UNITS.get(spelling)


SYMBOLS = {
    "$": Unit("dollar", 1.0),
    "€": Unit("euro", 1.0),
    "£": Unit("sterling", 1.0),
    "¥": Unit("yen", 1.0),
    "₹": Unit("rupee", 1.0),
    "%": Unit("percent", 1.0),
    "‰": Unit("percent", 0.1),
    "′": Unit("length", 0.3048, "imperial"),
}
SCALES = {
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "millions": 1e6,
    "mio": 1e6,
    "mn": 1e6,
    "mln": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "mrd": 1e9,
    "mld": 1e9,
    "trillion": 1e12,
    "hundred": 1e2,
}
