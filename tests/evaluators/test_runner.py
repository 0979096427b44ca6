from collections.abc import Sequence

import pytest

from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Turn

TURNS = [Turn(id=name, answer=name) for name in ("a", "bad", "c")]
STATES = [State.SCORED, State.FAILED, State.SCORED]


class Single:
    name, revision = "single", "1"

    def judge(self, turn: Turn) -> Evaluation:
        if turn.answer == "bad":
            raise ValueError("no")
        return Evaluation(
            evaluator=self.name, revision=self.revision, state=State.SCORED, value=1.0
        )


class Batch(Single):
    def evaluate_batch(self, turns: Sequence[Turn]) -> list[Evaluation]:
        return [self.judge(turn) for turn in turns]


class Short(Single):
    def evaluate_batch(self, turns: Sequence[Turn]) -> list[Evaluation]:
        return [self.judge(turn) for turn in turns[:1]]


@pytest.mark.parametrize("evaluator", [Single(), Batch(), Short()])
def test_a_turn_that_breaks_an_evaluator_costs_its_own_judgement_alone(evaluator: Single) -> None:
    found = evaluate(evaluator, TURNS)
    assert [each.state for each in found] == STATES
    assert found[1].reason == "ValueError: no"


def test_a_batch_evaluator_is_asked_once_for_all_turns() -> None:
    calls = []

    class Counting(Batch):
        def evaluate_batch(self, turns: Sequence[Turn]) -> list[Evaluation]:
            calls.append(len(turns))
            return super().evaluate_batch(turns)

    good = [TURNS[0], TURNS[2]]
    assert [each.value for each in evaluate(Counting(), good)] == [1.0, 1.0]
    assert calls == [2]


def test_a_batch_of_one_that_raises_is_not_tried_again() -> None:
    calls = []

    class Dear(Single):
        def evaluate_batch(self, turns: Sequence[Turn]) -> list[Evaluation]:
            calls.append(len(turns))
            raise RuntimeError("paid for")

    [found] = evaluate(Dear(), TURNS[:1])
    assert (found.state, found.reason) == (State.FAILED, "RuntimeError: paid for")
    assert calls == [1]
