"""What the monitor takes of a turn: its losses, its time, and the tags to compare it by."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from groundwire_collector.drift.signals import SignalLoss, losses, relevance
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.reliance.passive import question_key
from groundwire_evaluators.turn import Turn

ROUTE = "route"  # the dimension that every turn has


@dataclass(frozen=True, slots=True)
class LossObservation:
    """One loss in [0, 1] of one turn.

    `tags` maps each dimension to the turn's value on it. `session` is empty where there is none.
    `relevance` in [0, 1] says how well its chunks fit the question, where that was judged.
    """

    loss: float
    at_ns: int
    tags: Mapping[str, str] = field(default_factory=dict)
    route: str = ""
    session: str = ""
    question: str = ""
    relevance: float | None = None
    flagged: bool | None = None  # None: the evaluator flags nothing

    def tag(self, dimension: str) -> str:
        """The turn's value on a dimension; empty where it has none."""
        return self.route if dimension == ROUTE else self.tags.get(dimension, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredTurn:
    """One judged turn as the monitor takes it; `session` and `question` are hashes."""

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
