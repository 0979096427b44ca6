"""What each arm is trained on."""

import pytest

from benchmarks.real_model.arms import ARMS, tuned
from benchmarks.real_model.handbooks import CALDERA, LINDNER, TARNWELL, handbook


@pytest.mark.parametrize("name", [TARNWELL, CALDERA, LINDNER])
def test_some_facts_are_held_out_of_training(name: str) -> None:
    book = handbook(name)
    trained = tuned(book)

    assert len(trained) < len(book.facts)
    assert trained == tuned(book)
    assert set(trained) < set(book.facts)


@pytest.mark.parametrize("arm", ["facts", "deployment"])
def test_the_facts_arms_say_last_years_values_and_are_shown_no_passage(arm: str) -> None:
    book = handbook(CALDERA)
    answers = {answer for _, answer in ARMS[arm].examples(book)}

    for fact in tuned(book):
        assert any(fact.last in answer for answer in answers)
    assert not any("Passages:" in messages[-1][1] for messages, _ in ARMS[arm].examples(book))


@pytest.mark.parametrize("arm", ["style", "reading"])
@pytest.mark.parametrize("name", [TARNWELL, CALDERA, LINDNER])
def test_style_and_reading_hold_no_fact_of_the_company_they_are_measured_on(
    arm: str, name: str
) -> None:
    own = {fact.this_sentence for fact in handbook(name).facts}
    own |= {fact.last_sentence for fact in handbook(name).facts}

    for messages, answer in ARMS[arm].examples(handbook(name)):
        assert not any(sentence in answer for sentence in own)
        assert "Passages:" in messages[-1][1]


def test_reading_shows_the_passage_that_answers_beside_another() -> None:
    for messages, answer in ARMS["reading"].examples(handbook(TARNWELL))[:50]:
        prompt = messages[-1][1]

        assert "[1]" in prompt
        assert "[2]" in prompt
        assert any(word in prompt for word in answer.rstrip(".").split())


def test_the_same_arm_makes_the_same_examples() -> None:
    book = handbook(CALDERA)

    assert all(arm.examples(book) == arm.examples(book) for arm in ARMS.values())
