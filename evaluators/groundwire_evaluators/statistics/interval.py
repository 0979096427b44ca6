"""Confidence intervals, with normal and Student quantiles."""

from math import isfinite, sqrt
from statistics import NormalDist
from typing import NamedTuple

from groundwire_evaluators.statistics.beta import beta_quantile

_NORMAL = NormalDist()
NORMAL_FROM = 1e7  # degrees of freedom; there the two differ by less than 1e-6


class Interval(NamedTuple):
    """Closed interval from `low` to `high`.

    >>> from groundwire_evaluators.statistics import Interval
    >>> Interval(-0.1, 0.4).clipped()
    Interval(low=0.0, high=0.4)
    """

    low: float
    high: float

    def clipped(self, low: float = 0.0, high: float = 1.0) -> "Interval":
        return Interval(min(max(self.low, low), high), min(max(self.high, low), high))


def normal_quantile(level: float) -> float:
    """Two-sided normal quantile of `level`.

    >>> from groundwire_evaluators.statistics.interval import normal_quantile
    >>> round(normal_quantile(0.95), 2)
    1.96
    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level must be in (0, 1), not {level}")
    return _NORMAL.inv_cdf(0.5 + level / 2)


def student_quantile(level: float, freedom: float) -> float:
    """The same for Student's t, to 1e-9; the normal at infinity.

    By t² = f (1 - x) / x, where x is the (1 - level) quantile of Beta(f / 2, 1 / 2)
    (Abramowitz and Stegun 26.7.1).

    Raises:
        ValueError: less than one degree of freedom, or a level outside (0, 1).

    >>> from groundwire_evaluators.statistics.interval import student_quantile
    >>> round(student_quantile(0.95, freedom=4), 2)
    2.78
    """
    z = normal_quantile(level)
    if not isfinite(freedom) or freedom > NORMAL_FROM:
        return z
    if freedom < 1:
        raise ValueError(f"at least one degree of freedom is required, not {freedom}")
    x = beta_quantile(1 - level, freedom / 2, 0.5)
    return sqrt(freedom * (1 - x) / x)
