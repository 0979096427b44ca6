"""Dependence between turns: estimation, and block length to remove it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SURE = 3.5  # standard errors from which on turns are called dependent
SPAN = 3.5  # correlation times in a block
SHORTEST = 2.0  # correlation time looked for, in turns
LONGEST = 1 / 40  # of the baseline
ROUNDING = 1e-12  # of losses in [0, 1]: what equal ones differ by from their mean
DOUBT = 0.7  # how far the error of the estimate is allowed for, in standard errors


@dataclass(frozen=True, slots=True)
class Dependence:
    """Variance inflation of a stream against independent turns.

    `block`: turns whose mean counts as one, so long that the next block owes little to this one.
    `inflation`: the variance of a sum of very many turns, over that of independent ones.

    >>> from groundwire_evaluators.drift import Dependence
    >>> alternating, bursts = [0, 1] * 500, ([0] * 20 + [1] * 20) * 25
    >>> Dependence.of(alternating).block
    1
    >>> Dependence.of(bursts).block
    16
    """

    block: int = 1
    inflation: float = 1.0

    @classmethod
    def of(cls, losses: Sequence[float] | Floats, strata: Sequence[object] | None = None) -> Self:
        """From the losses of a baseline in the order of their turns; and their strata, if any.

        Fits a correlation that fades as exp(-turns / time) to the autocovariances and allows for
        the error of the fit, which is about exp(4 * sqrt(time / n)) up or down. Dependence is
        seen where the baseline spans some hundred correlation times, and in less than one of
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
        return cls.on_grid(SPAN * time * math.sqrt(doubt), 1 + (inflation - 1) * doubt)

    @classmethod
    def on_grid(cls, block: float, inflation: float) -> Self:
        """Round to a countable grid: block a power of 2, inflation a power of the root of 2.

        What is chosen from the losses has to be one of a few alternatives fixed in advance, each
        with a price (docs/explanation/drift.md); an arbitrary estimate has none.
        """
        doublings = max(round(math.log2(max(block, 2.0))), 1)
        halves = min(max(round(2 * math.log2(max(inflation, 1.0))), 1), 2 * doublings)
        return cls(block=2**doublings, inflation=2 ** (halves / 2))

    @property
    def alternatives(self) -> int:
        """How many inflations the grid holds for this block; 1 without dependence."""
        return max(2 * round(math.log2(self.block)), 1)


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
