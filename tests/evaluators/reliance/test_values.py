"""Values are compared by what they mean, not by how they are spelt."""

import pytest

from groundwire_evaluators.reliance.values import Kind, find_values


@pytest.mark.parametrize(
    ("message", "source"),
    [
        ("20 mg", "0.02 g"),
        ("$1.2 million", "1,200,000 USD"),
        ("$1.2 million", "$1,234,567"),
        ("2 weeks", "14 days"),
        ("12 months", "1 year"),
        ("90 minutes", "1.5 hours"),
        ("twenty-five users", "25 users"),
        ("three hundred thousand people", "300,000 people"),
        ("72°F", "22.22 °C"),
        ("100 km/h", "62.137 mph"),
        ("50 cents", "$0.50"),
        ("1960", "5 September 1960"),
        ("September 5, 1960", "1960-09-05"),
        ("the 1960s", "1964"),
        ("the 20th century", "1964"),
        ("3 pm", "15:00"),
        ("v3.2", "version 3.2"),
        ("IBM", "International Business Machines"),
        ("Lopez", "Maria Lopez"),
        ("12 percent", "12%"),
        ("5 GB", "5000 MB"),
    ],
)
def test_equal_values_match_across_spellings(message: str, source: str) -> None:
    value, other = find_values(f"It is {message} now.")[0], find_values(f"It is {source} now.")[0]
    assert value.matches(other)


@pytest.mark.parametrize(
    ("message", "source"),
    [
        ("20 mg", "20 g"),
        ("$49", "49 EUR"),
        ("14 days", "14 hours"),
        ("5 business days", "5 days"),
        ("5 September 1960", "1960"),
        ("5 September 1960", "6 September 1960"),
        ("1.2 million people", "1.3 million people"),
        ("9 km", "11 km"),
        ("version 3.2", "version 3.3"),
        ("25 seats", "25 users"),
        ("3 am", "15:00"),
    ],
)
def test_values_that_differ_do_not_match(message: str, source: str) -> None:
    value, other = find_values(f"It is {message} now.")[0], find_values(f"It is {source} now.")[0]
    assert not value.matches(other)


def test_values_are_found_once_with_their_extent_and_kind() -> None:
    text = "According to IBM, model X-100 cost $49 on 5 September 1960, 5% less than v2.1.0."
    found = find_values(text)
    assert [(value.kind, text[value.start : value.end]) for value in found] == [
        (Kind.NAME, "IBM"),
        (Kind.CODE, "X-100"),
        (Kind.MONEY, "$49"),
        (Kind.DATE, "5 September 1960"),
        (Kind.PERCENT, "5%"),
        (Kind.VERSION, "v2.1.0"),
    ]


@pytest.mark.parametrize("text", ["", " ", "...", "😀 no value", "It is so."])
def test_text_without_values_has_none(text: str) -> None:
    assert find_values(text) == []


def test_an_article_at_the_start_of_a_sentence_is_no_part_of_a_code() -> None:
    found = [(value.text, value.kind) for value in find_values("The B2 is lighter than the A3.")]
    assert found == [("B2", Kind.CODE), ("A3", Kind.CODE)]
