"""Ratio estimator for clustered units with known sampling probabilities."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.statistics.interval import (
    Interval,
    normal_quantile,
    student_quantile,
)
from groundwire_evaluators.statistics.proportion import wilson

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Ratio with interval; `n` units in the denominator, in `clusters` clusters.

    `effective` is the number of independent, equally weighted units that would tell as much.
    `value` is None and the interval (0, 1) where n is 0.
    """

    value: float | None
    interval: Interval
    n: int
    clusters: int
    effective: float


def hajek(
    hits: Sequence[float],
    probabilities: Sequence[float] | None = None,
    clusters: Sequence[Hashable] | None = None,
    level: float = 0.95,
) -> Estimate:
    """Share of hits among all units (Hájek), from a sample with known probabilities.

    Hájek's estimator, sum(w·hit) / sum(w) with w = 1 / probability; its variance by linearisation
    over `clusters` (units that share one, say the same question, are not independent). The interval
    is Wilson's on the effective number of units, that is the one whose binomial variance equals the
    linearised variance, with Korn and Graubard's (1998) correction for few clusters; so it keeps
    its coverage at shares near 0, where memorization ratios live.

    Without `probabilities` all are 1; without `clusters` each unit is its own. A hit may be a part
    of one, in [0, 1]: it varies at most as much as a yes or no of the same mean.

    >>> from groundwire_evaluators.statistics import hajek
    >>> found = hajek([True, False, False, False], probabilities=[1.0, 0.5, 0.5, 0.5])
    >>> round(found.value, 3), round(found.effective, 1)
    (0.143, 3.8)
    """
    outcome = np.asarray(hits, dtype=np.float64)
    n = len(outcome)
    if n == 0:
        return Estimate(None, Interval(0.0, 1.0), 0, 0, 0.0)
    weights = np.ones(n) if probabilities is None else _weights(probabilities, n)
    groups = _groups(clusters, n)
    share = float(np.sum(weights * outcome) / np.sum(weights))
    effective = _effective(outcome, weights, groups, share)
    count = int(groups.max()) + 1
    usable = effective * _few_clusters(count, level) if clusters is not None else effective
    interval = wilson(share * usable, usable, level)
    return Estimate(share, interval, n, count, effective)


def _weights(probabilities: Sequence[float], n: int) -> Floats:
    array = np.asarray(probabilities, dtype=np.float64)
    if len(array) != n or not np.all((array > 0) & (array <= 1)):
        raise ValueError("every unit needs a sampling probability in (0, 1]")
    return 1.0 / array


def _groups(clusters: Sequence[Hashable] | None, n: int) -> NDArray[np.intp]:
    if clusters is None:
        return np.arange(n)
    if len(clusters) != n:
        raise ValueError("every unit needs a cluster")
    index: dict[Hashable, int] = {}
    return np.array([index.setdefault(cluster, len(index)) for cluster in clusters], dtype=np.intp)


def _effective(outcome: Floats, weights: Floats, groups: NDArray[np.intp], share: float) -> float:
    """Effective sample size: independent units with the same variance.

    Never more than the weights alone allow: with few clusters the estimated variance is noisy, and
    where it comes out too small the interval would be too short.
    """
    kish = float(np.sum(weights) ** 2 / np.sum(weights**2))
    by_size = _by_size(weights, groups)
    if share in (0.0, 1.0):
        return by_size
    residual = weights * (outcome - share) / np.sum(weights)
    totals = np.bincount(groups, weights=residual)
    count = len(totals)
    if count < 2:
        return 1.0
    variance = float(np.sum(totals**2)) * count / (count - 1)
    if variance <= 0:
        return by_size
    return max(1.0, min(share * (1 - share) / variance, kish))


def _by_size(weights: Floats, groups: NDArray[np.intp]) -> float:
    """As if units of one cluster all agreed: the clusters count, not their units."""
    totals = np.bincount(groups, weights=weights)
    return float(np.sum(totals) ** 2 / np.sum(totals**2))


def _few_clusters(count: int, level: float) -> float:
    """(z / t)²: with few clusters the variance is itself uncertain."""
    if count < 3:
        return 1.0
    return (normal_quantile(level) / student_quantile(level, count - 1)) ** 2
