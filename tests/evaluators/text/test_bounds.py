"""Limits and rates around a quantity, in seven languages."""

import pytest

from groundwire_evaluators.text.quantities import Quantity, agree, quantities


def the(text: str, language: str = "en") -> Quantity:
    (quantity,) = quantities(text, language=language)
    return quantity


@pytest.mark.parametrize(
    ("language", "upper", "lower"),
    [
        ("en", "at most 8 people", "at least 8 people"),
        ("en", "no more than 8 people", "more than 8 people"),
        ("en", "before 1 May", "after 1 May"),
        ("en", "The maximum age is 16", "The minimum age is 16"),
        ("en", "30 days or less", "30 days or more"),
        ("de", "höchstens 8 Personen", "mindestens 8 Personen"),
        ("de", "bis zum 1. Mai", "ab dem 1. Mai"),
        ("fr", "au plus 8 personnes", "au moins 8 personnes"),
        ("fr", "avant le 1er mai", "après le 1er mai"),
        ("es", "como máximo 8 personas", "al menos 8 personas"),
        ("es", "antes de las 9:00", "después de las 9:00"),
        ("it", "al massimo 8 persone", "almeno 8 persone"),
        ("pt", "no máximo 8 pessoas", "pelo menos 8 pessoas"),
        ("nl", "maximaal 8 personen", "minstens 8 personen"),
        ("nl", "vóór 1 mei", "na 1 mei"),
    ],
)
def test_an_upper_and_a_lower_limit_of_one_value_disagree(
    language: str, upper: str, lower: str
) -> None:
    one, other = the(upper, language), the(lower, language)
    assert (one.bound, other.bound) == ("upper", "lower")
    assert not agree(one, other)
    assert agree(one, one)


def test_a_limit_that_one_side_leaves_out_is_no_disagreement() -> None:
    assert agree(the("30 days"), the("within 30 days"))
    assert agree(the("within 30 days"), the("30 days"))


def test_a_denied_limit_is_the_contrary_one() -> None:
    assert agree(the("no refunds after 30 days"), the("refunds within 30 days"))
    assert agree(the("must not fall below 82 percent"), the("at least 82 percent"))


@pytest.mark.parametrize(
    ("language", "text", "period"),
    [
        ("en", "20 euros per month", "month"), ("en", "€20/month", "month"),
        ("en", "20 euros monthly", "month"), ("en", "12 paid care days a year", "year"),
        ("de", "20 Euro im Monat", "month"), ("de", "20 Euro pro Tag", "day"),
        ("fr", "20 euros par an", "year"), ("es", "20 euros al mes", "month"),
        ("es", "20 euros diarios", "day"), ("it", "20 euro al giorno", "day"),
        ("pt", "20 euros por mês", "month"), ("nl", "20 euro per jaar", "year"),
    ],
)  # fmt: skip
def test_the_period_of_a_rate_is_read(language: str, text: str, period: str) -> None:
    assert the(text, language).per == period


def test_where_a_limit_begins_is_known() -> None:
    text = "It holds at least 8 people."
    found = the(text)
    assert text[found.lead : found.end] == "at least 8"
