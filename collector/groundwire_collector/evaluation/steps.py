"""Grounding of the steps of a turn, as one evaluation."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from groundwire_evaluators.evaluation import Evaluation, Evaluator, State, Verdict
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Turn

NAME = "grounding_steps"
LONGEST_QUOTE = 120  # characters of a claim in the reason
_UNGROUNDED = (Verdict.UNSUPPORTED, Verdict.CONTRADICTED)


def judge_steps(evaluator: Evaluator, steps: Mapping[str, Sequence[Turn]]) -> dict[str, Evaluation]:
    """One evaluation a turn, of all its steps; `evaluator` is the grounding of turns.

    `value` is the share of supported claims of the steps that could be judged; `signals` hold
    their number (`steps`), how many of them are flagged (`flagged_steps`) and the share of each
    (`step_1`, counted in the order they began). The first claim without support is quoted in the
    reason. It has no claims: their places are in texts that are not the turn's answer.
    """
    every = [step for each in steps.values() for step in each]
    judged = iter(evaluate(evaluator, every))
    return {
        turn_id: _united(evaluator, [next(judged) for _ in each]) for turn_id, each in steps.items()
    }


def _united(evaluator: Evaluator, found: Sequence[Evaluation]) -> Evaluation:
    scored = {n: e for n, e in enumerate(found, 1) if e.value is not None}
    values = {f"step_{n}": e.value for n, e in scored.items() if e.value is not None}
    flagged = float(sum(bool(e.flagged) for e in scored.values()))
    signals = {"steps": float(len(found)), "flagged_steps": flagged, **values}
    if not scored:
        state = found[0].state if len({e.state for e in found}) == 1 else State.NOT_EVALUABLE
        reason = next((e.reason for e in found if e.reason), None)
        return Evaluation(
            evaluator=NAME,
            revision=evaluator.revision,
            state=state,
            reason=reason,
            signals=signals,
        )
    claims = [c for e in scored.values() for c in e.claims if c.verdict is not Verdict.NOT_A_CLAIM]
    supported = sum(claim.verdict is Verdict.SUPPORTED for claim in claims)
    mean = fmean(values.values())  # of an evaluator that tells no claims
    return Evaluation(
        evaluator=NAME,
        revision=evaluator.revision,
        state=State.SCORED,
        value=supported / len(claims) if claims else mean,
        flagged=flagged > 0,
        reason=_reason(scored),
        signals=signals,
    )


def _reason(scored: Mapping[int, Evaluation]) -> str | None:
    for number, evaluation in scored.items():
        claim = next((c for c in evaluation.claims if c.verdict in _UNGROUNDED), None)
        if claim is not None:
            quote = claim.text[:LONGEST_QUOTE]
            why = f": {claim.reason}" if claim.reason else ""
            return f"step {number} says “{quote}”, which is {claim.verdict.value}{why}"
    return None
