"""Calibration of probabilities: reliability curve, calibration error, Brier score."""

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
    """Calibration bin: mean predicted probability and observed share."""

    predicted: float
    observed: float
    interval: Interval
    n: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """Reliability curve with calibration error and Brier score.

    `error` is the expected calibration error; `error_of_chance` what it would be, on average, of a
    perfectly calibrated probability in these bins: its upward bias. `brier` is the mean squared
    error, None with fewer than three units.
    """

    bins: tuple[Bin, ...]
    error: float | None
    error_of_chance: float | None
    brier: Mean | None
    n: int


def reliability(
    probabilities: ArrayLike, outcomes: ArrayLike, clusters: Sequence[Hashable] | None = None
) -> Reliability:
    """Reliability curve over at most ten bins, with at least ten units each.

    The expected calibration error is a mean of absolute values, so it is above 0 for a perfect
    probability too, the more so the smaller the bins (Roelofs et al. 2022,
    https://arxiv.org/abs/2012.08668): never read it without `error_of_chance`. Brier's score is
    unbiased. Units count alike: weigh before where they were drawn unequally.

    Raises:
        ValueError: lengths differ, or a value is not in [0, 1].

    >>> from groundwire_evaluators.statistics import reliability
    >>> outcomes = [0, 0, 0, 0, 1] * 10 + [1, 1, 1, 0, 0] * 10
    >>> found = reliability([0.2] * 50 + [0.8] * 50, outcomes)
    >>> round(found.error, 3), round(found.brier.value, 3)
    (0.1, 0.22)
    """
    predicted, truth = np.asarray(probabilities, dtype=float), np.asarray(outcomes, dtype=float)
    if predicted.shape != truth.shape or not all(
        np.all((each >= 0) & (each <= 1)) for each in (predicted, truth)
    ):
        raise ValueError("every unit needs a probability and an outcome, in [0, 1]")
    n = len(predicted)
    count = min(BINS, n // FEWEST_IN_BIN)
    parts = np.array_split(np.argsort(predicted, kind="stable"), count) if count else []
    bins = tuple(_bin(predicted[part], truth[part]) for part in parts)
    squares = [float(each) for each in (predicted - truth) ** 2]
    names = clusters if clusters is not None else list(range(n))
    return Reliability(
        bins=bins,
        error=sum(each.n * abs(each.predicted - each.observed) for each in bins) / n
        if bins
        else None,
        error_of_chance=sum(_by_chance(each) for each in bins) / n if bins else None,
        brier=mean(squares, names),
        n=n,
    )


def _bin(predicted: np.ndarray, truth: np.ndarray) -> Bin:
    n, hits = len(predicted), float(truth.sum())
    return Bin(float(predicted.mean()), hits / n, wilson(hits, n), n)


def _by_chance(each: Bin) -> float:
    """n times the mean absolute deviation of a share of `n` units from `predicted`, nearly."""
    return each.n * sqrt(2 * each.predicted * (1 - each.predicted) / (pi * each.n))
