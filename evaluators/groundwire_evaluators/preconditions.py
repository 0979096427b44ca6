"""Preconditions of faithfulness evaluators: refusals, missing context, missing answers."""

from groundwire_evaluators.evaluation import State
from groundwire_evaluators.text.markup import UnfinishedError, visible
from groundwire_evaluators.text.refusal import is_refusal
from groundwire_evaluators.turn import Turn


def not_judged(turn: Turn) -> tuple[State, str] | None:
    """The state of a turn that cannot be judged, and why; None of one that can."""
    if turn.not_evaluable_reason:
        return State.NOT_EVALUABLE, turn.not_evaluable_reason
    if turn.answer is None:
        return State.NOT_EVALUABLE, "no answer"
    try:
        shown = visible(turn.answer).text
    except UnfinishedError as error:
        return State.NOT_EVALUABLE, str(error)
    if not shown and turn.answer.strip():
        return State.NO_CLAIMS, "nothing but marks or reasoning"
    if is_refusal(shown):
        return State.REFUSAL, "the answer declines"
    if not any(chunk.text.strip() for chunk in turn.chunks):
        return State.NO_CONTEXT, "no chunk was given"
    return None
