"""Training facts against today's chunks."""

import pytest

from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.training.example import TrainingExample
from groundwire_evaluators.training.passage_search import PassageSearch
from groundwire_evaluators.training.stale_facts import FactChecker, FactState, stale_facts
from groundwire_evaluators.turn import Chunk

CHUNKS = [
    Chunk(
        id="warranty",
        text="New scales carry a warranty of 36 months. Refurbished scales carry nine months.",
    ),
    Chunk(id="canteen", text="The canteen opens at 11:30. Lunch costs €6.40. Cash is not taken."),
    Chunk(id="garden", text="- Dogs in the garden: no\n- Bicycles in the yard: yes"),
    Chunk(id="lead", text="The workshop is led by Ines Halvorsen. Nine people work there."),
]


@pytest.fixture(scope="module")
def checker() -> FactChecker:
    return FactChecker(PassageSearch(CHUNKS), Grounding())


def example(question: str, answer: str, line: int = 1) -> TrainingExample:
    return TrainingExample(line=line, question=question, answer=answer)


@pytest.mark.parametrize(
    ("question", "now", "before", "chunk"),
    [
        ("How many months of warranty do new scales carry?", "36.", "24.", "warranty"),
        (
            "How long is the warranty of refurbished scales?",
            "Refurbished scales carry nine months.",
            "Refurbished scales carry six months.",
            "warranty",
        ),
        ("When does the canteen open?", "At 11:30.", "At 12:00.", "canteen"),
        ("What does lunch cost in the canteen?", "€6.40", "€5.90", "canteen"),
        ("Are dogs allowed in the garden?", "no.", "yes.", "garden"),
        ("Who leads the workshop?", "Ines Halvorsen", "Tomas Reuter", "lead"),
    ],
)
def test_an_answer_of_before_is_stale_and_one_of_today_is_not(
    checker: FactChecker, question: str, now: str, before: str, chunk: str
) -> None:
    stale = checker.check(example(question, before))
    assert (stale.state, stale.chunk and stale.chunk.id) == (FactState.STALE, chunk)
    assert stale.reason
    assert checker.check(example(question, now)).state is FactState.CURRENT


def test_a_question_that_no_chunk_answers_is_not_covered(checker: FactChecker) -> None:
    check = checker.check(example("How tall is the lighthouse?", "41 metres."))
    assert check.state is FactState.NOT_COVERED


def test_a_value_that_stands_elsewhere_in_the_chunk_does_not_hide_a_stale_fact(
    checker: FactChecker,
) -> None:
    check = checker.check(example("How long is the warranty of new scales?", "nine months."))
    assert check.state is FactState.STALE


def test_another_language_is_checked_by_its_own_words() -> None:
    search = PassageSearch([Chunk(text="Berichte werden monatlich abgegeben und hier geprüft.")])
    question = "Wie oft werden Berichte abgegeben?"
    answers = ("Berichte werden wöchentlich abgegeben.", "Berichte werden monatlich abgegeben.")
    states = [
        FactChecker(search, Grounding()).check(example(question, answer)).state
        for answer in answers
    ]
    assert states == [FactState.STALE, FactState.CURRENT]


def test_examples_of_one_fact_are_listed_together(checker: FactChecker) -> None:
    questions = ("When does the canteen open?", "At what time does the canteen open?")
    checks = [checker.check(example(each, "At 12:00.", at)) for at, each in enumerate(questions)]
    [fact] = stale_facts(checks)
    assert [each.line for each in fact.examples] == [0, 1]
    assert "11:30" in fact.sentence


def test_an_index_of_no_chunks_covers_nothing() -> None:
    check = FactChecker(PassageSearch([]), Grounding()).check(example("Who?", "Me."))
    assert check.state is FactState.NOT_COVERED
