"""Deterministic hash sampling of turns for judges, closed-book calls and labels."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from groundwire_collector.errors import UsageError
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.turn import Turn

_ALL = 2**64


@dataclass(frozen=True, slots=True)
class ClosedBookSampler:
    """Samples production turns for closed-book calls with probability `rate`."""

    rate: float

    def probability(self, turn: Turn) -> float:
        """Sampling probability of a turn; 0 unless a production turn with an answer."""
        if turn.closed_book or turn.probe or not turn.question or not turn.answer:
            return 0.0
        return min(1.0, self.rate)

    def holds(self, turn: Turn) -> bool:
        """Whether this turn is in the sample."""
        return position("closed_book", turn.trace_id or turn.id) < self.probability(turn)


@dataclass(frozen=True, slots=True)
class TurnSampler:
    """Samples turns for each judge by one hash of the trace id.

    A judge sees a turn with probability `rates[judge]` × the factor of its segment (`factors`, by
    "service/model_version" or "service") × 1 to `eager`: most where grounding's p_unsupported is
    near 1/2, least where it is near 0 or 1 (the root of p(1 - p): the spread that an estimate has
    to get from the judge; Zrnic and Candès 2024, https://arxiv.org/abs/2403.03208). The least
    likely turn keeps the whole rate, so no weight 1 / probability exceeds 1 / (rate × factor).

    The hash is one for all judges: what a rarer judge sees, the others see too.
    """

    rates: Mapping[str, float]
    eager: float = 1.0
    factors: Mapping[str, float] = field(default_factory=dict)

    def probability(self, judge: str, judged: JudgedTurn) -> float:
        """Sampling probability for this judge; 0 unless a production turn with an answer."""
        turn = judged.turn
        if turn.closed_book or turn.probe or not turn.answer:
            return 0.0
        rate = self.rates[judge] * self._factor(turn)
        return min(1.0, rate * preference(judged.p_unsupported, self.eager))

    def drawn(self, judged: JudgedTurn) -> dict[str, float]:
        """The judges that see this turn, each with its probability."""
        place = position("judge", judged.turn.trace_id or judged.turn.id)
        chances = {judge: self.probability(judge, judged) for judge in self.rates}
        return {judge: chance for judge, chance in chances.items() if place < chance}

    def _factor(self, turn: Turn) -> float:
        segments = (f"{turn.service}/{turn.model_version}", turn.service)
        return next((self.factors[name] for name in segments if name in self.factors), 1.0)


def factors_of(text: str) -> dict[str, float]:
    """From "service=2, service/model_version=10"; raises UsageError."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = part.rpartition("=")
        try:
            factor = float(number)
        except ValueError:
            factor = -1.0
        if not name.strip() or not 0 <= factor < math.inf:
            raise UsageError(f"judge_rate_overrides: {part!r} is not service=factor")
        found[name.strip()] = factor
    return found


def preference(p_unsupported: float | None, eager: float) -> float:
    """Sampling weight relative to the most certain turn.

    From 1, also where grounding gave no probability, to `eager` for the least certain.
    """
    p = p_unsupported or 0.0
    return 1.0 + (eager - 1.0) * 2.0 * math.sqrt(max(0.0, p * (1.0 - p)))


def position(purpose: str, key: str) -> float:
    """Position in [0, 1) of a key among all keys; below a rate it is sampled.

    A SHA-256 of purpose and key alone, so the sample depends on nothing that a turn holds, a lower
    rate samples a part of what a higher one samples, and every process samples the same.
    """
    digest = hashlib.sha256(f"{purpose} {key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / _ALL
