"""Change between paired values, clustered, with exact sign-flip p-values."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.statistics.contrast import Contrast
from groundwire_evaluators.statistics.interval import Interval, student_quantile
from groundwire_evaluators.statistics.mcnemar import newcombe_pairs

Floats = NDArray[np.float64]
FEWEST_CLUSTERS = 3
ENUMERATED = 14  # clusters that changed, up to which all 2^n signs are gone through
DRAWS = 20_000  # of signs, where there are more and their sums are no whole numbers
_SEED = 20_261_129
_MOST_CELLS = 4_000_000  # of the table of exact sums


def paired(
    before: Sequence[float],
    after: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    ratio: bool = False,
) -> Contrast | None:
    """Mean change of paired values; pairs of one cluster (say, a question) are not independent.

    Values 0 or 1: Newcombe's interval (1998, method 10) at the effective number of pairs, McNemar's
    table scaled by the variance that clusters add. Others: linearised over clusters, Student's t.
    `ratio`: positive values, compared by geometric means. The p-values are exact where each
    cluster's change is as likely as its opposite, which equal versions fulfil: all signs are gone
    through (with one pair a cluster that is McNemar's test), or 20,000 are drawn. None below three
    clusters.

    >>> from groundwire_evaluators.statistics.paired import paired
    >>> found = paired([1.0] * 10, [1.0] * 5 + [0.0] * 5, clusters=range(10))
    >>> found.change, found.p_below()
    (-0.5, 0.03125)
    """
    numbers = _Pairs.of(before, after, clusters, ratio)
    if numbers is None or numbers.sums.size < FEWEST_CLUSTERS:
        return None
    one, other = float(numbers.before.mean()), float(numbers.after.mean())
    if ratio:
        one, other = exp(one), exp(other)
    return Contrast(
        before=one,
        after=other,
        n=(numbers.before.size, numbers.after.size),
        interval_at=numbers.table_interval if numbers.binary else numbers.mean_interval,
        clusters=numbers.sums.size,
        pairs=True,
        ratio=ratio,
        exact_p=lambda direction: sign_flip_p(numbers.sums, direction),
    )


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Paired values, and the summed change of each cluster."""

    before: Floats
    after: Floats
    sums: Floats
    sizes: Floats  # pairs of each cluster
    ratio: bool
    binary: bool

    @classmethod
    def of(
        cls,
        before: Sequence[float],
        after: Sequence[float],
        clusters: Sequence[Hashable],
        ratio: bool,
    ) -> "_Pairs | None":
        one, other = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
        if not one.size == other.size == len(clusters):
            raise ValueError("every pair needs both values and a cluster")
        binary = not ratio and bool(np.isin(one, (0, 1)).all() and np.isin(other, (0, 1)).all())
        if ratio:
            positive = [*one[one > 0], *other[other > 0]]
            if not positive:
                return None
            one, other = (np.log(np.maximum(each, min(positive))) for each in (one, other))
        index: dict[Hashable, int] = {}
        codes = [index.setdefault(name, len(index)) for name in clusters]
        sums = np.bincount(codes, weights=other - one, minlength=len(index)).astype(float)
        sizes = np.bincount(codes, minlength=len(index)).astype(float)
        return cls(one, other, sums, sizes, ratio, binary)

    @property
    def change(self) -> float:
        return float((self.after - self.before).mean())

    def mean_interval(self, level: float) -> Interval:
        half = student_quantile(level, self.sums.size - 1) * sqrt(self._variance())
        low, high = self.change - half, self.change + half
        if self.ratio:
            return Interval(exp(low) - 1, exp(min(high, 700.0)) - 1)
        return Interval(low, high)

    def table_interval(self, level: float) -> Interval:
        one, other = self.before > 0.5, self.after > 0.5
        counts = [(one & other), (one & ~other), (~one & other), (~one & ~other)]
        scale = self._effective() / one.size
        both, lost, gained, neither = (float(each.sum()) * scale for each in counts)
        return newcombe_pairs(both, lost, gained, neither, level)

    def _effective(self) -> float:
        """Independent pairs with the same variance; without change as many as clusters."""
        changes = self.after - self.before
        n, count = changes.size, self.sums.size
        variance = float(changes.var()) / n
        if count == n:
            return float(n)
        if variance == 0:
            return float(count)
        return min(float(n), n * variance / max(self._variance(), 1e-300))

    def _variance(self) -> float:
        """Of the mean change, linearised over clusters of any sizes."""
        n, count = self.before.size, self.sums.size
        residuals = self.sums - self.sizes * self.change
        return float((residuals**2).sum()) * count / (count - 1) / n**2


def sign_flip_p(sums: Floats, direction: int) -> float:
    """One-sided p-value of a sum of changes, by the flips of their signs.

    `direction` -1: of a sum as low as this, 1: as high. Whole numbers: exact, by convolution; else
    all signs of up to 14 changes, or 20,000 draws, which count themselves among them; below what
    these resolve Hoeffding's bound (1963, theorem 2).

    >>> import numpy as np
    >>> from groundwire_evaluators.statistics.paired import sign_flip_p
    >>> sign_flip_p(np.array([-1.0, -1.0, -1.0, 0.0]), direction=-1)
    0.125
    """
    changed = np.abs(sums[sums != 0])
    reached = direction * float(sums.sum())
    if not changed.size:
        return 1.0
    whole = bool((changed == np.round(changed)).all())
    if whole and changed.size * 2 * changed.sum() <= _MOST_CELLS:
        return _exact(changed.astype(int), round(reached))
    if changed.size <= ENUMERATED:
        signs = 1 - 2 * ((np.arange(2**changed.size)[:, None] >> np.arange(changed.size)) & 1)
        return float((signs @ changed >= reached - 1e-9).mean())
    draws = np.random.default_rng(_SEED).integers(0, 2, (DRAWS, changed.size), dtype=np.int8)
    found = (2.0 * draws - 1.0) @ changed
    drawn = float((1 + (found >= reached - 1e-9).sum()) / (DRAWS + 1))
    bound = exp(-(max(reached, 0.0) ** 2) / (2 * float((changed**2).sum())))
    return min(drawn, bound)


def _exact(changed: NDArray[np.intp], reached: int) -> float:
    """P(sum of ±changed >= reached) by convolution."""
    total = int(changed.sum())
    chances = np.zeros(2 * total + 1)
    chances[total] = 1.0
    for each in changed.tolist():
        chances = (np.roll(chances, each) + np.roll(chances, -each)) / 2
    return float(chances[total + reached :].sum())
