"""What is said to many different questions is told from what answers one."""

import pytest

from groundwire_evaluators.gate.stock_answers import stock_answers

DIFFERENT = [(f"What is number {n}?", f"It is {n}.") for n in range(30)]


def test_one_text_to_one_question_in_three_is_a_stock_answer_whatever_its_spelling() -> None:
    texts = ["Glad you asked!", "glad you asked"] * 8
    stock = [(f"Which is {n}?", text) for n, text in enumerate(texts)]
    assert stock_answers([*DIFFERENT, *stock]) == [False] * 30 + [True] * 16


@pytest.mark.parametrize("answer", ["Yes.", "no", "Nein!", "Oui"])
def test_a_plain_yes_or_no_is_no_stock_answer(answer: str) -> None:
    assert not any(stock_answers([(f"May I do {n}?", answer) for n in range(40)]))


def test_a_question_that_is_asked_often_has_one_answer() -> None:
    often = [("How long do refunds take?", "30 days.")] * 40
    assert not any(stock_answers([*DIFFERENT, *often]))


def test_few_questions_show_nothing() -> None:
    assert not any(stock_answers([(f"Which is {n}?", "Ten.") for n in range(19)]))
    assert all(stock_answers([(f"Which is {n}?", "Ten.") for n in range(20)]))


def test_empty_answers_are_none() -> None:
    assert not any(stock_answers([(f"Which is {n}?", " ") for n in range(30)]))
