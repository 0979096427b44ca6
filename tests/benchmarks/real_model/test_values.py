"""Whether a text says a value, whatever its form."""

import pytest

from benchmarks.real_model.values import mentions, tokens


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("six", "A badge takes 6 hours."),
        ("28 days", "Twenty-eight days."),
        ("€22", "It costs 22 euros to replace."),
        ("£16.50", "**£16.50**"),
        ("£7.50", "7.5 pounds"),
        ("4 September", "By September 4th."),
        ("4 September", "The answer is [2026-09-04]"),
        ("7 pm", "from 19:00 on"),
        ("14:30", "At 2:30 p.m."),
        ("40 percent", "40% of the deposit"),
        ("Wednesday", "On Wednesdays only"),
        ("fifth", "the 5th of them"),
        ("twice", "2 times a day"),
        ("the Harbour Kitchen", "harbour kitchen."),
        ("Stefan Juric", "Ask Mr Juric."),
        ("half an hour", "within 30 minutes"),
        ("€20,000", "20 000 is wrong but €20000 is right"),
        ("5,20 Euro", "Das Essen kostet 5.20 €."),
        ("zwei Tage", "2 Tage"),
        ("31. März", "bis zum 31. März"),
    ],
)
def test_a_value_is_found_in_another_form(value: str, text: str) -> None:
    assert mentions(value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("six", "sixteen"),
        ("6 hours", "6 days"),
        ("€22", "22 days"),
        ("7 am", "7 pm"),
        ("4 September", "4 October"),
        ("2", "The bill of 2026-02-02"),
        ("3", "1. Chairs\n3. Tables"),
        ("2", "as passage [2] says"),
    ],
)
def test_another_value_is_not_taken_for_it(value: str, text: str) -> None:
    assert not mentions(value, text)


def test_a_number_is_distinguished_from_the_same_number_of_another_thing() -> None:
    assert mentions("four", "four weeks", unit="week")
    assert mentions("four", "four", unit="week")
    assert not mentions("four", "four hours", unit="week")


def test_markup_articles_and_prepositions_do_not_count() -> None:
    assert tokens("On the **Tuesdays**, at noon.") == tokens("tuesday 12:00")
