"""Mean of clustered units, with a cluster-robust interval."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

from groundwire_evaluators.statistics.interval import Interval, student_quantile


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean of `n` units in `clusters` clusters, with its interval."""

    value: float
    interval: Interval
    n: int
    clusters: int


def mean(values: Sequence[float], clusters: Sequence[Hashable], level: float = 0.95) -> Mean | None:
    """Mean with linearised cluster variance; Student's t on clusters - 1.

    None with fewer than three clusters: nothing is known then of how they vary.

    >>> from groundwire_evaluators.statistics import mean
    >>> found = mean([0.2, 0.4, 0.9, 0.5], clusters=["a", "a", "b", "c"])
    >>> found.value, found.clusters
    (0.5, 3)
    """
    n = len(values)
    value = sum(values) / n if n else 0.0
    totals: dict[Hashable, float] = {}
    for each, cluster in zip(values, clusters, strict=True):
        totals[cluster] = totals.get(cluster, 0.0) + each - value
    count = len(totals)
    if count < 3:
        return None
    spread = sum(total * total for total in totals.values()) * count / (count - 1)
    half = student_quantile(level, count - 1) * sqrt(spread) / n
    return Mean(value, Interval(value - half, value + half), n, count)
