"""Turns of which a judge can say something without being asked."""

from groundwire_evaluators.evaluation import State
from groundwire_evaluators.text.refusal import is_refusal
from groundwire_evaluators.turn import Turn


def not_judged(turn: Turn) -> tuple[State, str] | None:
    """The state and its reason of a turn that no call is worth; None of one that can be judged."""
    if turn.not_evaluable_reason:
        return State.NOT_EVALUABLE, turn.not_evaluable_reason
    if not (turn.answer or "").strip():
        return State.NOT_EVALUABLE, "no answer"
    if is_refusal(turn.answer or ""):
        return State.REFUSAL, "the answer declines"
    if not any(chunk.text.strip() for chunk in turn.chunks):
        return State.NO_CONTEXT, "no chunk was given"
    return None
