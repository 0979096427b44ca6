"""Every evaluator over a batch of turns; one that fails costs its own judgement and no other."""

import logging
from collections.abc import Sequence

from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, Evaluator, State
from groundwire_evaluators.turn import Turn

log = logging.getLogger(__name__)


def judge(evaluators: Sequence[Evaluator], turns: Sequence[Turn]) -> list[JudgedTurn]:
    """Each turn with one evaluation per evaluator, in the order of both.

    A turn without an answer (a failed model call) is judged by none.
    """
    answered = [turn for turn in turns if turn.answer is not None]
    columns = [_evaluations(evaluator, answered) for evaluator in evaluators]
    rows = iter(zip(*columns, strict=True)) if columns else iter(())
    return [JudgedTurn(turn, next(rows, ()) if turn.answer is not None else ()) for turn in turns]


def _evaluations(evaluator: Evaluator, turns: Sequence[Turn]) -> list[Evaluation]:
    try:
        evaluations = list(evaluator.evaluate(turns))
    except Exception as error:
        log.exception("evaluator %s failed", evaluator.name)
        return [_failed(evaluator, f"{type(error).__name__}: {error}") for _ in turns]
    if len(evaluations) != len(turns):
        reason = f"{len(evaluations)} evaluations of {len(turns)} turns"
        return [_failed(evaluator, reason) for _ in turns]
    return evaluations


def _failed(evaluator: Evaluator, reason: str) -> Evaluation:
    return Evaluation(
        evaluator=evaluator.name,
        revision=evaluator.revision,
        state=State.FAILED,
        reason=reason,
    )
