"""Monitored turn: losses, time and tags."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.missing_scores import MISSING_STATES, WEIGHT, missing_losses
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.drift.labelled_loss import UNIT, mean_of
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.text.tokens import question_key
from groundwire_evaluators.turn import Turn

UNFAITHFUL = "unfaithful"  # true losses by drawn labels, a block at a time
ROUNDING = 1e-9  # by which a reading may leave [0, 1]
RETRIEVAL = "retrieval"  # the evaluator whose value it is


@dataclass(frozen=True, slots=True)
class SignalLoss:
    """Loss in [0, 1] with its evaluator revision.

    `reason`: why the turn has no score.
    """

    signal: str
    revision: str
    value: float
    flagged: bool | None = None  # None: the evaluator decides no turn to be flagged
    reason: str = ""

    @property
    def of_score(self) -> bool:
        """Made of a score, not of whether there is one."""
        return self.signal not in MISSING_STATES


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
# Weight of all signals of a service together in the budget; a signal of scores has 1.
SERVICE_WEIGHT = len(SIGNALS) + WEIGHT * len(MISSING_STATES)


def unit(signal: str) -> float:
    """Loss of a signal that stands for a mean of 1."""
    return UNIT if signal == UNFAITHFUL else 1.0


def mean_loss(signal: str, mean: float) -> float:
    """The mean that a mean of a signal's losses stands for."""
    return mean_of(mean) if signal == UNFAITHFUL else mean


def weight(signal: str) -> float:
    """Part of a signal's monitor in the budget, relative to others."""
    return WEIGHT if signal in MISSING_STATES else 1.0


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


def missing(judged: JudgedTurn) -> list[SignalLoss]:
    """Whether the turn has a score, as losses. Of no revision: a new evaluator that scores fewer
    turns is what they are to find."""
    return [
        SignalLoss(signal, "", value, reason=reason)
        for signal, value, reason in missing_losses(judged.evaluations)
    ]


def relevance(judged: JudgedTurn) -> float | None:
    """How well the chunks fit the question, in [0, 1], where an evaluator says so."""
    for evaluation in judged.evaluations:
        if evaluation.evaluator == RETRIEVAL and evaluation.state is State.SCORED:
            return evaluation.value
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredTurn:
    """A judged turn for the monitor; `session`, `question` hashed."""

    service: str
    at_ns: int
    losses: Sequence[SignalLoss]
    tags: Mapping[str, str]  # dimension: value
    route: str = ""
    session: str = ""
    question: str = ""
    relevance: float | None = None

    @classmethod
    def of(
        cls, judged: JudgedTurn, dimensions: Sequence[str], *, counted: bool = False
    ) -> "MonitoredTurn":
        """`counted`: the turn came before without a score, which was taken note of."""
        turn = judged.turn
        return cls(
            service=turn.service,
            at_ns=_at_ns(turn),
            losses=losses(judged) + ([] if counted else missing(judged)),
            tags={
                dimension: str(value)
                for dimension in dimensions
                if (value := getattr(turn, dimension))
            },
            route=turn.route.value,
            session=short_hash(turn.session_id or ""),
            question=short_hash(question_key(turn.question)) if turn.session_id else "",
            relevance=relevance(judged),
        )

    @property
    def scored(self) -> bool:
        return any(loss.of_score for loss in self.losses)

    def observation(self, loss: SignalLoss) -> LossObservation:
        """The turn for the monitor of one signal; a missing score counts in every turn of a
        session."""
        return LossObservation(
            loss=loss.value,
            at_ns=self.at_ns,
            tags=self.tags,
            route=self.route,
            session=self.session if loss.of_score else "",
            question=self.question if loss.of_score else "",
            relevance=self.relevance,
            flagged=loss.flagged,
            reason=loss.reason,
        )


def _at_ns(turn: Turn) -> int:
    """When the turn ended, 0 where that is unknown."""
    moment = turn.ended_at or turn.started_at
    return round(moment.timestamp() * 1_000_000_000) if moment else 0


def short_hash(text: str) -> str:
    """Enough of a text to know it again; empty for none."""
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest() if text else ""
