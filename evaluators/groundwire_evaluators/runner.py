"""Runs evaluators over turns, isolating failures per turn."""

from collections.abc import Sequence

from groundwire_evaluators.evaluation import BatchEvaluator, Evaluation, Evaluator, State
from groundwire_evaluators.turn import Turn


def evaluate(evaluator: Evaluator, turns: Sequence[Turn]) -> list[Evaluation]:
    """One evaluation a turn, in order; whatever an evaluator raises becomes `failed`.

    A batch that raises, or comes back with another number of evaluations, is judged turn by turn.
    """
    if isinstance(evaluator, BatchEvaluator):
        try:
            found = list(evaluator.evaluate_batch(turns))
        except Exception as error:
            if len(turns) == 1:
                return [failed(evaluator, f"{type(error).__name__}: {error}")]
        else:
            if len(found) == len(turns):
                return found
            if len(turns) == 1:
                return [failed(evaluator, f"{len(found)} evaluations of one turn")]
    return [_guarded(evaluator, turn) for turn in turns]


def failed(evaluator: Evaluator, reason: str) -> Evaluation:
    """A judgement that was not reached."""
    return Evaluation(
        evaluator=evaluator.name, revision=evaluator.revision, state=State.FAILED, reason=reason
    )


def _guarded(evaluator: Evaluator, turn: Turn) -> Evaluation:
    try:
        return evaluator.judge(turn)
    except Exception as error:
        return failed(evaluator, f"{type(error).__name__}: {error}")
