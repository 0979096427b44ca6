"""Numbers in digits, against babel."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundwire_evaluators.text.digits import parse, parse_in
from groundwire_evaluators.text.quantities import quantities

numbers = pytest.importorskip("babel.numbers", reason="of the dev group")

LOCALES = {
    "en": "en_GB", "de": "de_DE", "fr": "fr_FR", "es": "es_ES", "it": "it_IT", "pt": "pt_PT",
    "nl": "nl_NL",
}  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    language=st.sampled_from(sorted(LOCALES)),
    cents=st.integers(0, 10**9),
    decimals=st.integers(0, 2),
)
def test_a_number_as_babel_writes_it_has_its_value(
    language: str, cents: int, decimals: int
) -> None:
    number = cents / 10**decimals
    written = numbers.format_decimal(number, locale=LOCALES[language])
    (found,) = quantities(f"about {written} of them", language=language)
    assert number in found.values


@settings(max_examples=200, deadline=None)
@given(language=st.sampled_from(sorted(LOCALES)), cents=st.integers(1, 10**7))
def test_money_as_babel_writes_it_has_its_value_and_currency(language: str, cents: int) -> None:
    written = numbers.format_currency(cents / 100, "EUR", locale=LOCALES[language])
    (found,) = quantities(f"it costs {written}.", language=language)
    assert found.unit == "euro"
    assert cents / 100 in found.values


@pytest.mark.parametrize(
    ("word", "language", "value", "other"),
    [
        ("1,500", "en", 1500.0, None),
        ("1.500", "en", 1.5, 1500.0),
        ("1.500", "de", 1500.0, 1.5),
        ("1,500", "de", 1.5, 1500.0),
        ("1.234,56", "fr", 1234.56, None),
        ("1,00,000", "en", 100000.0, None),
        ("0.500", "en", 0.5, None),
        ("12,3", "en", 12.3, None),
    ],
)
def test_one_mark_before_three_digits_is_read_as_the_language_has_it(
    word: str, language: str, value: float, other: float | None
) -> None:
    found = parse_in(word, language)
    assert found is not None
    assert (found[0], found[2]) == (value, other)


@pytest.mark.parametrize("word", ["1.2.3", "1,2,3", "10.0.4.17", "9" * 50])
def test_what_is_no_single_number_has_no_value(word: str) -> None:
    assert parse(word) is None
