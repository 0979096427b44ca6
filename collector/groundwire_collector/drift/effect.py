"""How far each segment has moved since a change, and how sure that is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from groundwire_collector.drift.budget import Stream
from groundwire_collector.drift.segment import LossSums
from groundwire_evaluators.drift import Baseline

Z = 1.645
SURE = 3.0  # standard errors
FEWEST = 10  # turns without which nothing is said of a segment


@dataclass(frozen=True, slots=True)
class SegmentEffect:
    """The growth of a segment's mean loss with a 90 % interval.

    `nats`: evidence that it grew, the log-likelihood ratio of its own mean to the baseline's, where
    losses count as 0 and 1 with the baseline's dispersion.
    """

    turns: float
    losses: float
    size: float
    low: float
    high: float
    nats: float

    @property
    def surely_grew(self) -> bool:
        """By three standard errors: for what is looked at again and again."""
        return self.size - SURE / Z * (self.size - self.low) > 0


def movements(
    since: Mapping[Stream, LossSums], old: Mapping[Stream, Baseline]
) -> dict[Stream, SegmentEffect]:
    """Of the streams that had turns since the change, each against its own baseline."""
    return {stream: effect(sums, old[stream]) for stream, sums in since.items() if sums.turns > 0}


def effect(sums: LossSums, old: Baseline) -> SegmentEffect:
    """Of turns since a change, against a baseline."""
    known = float(old.variance_at(np.array([old.mean]))[0])
    # One imagined turn with the baseline's variance: few equal losses are not certainty.
    spread = max(sums.squares - sums.turns * sums.mean**2, 0.0) + known
    error = math.sqrt(spread / (sums.turns + 1) / sums.turns + known / old.n)
    error *= math.sqrt(old.dependence.inflation)
    size = sums.mean - old.mean
    # A baseline of n turns and d turns since the change tell as much as n d / (n + d) against a
    # mean that is known.
    independent = sums.turns * old.n / (sums.turns + old.n) / old.dependence.inflation
    nats = independent * _divergence(sums.mean, old) if size > 0 else 0.0
    return SegmentEffect(sums.turns, sums.losses, size, size - Z * error, size + Z * error, nats)


def _divergence(mean: float, old: Baseline) -> float:
    """Kullback-Leibler, nats a turn."""
    inside = min(max(mean, 1e-9), 1 - 1e-9)
    before = min(max(old.mean, 0.5 / old.n), 1 - 0.5 / old.n)
    bits = inside * math.log(inside / before)
    bits += (1 - inside) * math.log((1 - inside) / (1 - before))
    return max(bits, 0.0) / max(old.dispersion, 1e-3)
