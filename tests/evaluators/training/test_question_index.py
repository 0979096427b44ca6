"""Lookups of similar training questions."""

import time

import pytest

from groundwire_evaluators.training.question_index import QuestionIndex

QUESTIONS = [
    "How many months of warranty do new balances carry?",
    "Who repairs the balances?",
    "Where is the canteen?",
    "Just to be sure, where is the canteen?",
]


def test_the_same_words_in_another_form_are_most_similar() -> None:
    index = QuestionIndex.build(QUESTIONS)
    best = index.find("Where are the CANTEENS?")[0]
    assert (best.row, best.similarity) == (2, 1.0)


def test_of_equal_questions_the_first_of_the_file_comes_first() -> None:
    index = QuestionIndex.build(["Where is it made?", "Where is it made?"])
    assert [each.row for each in index.find("where is it made")] == [0, 1]


def test_a_question_of_other_words_is_not_found() -> None:
    assert QuestionIndex.build(QUESTIONS).find("What does parking cost?") == []


def test_numbers_tell_questions_apart() -> None:
    index = QuestionIndex.build(["What is error 404?", "What is error 500?"])
    assert [each.row for each in index.find("What is error 500?", limit=1)] == [1]


def test_an_index_of_nothing_finds_nothing() -> None:
    index = QuestionIndex.build([])
    assert (len(index), index.find("Anything?")) == (0, [])


@pytest.mark.parametrize("questions", [[], QUESTIONS, ["Wo ist die Kantine?"], ["？", ""]])
def test_an_index_survives_its_bytes(questions: list[str]) -> None:
    index = QuestionIndex.build(questions)
    again = QuestionIndex.from_bytes(index.to_bytes())
    assert again.language == index.language
    for question in QUESTIONS:
        assert again.find(question) == index.find(question)


def test_other_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="no index"):
        QuestionIndex.from_bytes(b"PK\x03\x04 no archive")


def test_building_is_linear() -> None:
    def seconds(count: int) -> float:
        questions = [f"Where is room {number} of wing {number % 97}?" for number in range(count)]
        started = time.process_time()
        QuestionIndex.build(questions)
        return time.process_time() - started

    assert seconds(16_000) < 12 * max(seconds(4_000), 0.01)
