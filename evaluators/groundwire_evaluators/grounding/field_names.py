"""Field names and headings split into words: "unitPrice", "unit_price", "Höhe_m"."""

import re

_UPPER, _LOWER = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ÿ"
WORD = re.compile(
    rf"[{_UPPER}]+(?=[{_UPPER}][{_LOWER}])|[{_UPPER}]?[{_LOWER}]+|[{_UPPER}]+|\d+|[^\W\d_]+"
)
_UNIT = re.compile(rf"[^\W\d_]{{1,2}}[23²³](?![^\W_])|[€$£%°]|{WORD.pattern}")
_LONGEST = 100  # code points


def words_of(name: str) -> list[str]:
    """The words and numbers of a name, in order."""
    return WORD.findall(name[:_LONGEST])


def words_and_units_of(name: str) -> list[str]:
    """The words of a name, with its signs of units ("area_km2": "km2", "discount %": "%")."""
    return _UNIT.findall(name[:_LONGEST])
