"""A closed interval, and the quantiles of the normal and Student distributions that make one."""

from math import isfinite, pi, sqrt, tan
from statistics import NormalDist
from typing import NamedTuple

_NORMAL = NormalDist()


class Interval(NamedTuple):
    """From `low` to `high`, both included."""

    low: float
    high: float

    def clipped(self, low: float = 0.0, high: float = 1.0) -> "Interval":
        return Interval(min(max(self.low, low), high), min(max(self.high, low), high))


def normal_quantile(level: float) -> float:
    """How many standard errors to either side hold `level` of a normal distribution."""
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies in (0, 1), not at {level}")
    return _NORMAL.inv_cdf(0.5 + level / 2)


def student_quantile(level: float, freedom: float) -> float:
    """The same for Student's t; the Cornish-Fisher expansion (Abramowitz and Stegun 26.7.5), good
    to 1 % at 3 degrees of freedom and 0.01 % from 10 on; exact at 1 and 2; the normal at infinity.
    """
    z = normal_quantile(level)
    if not isfinite(freedom):
        return z
    if freedom < 1:
        raise ValueError(f"at least one degree of freedom is needed, not {freedom}")
    if freedom < 2.5:
        return _few_degrees(level, freedom)
    g1 = (z**3 + z) / 4
    g2 = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    g3 = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    g4 = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    return z + g1 / freedom + g2 / freedom**2 + g3 / freedom**3 + g4 / freedom**4


def _few_degrees(level: float, freedom: float) -> float:
    if freedom < 1.5:
        return tan(pi * level / 2)
    alpha = 1 - level
    return sqrt(2 / (alpha * (2 - alpha)) - 2)
