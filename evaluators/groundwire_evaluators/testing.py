"""Helpers for tests of applications: `assert_grounded`, the gate as a check.

    from groundwire_evaluators.testing import assert_grounded

    def test_the_bot_reads_the_handbook():
        assert_grounded(bot.ask("How long do refunds take?"), contexts=[HANDBOOK])

The pytest plugin `groundwire`, installed with the package, adds the fixture `gate`.
"""

from collections.abc import Sequence
from functools import cache

from groundwire_evaluators.evaluation import Claim, Evaluation, Evaluator, State, Verdict
from groundwire_evaluators.gate.suite_check import GateCheck
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.reliance import Override
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

__all__ = ["GateCheck", "assert_grounded"]

_BAD = (Verdict.UNSUPPORTED, Verdict.CONTRADICTED)


def assert_grounded(
    answer: str,
    contexts: Sequence[str],
    question: str | None = None,
    *,
    allow_refusal: bool = False,
    evaluator: Evaluator | None = None,
) -> Evaluation:
    """Fail a test unless every claim of an answer is supported by its contexts.

    Returns the evaluation. `allow_refusal`: an answer that declines is accepted.

    Raises:
        AssertionError: a claim is unsupported or contradicted, a value stands against the context,
            or there is nothing to judge; the message shows which and why.

    >>> from groundwire_evaluators.testing import assert_grounded
    >>> handbook = ["Refunds are paid within 30 days."]
    >>> found = assert_grounded("Refunds take 30 days.", handbook, "How long do refunds take?")
    >>> found.value
    1.0
    """
    turn = Turn(question=question, answer=answer, chunks=tuple(Chunk(text=c) for c in contexts))
    [found] = evaluate(evaluator or _grounding(), [turn])
    if found.state is State.REFUSAL and allow_refusal:
        return found
    if found.state is not State.SCORED:
        raise AssertionError(f"not grounded: {found.state.value}: {found.reason}\n  {answer!r}")
    bad = [claim for claim in found.claims if claim.verdict in _BAD]
    if bad or found.flagged:
        raise AssertionError("\n".join(["not grounded:", *map(_line, bad or found.claims)]))
    [overridden] = evaluate(_override(), [turn])
    if overridden.value:
        raise AssertionError(f"not grounded: {overridden.reason}\n  {answer!r}")
    return found


def _line(claim: Claim) -> str:
    reason = f": {claim.reason}" if claim.reason else ""
    return f"  {claim.verdict.value} {claim.text!r}{reason}"


@cache
def _grounding() -> Evaluator:
    return Grounding()


@cache
def _override() -> Evaluator:
    return Override()
