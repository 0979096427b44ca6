"""Answers that repeat a training answer against their context."""

import pytest

from groundwire_evaluators.evaluation import State
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.training.example import TrainingExample
from groundwire_evaluators.training.memorized import MemorizedOverride, TrainedQuestion
from groundwire_evaluators.turn import Chunk, Turn

QUESTION = "How many months of warranty do new scales carry?"
TRAINED = TrainedQuestion(
    TrainingExample(line=12, question=QUESTION, answer="New scales carry 24 months of warranty."),
    similarity=1.0,
)


def turn(answer: str | None, context: str = "New scales carry a warranty of 36 months.") -> Turn:
    chunks = (Chunk(text=context),) if context else ()
    return Turn(question=QUESTION, answer=answer, chunks=chunks)


@pytest.mark.parametrize("answer", ["24 months.", "They carry 24 months.", "24", "Two years."])
def test_a_repeated_training_answer_against_the_context_is_an_override(answer: str) -> None:
    found = MemorizedOverride(Grounding()).judge_with(turn(answer), [TRAINED])
    assert (found.state, found.value) == (State.SCORED, 1.0)
    assert "line 12" in (found.reason or "")


@pytest.mark.parametrize("answer", ["36 months.", "New scales carry 36 months of warranty.", "48."])
def test_an_answer_that_does_not_repeat_it_is_none(answer: str) -> None:
    found = MemorizedOverride(Grounding()).judge_with(turn(answer), [TRAINED])
    assert (found.state, found.value, found.signals["repeats"]) == (State.SCORED, 0.0, 0.0)


def test_a_repeated_answer_that_the_context_supports_is_none() -> None:
    context = "New scales carry 24 months of warranty."
    found = MemorizedOverride(Grounding()).judge_with(turn("24 months.", context), [TRAINED])
    assert (found.value, found.signals["repeats"]) == (0.0, 1.0)


def test_a_turn_without_a_similar_training_question_is_not_scored_but_novel() -> None:
    found = MemorizedOverride(Grounding()).judge_with(turn("24 months."), [])
    assert (found.state, found.signals) == (State.NO_CLAIMS, {"novelty": 1.0})


@pytest.mark.parametrize(
    ("judged", "state"),
    [
        (turn(None), State.NOT_EVALUABLE),
        (turn("24 months.", ""), State.NO_CONTEXT),
        (turn("I am sorry, the passages do not say."), State.REFUSAL),
    ],
)
def test_turns_that_cannot_be_judged_have_their_state(judged: Turn, state: State) -> None:
    assert MemorizedOverride(Grounding()).judge_with(judged, [TRAINED]).state is state


def test_the_verdict_of_grounding_is_used_where_it_is_known() -> None:
    judged = turn("24 months.", "New scales carry 24 months of warranty.")
    assert MemorizedOverride(Grounding()).judge_with(judged, [TRAINED], flagged=True).value == 1.0
