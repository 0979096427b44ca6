"""Runs all evaluators over a batch, isolating their failures."""

from collections.abc import Sequence

from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Turn


def judge(evaluators: Sequence[Evaluator], turns: Sequence[Turn]) -> list[JudgedTurn]:
    """Each turn with one evaluation per evaluator, in the order of both.

    A turn without an answer (a failed model call) is judged by none.
    """
    answered = [turn for turn in turns if turn.answer is not None]
    columns = [evaluate(evaluator, answered) for evaluator in evaluators]
    rows = iter(zip(*columns, strict=True)) if columns else iter(())
    return [JudgedTurn(turn, next(rows, ()) if turn.answer is not None else ()) for turn in turns]
