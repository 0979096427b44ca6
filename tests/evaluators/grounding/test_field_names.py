"""Field names split into words."""

import pytest

from groundwire_evaluators.grounding.field_names import words_and_units_of, words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unitPrice", ["unit", "Price"]),
        ("unit_price", ["unit", "price"]),
        ("HTMLTitle", ["HTML", "Title"]),
        ("Höhe_m", ["Höhe", "m"]),
        ("ÜbergrößeMax", ["Übergröße", "Max"]),
        ("цена", ["цена"]),
        ("", []),
    ],
)
def test_a_name_is_split_at_marks_and_capitals(name: str, words: list[str]) -> None:
    assert words_of(name) == words


def test_signs_of_units_are_words_too() -> None:
    assert words_and_units_of("area_km2") == ["area", "km2"]
    assert words_and_units_of("discount %") == ["discount", "%"]
    assert words_and_units_of("Preis (€)") == ["Preis", "€"]
