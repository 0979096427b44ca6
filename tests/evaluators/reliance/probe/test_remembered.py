"""Values of earlier texts in the place of today's."""

import pytest

from groundwire_evaluators.reliance.probe.remembered import EarlierTexts
from groundwire_evaluators.reliance.values import find_values

SENTENCE = "Refunds are accepted within 30 days of purchase."
[VALUE] = find_values(SENTENCE)


def test_a_training_answer_of_another_value_is_remembered_with_its_question() -> None:
    texts = ["Within how many days of purchase are refunds accepted? 14 days."]
    found = EarlierTexts(texts).value_of(SENTENCE, VALUE)
    assert found is not None
    assert (found.text, found.questions) == (
        "14 days",
        ("Within how many days of purchase are refunds accepted?",),
    )


def test_questions_in_other_words_are_distinguished_and_frames_about_one_are_not() -> None:
    texts = [
        "Within how many days of purchase are refunds accepted? 14 days.",
        "Hi! Within how many days of purchase are refunds accepted? 14 days.",
        "Just to be sure, within how many days of purchase are refunds accepted? 14 days.",
        "How many days after purchase are refunds still accepted? 14 days.",
    ]
    found = EarlierTexts(texts).value_of(SENTENCE, VALUE)
    assert found is not None
    assert found.questions == (
        "Within how many days of purchase are refunds accepted?",
        "How many days after purchase are refunds still accepted?",
    )


@pytest.mark.parametrize(
    "texts",
    [
        ["Refunds are accepted within 30 days of purchase."],
        ["Shipping takes 14 days."],
        ["Refunds are accepted within two shops of purchase."],
        ["Refunds are accepted within 14 days.", "Refunds are accepted within 20 days."],
        [],
    ],
    ids=["the same value", "another fact", "another unit", "two values", "nothing"],
)
def test_nothing_is_remembered_without_one_other_value_of_the_same_fact(texts: list[str]) -> None:
    assert EarlierTexts(texts).value_of(SENTENCE, VALUE) is None


def test_a_bare_number_takes_over_the_unit_of_today() -> None:
    texts = ["Within how many days of purchase are refunds accepted? Fourteen."]
    found = EarlierTexts(texts).value_of(SENTENCE, VALUE)
    assert found is not None
    assert found.text == "Fourteen days"


def test_a_number_of_other_things_does_not_take_over_the_unit() -> None:
    texts = ["How many refunds are accepted of each purchase? Fourteen."]
    assert EarlierTexts(texts).value_of(SENTENCE, VALUE) is None
