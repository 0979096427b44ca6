"""Confidence intervals of a proportion (Wilson, Clopper-Pearson)."""

from math import sqrt

from groundwire_evaluators.statistics.beta import beta_quantile
from groundwire_evaluators.statistics.interval import Interval, normal_quantile


def wilson(hits: float, total: float, level: float = 0.95) -> Interval:
    """Wilson score interval of hits / total; (0, 1) for total 0.

    Fractions are welcome, so that weighted counts can be given with their effective total. It keeps
    its coverage near 0 and 1 and for small totals, where the normal interval does not (Brown, Cai
    and DasGupta 2001, https://doi.org/10.1214/ss/1009213286). It takes the units for independent:
    answers that share a question are not, use `hajek` with clusters for them.

    >>> from groundwire_evaluators.statistics import wilson
    >>> low, high = wilson(hits=3, total=100)
    >>> round(low, 3), round(high, 3)
    (0.01, 0.085)
    """
    if total < 0 or not 0 <= hits <= max(total, 0):
        raise ValueError(f"{hits} hits of {total} is not a proportion")
    if total == 0:
        return Interval(0.0, 1.0)
    z = normal_quantile(level)
    share, spread = hits / total, z * z / total
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / total + spread / (4 * total))
    low = 0.0 if hits == 0 else centre - half
    high = 1.0 if hits == total else centre + half
    return Interval(low, high).clipped()


def clopper_pearson(hits: float, total: float, level: float = 0.95) -> Interval:
    """Exact interval of hits / total, with coverage of at least `level`.

    Valid at every size and share, of independent units of one share (Clopper and Pearson 1934,
    https://doi.org/10.1093/biomet/26.4.404); price: it is longer than needed, since hits are whole
    numbers. Fractions are welcome, with an effective total, as Korn and Graubard (1998) proposed
    for weighted or clustered samples: a good approximation, no longer a guarantee.

    >>> from groundwire_evaluators.statistics import clopper_pearson
    >>> low, high = clopper_pearson(hits=3, total=100)
    >>> round(low, 3), round(high, 3)
    (0.006, 0.085)
    """
    if total < 0 or not 0 <= hits <= max(total, 0):
        raise ValueError(f"{hits} hits of {total} is not a proportion")
    tail = (1 - level) / 2
    low = beta_quantile(tail, hits, total - hits + 1) if hits > 0 else 0.0
    high = beta_quantile(1 - tail, hits + 1, total - hits) if hits < total else 1.0
    return Interval(low, high)


def difference(
    hits: int, total: int, other_hits: int, other_total: int, level: float = 0.95
) -> Interval:
    """Interval of the difference of two independent proportions.

    Newcombe's hybrid of two Wilson intervals (1998, method 10), which keeps its coverage where
    a share is near 0 or 1. Empty samples say nothing: (-1, 1).

    >>> from groundwire_evaluators.statistics import difference
    >>> low, high = difference(30, 100, 20, 100)
    >>> round(low, 3), round(high, 3)
    (-0.02, 0.217)
    """
    if total == 0 or other_total == 0:
        return Interval(-1.0, 1.0)
    one, other = hits / total, other_hits / other_total
    low, high = wilson(hits, total, level)
    other_low, other_high = wilson(other_hits, other_total, level)
    below = sqrt((one - low) ** 2 + (other_high - other) ** 2)
    above = sqrt((high - one) ** 2 + (other - other_low) ** 2)
    return Interval(one - other - below, one - other + above)
