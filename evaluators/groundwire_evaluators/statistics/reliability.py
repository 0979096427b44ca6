"""Whether a probability means what it says: reliability curve, calibration error, Brier."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import ArrayLike

from groundwire_evaluators.statistics.interval import Interval
from groundwire_evaluators.statistics.mean import Mean, mean
from groundwire_evaluators.statistics.proportion import wilson

BINS = 10
FEWEST_IN_BIN = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Units of like probability: what it says on average, and what was the case."""

    said: float
    observed: float
    interval: Interval
    n: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """`error` is the expected calibration error; `error_of_chance` what it would be, on average,
    of a perfectly calibrated probability in these bins: its upward bias. `brier` is the mean
    squared error, None with fewer than three units."""

    bins: tuple[Bin, ...]
    error: float | None
    error_of_chance: float | None
    brier: Mean | None
    n: int


def reliability(
    probabilities: ArrayLike, outcomes: ArrayLike, clusters: Sequence[Hashable] | None = None
) -> Reliability:
    """The curve over at most ten bins of equally many units, at least ten in each.

    The expected calibration error is a mean of absolute values, so it is above 0 for a perfect
    probability too, the more so the smaller the bins (Roelofs et al. 2022,
    https://arxiv.org/abs/2012.08668): never read it without `error_of_chance`. Brier's score is
    unbiased. Units count alike: weigh before where they were drawn unequally.

    Raises:
        ValueError: lengths differ, or a value is not in [0, 1].
    """
    said, truth = np.asarray(probabilities, dtype=float), np.asarray(outcomes, dtype=float)
    if said.shape != truth.shape or not all(
        np.all((each >= 0) & (each <= 1)) for each in (said, truth)
    ):
        raise ValueError("every unit needs a probability and an outcome, in [0, 1]")
    n = len(said)
    count = min(BINS, n // FEWEST_IN_BIN)
    parts = np.array_split(np.argsort(said, kind="stable"), count) if count else []
    bins = tuple(_bin(said[part], truth[part]) for part in parts)
    squares = [float(each) for each in (said - truth) ** 2]
    names = clusters if clusters is not None else list(range(n))
    return Reliability(
        bins=bins,
        error=sum(each.n * abs(each.said - each.observed) for each in bins) / n if bins else None,
        error_of_chance=sum(_by_chance(each) for each in bins) / n if bins else None,
        brier=mean(squares, names),
        n=n,
    )


def _bin(said: np.ndarray, truth: np.ndarray) -> Bin:
    n, hits = len(said), float(truth.sum())
    return Bin(float(said.mean()), hits / n, wilson(hits, n), n)


def _by_chance(each: Bin) -> float:
    """n times the mean absolute deviation of a share of `n` units from `said`, nearly."""
    return each.n * sqrt(2 * each.said * (1 - each.said) / (pi * each.n))
