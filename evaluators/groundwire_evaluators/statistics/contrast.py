"""Difference of two means, with intervals at any level and one-sided p-values."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, log

from groundwire_evaluators.statistics.interval import Interval

LEAST_P = 1e-9  # smaller ones are reported as this
_STEPS = 40


@dataclass(frozen=True, slots=True)
class Contrast:
    """Change of a mean between two groups, with its interval.

    `before` and `after` are means over `n` units each. `change` is after minus before; where
    `ratio`, after divided by before minus 1, of geometric means. `interval_at` is a two-sided
    interval of the change for a confidence level. `clusters`: groups of units that are not
    independent of each other. `pairs`: the units are pairs. `exact_p`: one-sided exact p-value of a
    change in a direction (-1, 1), where there is one.

    >>> from groundwire_evaluators.statistics.contrast import Contrast
    >>> from groundwire_evaluators.statistics import difference
    >>> found = Contrast(0.5, 0.3, (100, 100), lambda level: difference(30, 100, 50, 100, level))
    >>> found.interval(0.95).high < 0, round(found.p_below(0.0), 3), found.p_above(0.0)
    (True, 0.002, 0.5)
    """

    before: float
    after: float
    n: tuple[int, int]
    interval_at: Callable[[float], Interval] = field(repr=False, compare=False)
    clusters: int = 0
    pairs: bool = False
    ratio: bool = False
    exact_p: Callable[[int], float] | None = field(default=None, repr=False, compare=False)

    @property
    def change(self) -> float:
        if self.ratio:
            return self.after / self.before - 1 if self.before else 0.0
        return self.after - self.before

    def interval(self, level: float = 0.95) -> Interval:
        """Two-sided interval of the change."""
        return self.interval_at(level)

    def p_below(self, bound: float = 0.0) -> float:
        """One-sided p-value of a change that is not below `bound`; at most 0.5.

        Of `bound` 0 the exact one where there is one, else the level at which the interval's end
        meets the bound.
        """
        if self.exact_p is not None and bound == 0.0:
            return min(self.exact_p(-1), 0.5)
        return _smallest(lambda alpha: self.interval_at(1 - 2 * alpha).high < bound)

    def p_above(self, bound: float = 0.0) -> float:
        """One-sided p-value of a change that is not above `bound`; at most 0.5."""
        if self.exact_p is not None and bound == 0.0:
            return min(self.exact_p(1), 0.5)
        return _smallest(lambda alpha: self.interval_at(1 - 2 * alpha).low > bound)


def _smallest(holds: Callable[[float], bool]) -> float:
    """The smallest alpha in (0, 0.5) at which an interval excludes a value, by bisection."""
    low, high = log(LEAST_P), log(0.4999)
    if not holds(exp(high)):
        return 0.5
    if holds(exp(low)):
        return LEAST_P
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(exp(middle)) else (middle, high)
    return exp(high)
