"""Probe runs as answers: outcomes on the arms are measures."""

from collections.abc import Sequence

from groundwire_evaluators.gate.measured_answer import MeasuredAnswer
from groundwire_evaluators.gate.quality_gate import NotComparableError
from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.reliance.probe.arms import CONFLICT_ARMS, Arm
from groundwire_evaluators.reliance.probe.run import ProbeResult, ProbeRun

_SCORES = {Outcome.CONTEXT: 1.0, Outcome.PARAMETRIC: -1.0, Outcome.STALE: -1.0}


def probe_answers(run: ProbeRun) -> list[MeasuredAnswer]:
    """Each labelled result with `reliance` (conflict arms) or `clean`; items are the clusters.

    `reliance`: +1 the context's answer, -1 memory's, 0 anything else, as scheduled probes have it
    (docs/decisions/0050-signed-probe-scores.md). By stratum of the item.
    """
    return [_answer(result) for result in run.of(*CONFLICT_ARMS, Arm.CLEAN)]


def require_same_pack(runs: Sequence[ProbeRun]) -> None:
    """Raise NotComparableError for runs of different packs or prompts."""
    if any(not run.identity.comparable(runs[0].identity) for run in runs[1:]):
        raise NotComparableError("probe runs of different packs or prompts cannot be compared")


def _answer(result: ProbeResult) -> MeasuredAnswer:
    clean = result.arm is Arm.CLEAN
    followed = result.followed
    values = (
        {"clean": float(followed is Outcome.CONTEXT)}
        if clean
        else {"reliance": _SCORES.get(followed, 0.0) if followed is not None else 0.0}
    )
    record = {
        "id": result.key,
        "question": result.item,
        "answer": result.response,
        "stratum": result.stratum.value,
    }
    state = followed.value if followed is not None else "failed"
    return MeasuredAnswer(result.key, result.item, state, values, record)
