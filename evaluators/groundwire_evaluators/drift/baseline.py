"""Pinned baseline losses, and their evidence against each possible mean."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from groundwire_evaluators.drift.arrays import Floats
from groundwire_evaluators.drift.blocking import Dependence

CELLS = 96
TOP_NATS = 18.0  # evidence against the largest mean that is kept as possible
# The bet against "the baseline's mean is at least g": its size in standard errors of the mean.
STAKE = 1.5
LARGEST_STAKE = 0.9
SMALLEST_VARIANCE = 1e-4
INDEPENDENT = Dependence()


@dataclass(frozen=True, slots=True)
class Baseline:
    """Summary of n pinned losses for two-sample detectors; constant size.

    The possible means are cut into cells [edges[c], edges[c + 1]]. `log_capital[c]` is the log of
    an e-value against "the mean of the baseline is at least edges[c]", worth at most 1 on average
    while that is true, however turns depend on each other (docs/explanation/proof.md).
    `dispersion` is the variance over mean * (1 - mean): 1 for losses of 0 and 1, less for
    graded ones. `dependence` says in which blocks a detector bets; where it is not none, the
    e-value holds as far as sums of losses spread no more than `inflation` times as far as
    independent ones.

    >>> from groundwire_evaluators.drift import Baseline
    >>> baseline = Baseline.from_losses([0, 0, 0, 0, 1] * 100)
    >>> baseline.n, baseline.mean, round(baseline.variance, 2)
    (500, 0.2, 0.16)
    """

    n: int
    mean: float
    variance: float
    dispersion: float
    edges: tuple[float, ...]
    log_capital: tuple[float, ...]
    dependence: Dependence = INDEPENDENT

    @classmethod
    def from_losses(
        cls, losses: Sequence[float] | Floats, dependence: Dependence = INDEPENDENT
    ) -> Self:
        """Losses in the order of their turns, each in [0, 1], at least two.

        `dependence` is `Dependence.of(losses)` where turns may come in bursts; of several strata,
        that of all their turns together.

        Price: about 2 microseconds a loss, once.

        Raises:
            ValueError: a loss is not a number in [0, 1], or there are fewer than two.
        """
        values = np.asarray(losses, dtype=np.float64)
        if values.ndim != 1 or values.size < 2:
            raise ValueError("a baseline needs at least two losses")
        if not np.all((values >= 0) & (values <= 1)):
            raise ValueError("losses must be numbers in [0, 1]")
        n, mean, variance = values.size, float(values.mean()), float(values.var())
        dispersion = (n * variance + 0.25) / (n * mean * (1 - mean) + 0.25)
        staked = _Staked.on(values, dependence.inflation)
        edges = _edges(staked)
        capital = staked.log_capital(edges[:-1])
        return cls(
            n,
            mean,
            variance,
            min(dispersion, 1.0),
            tuple(edges.tolist()),
            tuple(capital.tolist()),
            dependence,
        )

    def variance_at(self, mean: Floats) -> Floats:
        """The variance such losses would have around another mean."""
        spread = np.clip(mean, 0.25 / (self.n + 1), 1 - 0.25 / (self.n + 1))
        return self.dispersion * spread * (1 - spread)

    def block_variance_at(self, mean: Floats) -> Floats:
        """The same, of the mean of a block."""
        return self.variance_at(mean) * self.dependence.inflation / self.dependence.block

    def to_state(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "mean": self.mean,
            "variance": self.variance,
            "dispersion": self.dispersion,
            "edges": list(self.edges),
            "log_capital": list(self.log_capital),
            "block": self.dependence.block,
            "inflation": self.dependence.inflation,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        return cls(
            n=state["n"],
            mean=state["mean"],
            variance=state["variance"],
            dispersion=state["dispersion"],
            edges=tuple(state["edges"]),
            log_capital=tuple(state["log_capital"]),
            dependence=Dependence(state["block"], state["inflation"]),
        )


def unstaked(n: float) -> float:
    """The share of capital never staked: a large baseline is asked for little evidence."""
    return 1 / (1 + math.sqrt(6000 / n))


@dataclass(frozen=True, slots=True)
class _Staked:
    """Bets on the losses of a baseline; `n` is the number of independent ones they are worth."""

    losses: Floats
    stakes: Floats
    inflation: float
    n: float

    @classmethod
    def on(cls, losses: Floats, inflation: float) -> Self:
        """Bet sizes, each decided before its own loss is looked at."""
        n = losses.size
        count = 1.0 + np.arange(n)  # begins with one imagined loss: mean 1/4, variance 1/16
        total = 0.25 + np.concatenate(([0.0], np.cumsum(losses)[:-1]))
        squares = 0.125 + np.concatenate(([0.0], np.cumsum(losses**2)[:-1]))
        variance = np.maximum(squares / count - (total / count) ** 2, SMALLEST_VARIANCE)
        stakes = STAKE * np.sqrt(inflation / (n * variance))
        return cls(losses, np.minimum(stakes, LARGEST_STAKE), inflation, n / inflation)

    def log_capital(self, means: Floats) -> Floats:
        """For each mean g, the log of the capital won by betting that the mean is below g.

        What dependent losses win is worth the root of it only: they win and lose together.
        """
        unstaked_share = unstaked(self.n)
        won = [np.log1p(self.stakes * (mean - self.losses)).sum() for mean in means]
        return np.asarray(
            np.logaddexp(
                np.log(unstaked_share), np.log1p(-unstaked_share) + np.array(won) / self.inflation
            )
        )


def _edges(staked: _Staked) -> Floats:
    """Cell borders: 0, then finer the less the baseline says, then 1."""
    n, mean = staked.n, staked.losses.mean()
    deviation = np.sqrt(max(staked.losses.var(), 0.25 / n) / n)
    bottom = max(mean - deviation, 0.2 * mean, 0.3 / n)
    top = _contradicted(staked, bottom)
    fine = bottom + (top - bottom) * np.linspace(0, 1, 64) ** 2
    evidence = np.maximum.accumulate(staked.log_capital(fine))
    level = (evidence - np.log(unstaked(n))) ** 0.25 + np.linspace(0, 1e-3, fine.size)
    inner = np.interp(np.linspace(level[0], level[-1], CELLS - 1), level, fine)
    return np.concatenate(([0.0], inner, [1.0]))


def _contradicted(staked: _Staked, bottom: float) -> float:
    """The smallest mean against which the baseline alone holds TOP_NATS; at most just below 1."""
    low, high = bottom, 1.0
    for _ in range(24):
        middle = (low + high) / 2
        if staked.log_capital(np.array([middle]))[0] > TOP_NATS:
            high = middle
        else:
            low = middle
    return high
