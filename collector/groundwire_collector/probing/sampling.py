"""Deterministic hash sampling of turns for closed-book calls."""

import hashlib
from dataclasses import dataclass

from groundwire_evaluators.turn import Turn

_ALWAYS = 2**64


@dataclass(frozen=True, slots=True)
class ClosedBookSampler:
    """Samples turns by a hash of the trace id, with probability `rate`.

    `eager` multiplies it where the passive signals found a value that stands in no source, so that
    the rare cell is seen more often; the probability goes with the result.
    """

    rate: float
    eager: float = 1.0

    def probability(self, turn: Turn, novel: bool = False) -> float:
        """Sampling probability of a turn; 0 unless a production turn with an answer."""
        if turn.closed_book or turn.probe or not turn.question or not turn.answer:
            return 0.0
        return min(1.0, self.rate * (self.eager if novel else 1.0))

    def holds(self, turn: Turn, novel: bool = False) -> bool:
        """Whether this turn is in the sample."""
        name = f"closed_book {turn.trace_id or turn.id}".encode()
        drawn = int.from_bytes(hashlib.sha256(name).digest()[:8], "big")
        return drawn < self.probability(turn, novel) * _ALWAYS
