"""Dependence between turns: how strong it is, and the block of turns that hides it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from groundwire_evaluators.drift.arrays import Floats

SURE = 3.0  # standard errors from which on turns are called dependent
SPAN = 2.5  # correlation times in a block
SHORTEST = 2.0  # correlation time looked for, in turns
LONGEST = 1 / 20  # of the baseline
DEPENDENT = 1.2  # variance ratio from which on turns are fed in blocks
FEWEST_BATCHES = 10
ROUNDING = 1e-12  # of losses in [0, 1]: what equal ones differ by from their mean
DOUBT = 0.7  # how far the error of the estimate is allowed for, in standard errors


@dataclass(frozen=True, slots=True)
class Dependence:
    """How much less the turns of a stream say than independent ones would.

    `block`: turns whose mean counts as one, so long that the next block owes little to this one.
    `inflation`: the variance of a sum of very many turns, over that of independent ones.
    """

    block: int = 1
    inflation: float = 1.0

    @classmethod
    def of(cls, losses: Sequence[float] | Floats, strata: Sequence[object] | None = None) -> Self:
        """From the losses of a baseline in the order of their turns; and their strata, if any.

        Fits a correlation that fades as exp(-turns / time) to the autocovariances and allows for
        the error of the fit, which is about exp(4 * sqrt(time / n)) up or down. Dependence is
        seen where the baseline spans some hundred correlation times, and called so in one of
        hundred independent baselines. A season or a trend looks like a correlation that never
        fades: then the block is huge, and strata are the remedy. Price: milliseconds, once.
        """
        values = np.asarray(losses, dtype=float)
        n, spread = values.size, _without_means(values, strata)
        if n < SHORTEST / LONGEST or np.abs(spread).max() < ROUNDING:
            return cls()
        time, inflation = _fitted(_autocovariances(spread, n // 8), n)
        if time == 0:
            return cls()
        doubt = math.exp(DOUBT * 4 * math.sqrt(time / n))
        block = math.ceil(SPAN * time * math.sqrt(doubt))
        return cls(block=block, inflation=1 + (inflation - 1) * doubt)


def block_size(losses: Sequence[float] | Floats) -> int:
    """Turns a block needs so that blocks are nearly independent; 1 where turns already are."""
    return Dependence.of(losses).block


def _without_means(values: Floats, strata: Sequence[object] | None) -> Floats:
    if strata is None:
        return np.asarray(values - values.mean())
    _, of = np.unique(np.asarray([str(stratum) for stratum in strata]), return_inverse=True)
    means = np.bincount(of, weights=values) / np.bincount(of)
    return np.asarray(values - means[of])


def _autocovariances(centred: Floats, lags: int) -> Floats:
    """At lags 0, 1, ..., `lags`."""
    n = centred.size
    spectrum = np.fft.rfft(centred, 1 << (2 * n - 1).bit_length())
    return np.asarray(np.fft.irfft(spectrum * np.conj(spectrum))[: lags + 1] / n)


def _fitted(covariances: Floats, n: int) -> tuple[float, float]:
    """Correlation time in turns, and variance inflation; 0 and 1 where there is none."""
    variance, lags = covariances[0], np.arange(1, covariances.size)
    times = SHORTEST * 2 ** np.arange(0, 40, 0.5)
    times = times[times <= max(LONGEST * n, SHORTEST)]
    fading = (1 - 1 / times)[:, None] ** lags
    length = (fading**2).sum(axis=1)
    time, inflation = 0.0, 1.0
    for _ in range(3):  # a mean taken from the losses lowers all covariances a little
        lowered = inflation * variance / n * (1 - lags / n)
        seen = fading @ (covariances[1:] + lowered)
        best = int(np.argmax(seen / np.sqrt(length)))
        if seen[best] / np.sqrt(length[best]) < SURE * variance / math.sqrt(n):
            return 0.0, 1.0
        time = float(times[best])
        inflation = 1 + 2 * float(seen[best] / length[best] / variance) * (time - 1)
        inflation = min(inflation, 2 * time)
    return time, inflation


def variance_ratio(losses: Sequence[float] | Floats, batch: int) -> float:
    """Variance of means of `batch` neighbouring losses, over what independence would give.

    1 for independent turns, more for bursts (batch means; Meketon and Schmeiser 1984). Its
    standard error is about sqrt(2 / batches). 1 where fewer than ten batches fit, or where the
    losses are all equal.
    """
    values = np.asarray(losses, dtype=float)
    batches = values.size // batch
    if batches < FEWEST_BATCHES or values.min() == values.max():
        return 1.0
    means = values[: batches * batch].reshape(batches, batch).mean(axis=1)
    return float(means.var(ddof=1) * batch / values.var(ddof=1))


@dataclass(slots=True)
class Block:
    """Gathers `turns` turns and gives their mean loss, whole mass, and the time of the first."""

    turns: int
    losses: float = 0.0
    mass: float = 0.0
    count: int = 0
    began: int = 0

    def add(self, loss: float, mass: float, at: int) -> tuple[float, float, int] | None:
        """The block that this turn completes; None while it is not full."""
        if self.count == 0:
            self.began = at
        self.losses += loss
        self.mass += mass
        self.count += 1
        if self.count < self.turns:
            return None
        whole = (self.losses / self.count, self.mass, self.began)
        self.losses, self.mass, self.count = 0.0, 0.0, 0
        return whole

    def to_state(self) -> dict[str, Any]:
        return {
            "turns": self.turns,
            "losses": self.losses,
            "mass": self.mass,
            "count": self.count,
            "began": self.began,
        }


def block_means(losses: Sequence[float] | Floats, turns: int) -> Floats:
    """Means of whole blocks, as a baseline for a detector that is fed blocks."""
    values = np.asarray(losses, dtype=float)
    whole = values.size // turns * turns
    return np.asarray(values[:whole].reshape(-1, turns).mean(axis=1))
