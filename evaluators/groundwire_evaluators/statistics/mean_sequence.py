"""Anytime-valid confidence interval of a bounded mean, by betting."""

from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from groundwire_evaluators.statistics.interval import Interval

Floats = NDArray[np.float64]
MEANS = np.linspace(0.0, 1.0, 1001)  # looked at; an end lies between two of them
LARGEST_BET = 0.9  # of what would lose everything at once


def mean_interval(values: ArrayLike, level: float = 0.95) -> Interval:
    """Interval of the mean of values in [0, 1], valid at every look.

    Guarantee: whatever the distribution, and however often one looks while values are added, the
    chance that it ever misses the conditional mean is at most 1 - level, while that mean stays the
    same. Hedged capital of two bets against each possible mean, with the variance seen so far
    (Waudby-Smith and Ramdas 2024, https://arxiv.org/abs/2010.09686). Price: some 10 microseconds a
    value; 1.5 to 2 times as wide as the interval of one look.

    Raises:
        ValueError: a value is outside [0, 1], or the level outside (0, 1).

    >>> from groundwire_evaluators.statistics.mean_sequence import mean_interval
    >>> low, high = mean_interval([0.0, 1.0, 0.0, 0.0] * 100)
    >>> round(low, 2), round(high, 2)
    (0.17, 0.37)
    """
    seen = np.asarray(values, dtype=np.float64).reshape(-1)
    if not np.all((seen >= 0) & (seen <= 1)) or not 0 < level < 1:
        raise ValueError("values must lie in [0, 1], the level in (0, 1)")
    bets = _bets(seen, 1 - level)
    up, down = np.zeros_like(MEANS), np.zeros_like(MEANS)
    most = np.full_like(MEANS, -np.inf)
    with np.errstate(divide="ignore"):
        highest = np.minimum(LARGEST_BET / MEANS, 1e6)
        lowest = np.minimum(LARGEST_BET / (1 - MEANS), 1e6)
    for value, bet in zip(seen.tolist(), bets.tolist(), strict=True):
        up += np.log1p(np.minimum(bet, highest) * (value - MEANS))
        down += np.log1p(-np.minimum(bet, lowest) * (value - MEANS))
        np.maximum(most, np.maximum(up, down) - log(2), out=most)
    left = np.flatnonzero(most < log(1 / (1 - level)))
    if not left.size:  # the mean cannot have stayed the same; say where it was at last
        return Interval(float(seen.min()), float(seen.max()))
    step = MEANS[1]
    return Interval(float(MEANS[left[0]] - step), float(MEANS[left[-1]] + step)).clipped()


def _bets(values: Floats, alpha: float) -> Floats:
    """Size of each bet, from the values before it."""
    number = np.arange(1, values.size + 1)
    means = (0.5 + np.cumsum(values)) / (number + 1)
    spread = (0.25 + np.cumsum((values - means) ** 2)) / (number + 1)
    before = np.concatenate(([0.25], spread[:-1]))[: values.size]
    return np.asarray(np.sqrt(2 * log(2 / alpha) / (before * number * np.log1p(number))))
