"""Look-up of the very characters of a value in a text."""

import pytest

from groundwire_evaluators.reliance.source import Source


@pytest.mark.parametrize("value", ["20 mg", "20", "$1,200", "Bob", "Acme Corp"])
def test_a_value_is_found_as_it_is_written(value: str) -> None:
    assert Source("Acme Corp pays Bob's bill of $1,200 for 20 mg.").shows(value)


@pytest.mark.parametrize("value", ["20", "0", "1,200", "Ann", "1", "mg 20"])
def test_a_part_of_a_longer_word_or_number_is_no_value(value: str) -> None:
    assert not Source("20.5 mg, 120 mg, 1,200.50 and Annex_1").shows(value)


def test_a_value_that_would_begin_before_the_text_is_not_found() -> None:
    assert not Source("20 mg").shows("$20")
