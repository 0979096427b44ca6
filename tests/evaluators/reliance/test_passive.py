"""Signals of every turn: copying, markers of memory, sufficiency, and stale answers."""

import pytest

from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.reliance import Override
from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.reliance.passive import (
    StaleOutcome,
    context_suffices,
    extraction,
    passive_outcome,
    prior_markers,
    stale_answer,
)
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

OLD = "Returns are accepted within 30 days of purchase. Refunds take a week."
NEW = "Returns are accepted within 14 days of purchase. Refunds take a week."


def turn(question: str, answer: str, *chunks: str) -> Turn:
    return Turn(question=question, answer=answer, chunks=tuple(Chunk(text=text) for text in chunks))


@pytest.mark.parametrize(
    ("answer", "markers"),
    [
        ("As of my last knowledge update, it is 30 days.", 1),
        ("The document incorrectly states 30 days.", 1),
        ("Not 14 days, as the page says, but 30.", 1),
        ("From general knowledge and my training data: 30 days.", 2),
        ("The document states 30 days.", 0),
        ("Within 30 days, as the page says.", 0),
    ],
)
def test_markers_of_memory_are_counted(answer: str, markers: int) -> None:
    assert prior_markers(answer) == markers


def test_a_copied_answer_is_covered_and_dense_and_a_reworded_one_is_not() -> None:
    question, chunks = "When can I send it back?".split(), [OLD.casefold().replace(".", "").split()]
    copied = "returns are accepted within 30 days of purchase".split()
    reworded = "you may bring items back for a month".split()
    assert extraction(copied, question, chunks) == (1.0, 8.0)
    assert extraction(reworded, question, chunks) == (0.0, 0.0)
    assert extraction([], question, chunks) == (0.0, 0.0)


def test_a_context_suffices_where_one_chunk_speaks_of_the_question() -> None:
    assert context_suffices(turn("How many days for returns after purchase?", "", OLD))
    assert not context_suffices(turn("How tall is the head office building?", "", OLD))
    assert not context_suffices(turn("", "", OLD))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("Within 14 days of purchase.", Outcome.CONTEXT),
        ("Returns are accepted within 60 days of purchase.", Outcome.PARAMETRIC),
        ("The text does not say.", Outcome.REFUSAL),
        ("The shop stands 3 km from here.", Outcome.NEITHER),
        ("Yes.", None),
    ],
)
def test_the_passive_outcome_follows_from_the_override_evaluation(
    answer: str, outcome: Outcome | None
) -> None:
    evaluation = evaluate(Override(), [turn("How many days for returns?", answer, NEW)])[0]
    assert passive_outcome(evaluation) is outcome


def test_an_evaluation_that_failed_has_no_outcome() -> None:
    failed = Evaluation(evaluator="override", revision="1", state=State.FAILED)
    assert passive_outcome(failed) is None


def test_refusals_carry_whether_the_context_sufficed() -> None:
    requested = "How many days are accepted for returns after purchase?"
    wrong, right = evaluate(
        Override(),
        [
            turn(requested, "I don't know.", NEW),
            turn("How tall is the tower?", "I don't know.", NEW),
        ],
    )
    assert wrong.signals["context_sufficient"] == 1.0
    assert right.signals["context_sufficient"] == 0.0


QUESTION = "How long do I have to return things?"
BEFORE = turn(QUESTION, "You have 30 days.", OLD)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("You have 14 days.", StaleOutcome.FOLLOWS_NEW),
        ("You have two weeks.", StaleOutcome.FOLLOWS_NEW),
        ("You have 30 days.", StaleOutcome.KEEPS_OLD),
        ("You have 90 days.", StaleOutcome.NEITHER),
        ("I don't know.", StaleOutcome.NEITHER),
    ],
)
def test_an_answer_follows_the_change_of_its_source_or_does_not(
    answer: str, outcome: StaleOutcome
) -> None:
    assert stale_answer(BEFORE, turn(QUESTION.upper(), answer, NEW)) is outcome


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (BEFORE, turn("Another question?", "You have 30 days.", NEW)),
        (BEFORE, turn(QUESTION, "You have 30 days.", OLD)),  # the source is as it was
        (BEFORE, turn(QUESTION, "You have 30 days.", "Opening hours are 9 to 5.")),  # it is gone
        (turn(QUESTION, "It depends.", OLD), turn(QUESTION, "You have 30 days.", NEW)),
    ],
)
def test_without_a_changed_source_there_is_no_stale_answer(before: Turn, now: Turn) -> None:
    assert stale_answer(before, now) is None
