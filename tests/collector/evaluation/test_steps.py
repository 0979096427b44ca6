"""Grounding of the steps of a turn."""

from groundwire_collector.evaluation.steps import NAME, judge_steps
from groundwire_evaluators.evaluation import State
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.turn import Chunk, Turn

GROUNDING = Grounding(reader=None)
REFUNDS = "Refunds are paid within 14 days of the return."
CARDS = "Gift cards cannot be refunded."


def step(answer: str, *texts: str) -> Turn:
    return Turn(
        question="How long do refunds take, and are gift cards refunded?",
        answer=answer,
        chunks=tuple(Chunk(text=text) for text in texts),
    )


def test_a_wrong_step_is_flagged_and_quoted_with_its_number():
    steps = [step(CARDS, CARDS), step("Refunds are paid within 30 days of the return.", REFUNDS)]
    evaluation = judge_steps(GROUNDING, {"turn": steps})["turn"]
    assert (evaluation.evaluator, evaluation.state) == (NAME, State.SCORED)
    assert evaluation.value == 0.5
    assert evaluation.flagged
    assert evaluation.signals == {"steps": 2, "flagged_steps": 1, "step_1": 1.0, "step_2": 0.0}
    assert "step 2 says" in (evaluation.reason or "")
    assert "30 days" in (evaluation.reason or "")


def test_right_steps_are_not_flagged():
    steps = [step(CARDS, CARDS), step(REFUNDS, REFUNDS)]
    evaluation = judge_steps(GROUNDING, {"turn": steps})["turn"]
    assert (evaluation.value, evaluation.flagged, evaluation.reason) == (1.0, False, None)


def test_steps_that_cannot_be_judged_give_their_state():
    evaluation = judge_steps(GROUNDING, {"turn": [step(REFUNDS), step(CARDS)]})["turn"]
    assert (evaluation.state, evaluation.value) == (State.NO_CONTEXT, None)
    assert evaluation.signals == {"steps": 2, "flagged_steps": 0}


def test_a_step_without_context_leaves_the_others_judged():
    evaluation = judge_steps(GROUNDING, {"turn": [step(REFUNDS), step(CARDS, CARDS)]})["turn"]
    assert (evaluation.state, evaluation.value) == (State.SCORED, 1.0)
    assert evaluation.signals == {"steps": 2, "flagged_steps": 0, "step_2": 1.0}


def test_each_turn_has_the_evaluation_of_its_own_steps():
    found = judge_steps(
        GROUNDING, {"one": [step(CARDS, CARDS)], "two": [step(REFUNDS, CARDS), step(CARDS, CARDS)]}
    )
    assert {name: evaluation.signals["steps"] for name, evaluation in found.items()} == {
        "one": 1,
        "two": 2,
    }
    assert found["one"].value == 1.0


def test_what_the_steps_say_does_not_change_the_numbers_of_the_turn():
    """Places of claims and `p_unsupported` are of the turn's own answer alone."""
    evaluation = judge_steps(GROUNDING, {"turn": [step(REFUNDS, CARDS)]})["turn"]
    assert evaluation.claims == ()
    assert "p_unsupported" not in evaluation.signals
