"""Monitored turn: losses, time and tags."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.text.tokens import question_key
from groundwire_evaluators.turn import Turn

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
    def of(cls, judged: JudgedTurn, dimensions: Sequence[str]) -> "MonitoredTurn":
        turn = judged.turn
        return cls(
            service=turn.service,
            at_ns=_at_ns(turn),
            losses=losses(judged),
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

    def observation(self, loss: SignalLoss) -> LossObservation:
        return LossObservation(
            loss=loss.value,
            at_ns=self.at_ns,
            tags=self.tags,
            route=self.route,
            session=self.session,
            question=self.question,
            relevance=self.relevance,
            flagged=loss.flagged,
        )


def _at_ns(turn: Turn) -> int:
    """When the turn ended, 0 where that is unknown."""
    moment = turn.ended_at or turn.started_at
    return round(moment.timestamp() * 1_000_000_000) if moment else 0


def short_hash(text: str) -> str:
    """Enough of a text to know it again; empty for none."""
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest() if text else ""
