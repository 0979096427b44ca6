"""Monitored signals: bounded losses of a judged turn."""

from collections.abc import Callable
from dataclasses import dataclass

from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State

ROUNDING = 1e-9  # by which a reading may leave [0, 1]
RETRIEVAL = "retrieval"  # the evaluator whose value it is


@dataclass(frozen=True, slots=True)
class SignalLoss:
    """Loss in [0, 1] with its evaluator revision."""

    signal: str
    revision: str
    value: float
    flagged: bool | None = None  # None: the evaluator decides no turn to be flagged


@dataclass(frozen=True, slots=True)
class Signal:
    """Definition of a loss derived from one evaluator's scores."""

    name: str
    evaluator: str
    read: Callable[[Evaluation], float | None]


SIGNALS = (
    Signal("p_unsupported", "grounding", lambda e: e.signals.get("p_unsupported")),
    Signal("override", "override", lambda e: e.value),
)


def losses(judged: JudgedTurn) -> list[SignalLoss]:
    """The signals of a turn. A turn that was not scored has none: no state becomes a number.

    Neither does a reading outside [0, 1], an infinity or a NaN: what an evaluator may not say is no
    evidence of anything. Such a reading is left out here, as if the turn had not been scored.
    """
    found = []
    for signal in SIGNALS:
        for evaluation in judged.evaluations:
            if evaluation.evaluator == signal.evaluator and evaluation.state is State.SCORED:
                value = signal.read(evaluation)
                if value is not None and -ROUNDING <= value <= 1 + ROUNDING:
                    value = min(max(value, 0.0), 1.0)
                    revision, flagged = evaluation.revision, evaluation.flagged
                    found.append(SignalLoss(signal.name, revision, value, flagged))
    return found


def relevance(judged: JudgedTurn) -> float | None:
    """How well the chunks fit the question, in [0, 1], where an evaluator says so."""
    for evaluation in judged.evaluations:
        if evaluation.evaluator == RETRIEVAL and evaluation.state is State.SCORED:
            return evaluation.value
    return None
