"""Difference of two groups within shared strata (Mantel-Haenszel weights)."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.statistics.contrast import Contrast
from groundwire_evaluators.statistics.interval import Interval, student_quantile
from groundwire_evaluators.statistics.proportion import wilson

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
FEWEST_IN_STRATUM = 2  # of each group, below which a stratum says nothing of its variance
FEWEST_CLUSTERS = 3


@dataclass(frozen=True, slots=True)
class Group:
    """Units of one side: a value, a stratum and its clusters each.

    `clusters`: one or two ways in which units are not independent, such as question and session.
    """

    values: Sequence[float]
    strata: Sequence[str]
    clusters: Sequence[Sequence[Hashable]] = field(default=())


def standardised(
    before: Group, after: Group, *, share: bool = False, ratio: bool = False
) -> Contrast | None:
    """Mean change within the strata that both groups hold; None where they share none.

    Strata weigh n·m / (n + m) (Cochran 1954, Mantel and Haenszel 1959), so that another mix of
    strata is no change, and a stratum that one group lacks counts nothing. Variance: linearised
    over clusters, of two ways as Cameron, Gelbach and Miller (2011) add them up, never less than of
    either; Student's t on the fewest clusters. `share` (values 0 or 1): Newcombe's hybrid of two
    Wilson intervals at the effective sizes, which holds where a share is near 0 or 1. `ratio`:
    positive values, compared by geometric means; others count as the smallest positive one.

    Price: linear in units. Assumes nothing of the strata but that they were not chosen by the
    values. A stratum with fewer than two units of a group is left out.

    >>> from groundwire_evaluators.statistics.standardised import Group, standardised
    >>> easy, hard = [1.0, 1, 1, 0] * 25, [0.0, 1, 0, 0] * 25
    >>> before = Group(easy * 3 + hard, ["easy"] * 300 + ["hard"] * 100)
    >>> after = Group(easy + hard * 3, ["easy"] * 100 + ["hard"] * 300)
    >>> found = standardised(before, after, share=True)
    >>> round(found.change, 3), found.interval().low < 0 < found.interval().high
    (0.0, True)
    """
    numbers = _Numbers.of(before, after, ratio)
    if numbers is None:
        return None
    one, other = numbers.mean(0), numbers.mean(1)
    if ratio:
        one, other = exp(one), exp(other)
    return Contrast(
        before=one,
        after=other,
        n=numbers.counts,
        interval_at=numbers.share_interval if share else numbers.mean_interval,
        clusters=numbers.clusters,
        ratio=ratio,
    )


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Values of both groups in shared strata, with weights that add up to 1 a group."""

    values: Floats
    side: Codes  # 0 before, 1 after
    weights: Floats
    residuals: Floats  # weighted, from the mean of group and stratum
    ways: tuple[Codes, ...]  # codes of clusters
    ratio: bool

    @classmethod
    def of(cls, before: Group, after: Group, ratio: bool) -> "_Numbers | None":
        values = np.array([*before.values, *after.values], dtype=float)
        side = np.repeat([0, 1], [len(before.values), len(after.values)])
        strata = _codes([*before.strata, *after.strata])
        if ratio and (values > 0).any():
            values = np.log(np.maximum(values, values[values > 0].min()))
        elif ratio:
            return None
        counts = np.zeros((2, int(strata.max(initial=-1)) + 1))
        np.add.at(counts, (side, strata), 1.0)
        shared = (counts >= FEWEST_IN_STRATUM).all(axis=0)
        inside = np.asarray(shared, dtype=bool)[strata]
        if not inside.any():
            return None
        weigh = np.where(shared, counts[0] * counts[1] / np.maximum(counts.sum(axis=0), 1), 0.0)
        values, side, strata = values[inside], side[inside], strata[inside]
        weights = (weigh / weigh.sum())[strata] / counts[side, strata]
        sums = np.zeros_like(counts)
        np.add.at(sums, (side, strata), values)
        means = sums / np.maximum(counts, 1)
        spread = np.sqrt(counts / np.maximum(counts - 1, 1))
        residuals = weights * (values - means[side, strata]) * spread[side, strata]
        ways = tuple(_codes([*a, *b])[inside] for a, b in _ways(before, after))
        return cls(values, side, weights, residuals, ways, ratio)

    @property
    def counts(self) -> tuple[int, int]:
        return int((self.side == 0).sum()), int((self.side == 1).sum())

    @property
    def clusters(self) -> int:
        return min((len(np.unique(codes)) for codes in self.ways), default=self.side.size)

    def mean(self, side: int) -> float:
        return float((self.values * self.weights)[self.side == side].sum())

    def mean_interval(self, level: float) -> Interval:
        sign = np.where(self.side == 1, 1.0, -1.0)
        change = self.mean(1) - self.mean(0)
        if self.clusters < FEWEST_CLUSTERS:
            return Interval(-np.inf, np.inf)
        error = sqrt(self._variance(sign * self.residuals, self.ways))
        half = student_quantile(level, self.clusters - 1) * error
        if self.ratio:
            return Interval(exp(change - half) - 1, exp(min(change + half, 700.0)) - 1)
        return Interval(change - half, change + half)

    def share_interval(self, level: float) -> Interval:
        """Newcombe's hybrid; clusters that both groups share are taken for apart, which widens."""
        if self.clusters < FEWEST_CLUSTERS:
            return Interval(-1.0, 1.0)
        one, other = (min(max(self.mean(side), 0.0), 1.0) for side in (0, 1))  # rounding
        before = wilson(one * self._effective(0), self._effective(0), level)
        after = wilson(other * self._effective(1), self._effective(1), level)
        change = other - one
        low = change - sqrt((other - after.low) ** 2 + (before.high - one) ** 2)
        high = change + sqrt((after.high - other) ** 2 + (one - before.low) ** 2)
        return Interval(low, high).clipped(-1.0, 1.0)

    def _effective(self, side: int) -> float:
        """Independent units with the same variance, at most as many as the weights allow."""
        inside = self.side == side
        weights = self.weights[inside]
        ways = tuple(codes[inside] for codes in self.ways)
        kish = float(1 / (weights**2).sum())
        share = self.mean(side)
        variance = self._variance(self.residuals[inside], ways)
        if variance <= 0 or not 0 < share < 1:
            return min([kish, *(1 / _squares(weights, codes) for codes in ways)])
        few = min((len(np.unique(codes)) for codes in ways), default=weights.size)
        factor = (few - 1) / few if few > 1 else 0.5
        return max(1.0, min(share * (1 - share) / variance * factor, kish))

    @staticmethod
    def _variance(influence: Floats, ways: Sequence[Codes]) -> float:
        if not ways:
            return float((influence**2).sum())
        found = [_squares(influence, codes) * _few(codes) for codes in ways]
        if len(ways) == 2:
            both = _codes(list(zip(*(codes.tolist() for codes in ways), strict=True)))
            found.append(sum(found) - _squares(influence, both) * _few(both))
        return max(found)


def _ways(before: Group, after: Group) -> list[tuple[Sequence[Hashable], Sequence[Hashable]]]:
    return list(zip(before.clusters, after.clusters, strict=True))


def _codes(names: Sequence[Hashable]) -> Codes:
    index: dict[Hashable, int] = {}
    return np.array([index.setdefault(name, len(index)) for name in names], dtype=np.intp)


def _squares(influence: Floats, codes: Codes) -> float:
    _, dense = np.unique(codes, return_inverse=True)
    return float((np.bincount(dense, weights=influence) ** 2).sum())


def _few(codes: Codes) -> float:
    count = len(np.unique(codes))
    return count / (count - 1) if count > 1 else 1.0
