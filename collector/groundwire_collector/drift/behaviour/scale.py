"""Ranks of values among those of a baseline."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

MOST_POINTS = 64


@dataclass(frozen=True, slots=True)
class RankScale:
    """Mid-ranks of sorted values; between them ranks are interpolated.

    The mean rank of other values is the probability that one of them exceeds one of these, ties
    counted half (Mann and Whitney 1947): 0.5 where nothing changed, whatever the distribution.
    """

    values: tuple[float, ...]
    ranks: tuple[float, ...]

    @classmethod
    def of(cls, sample: Sequence[float]) -> "RankScale":
        """From at least one value; at most 64 points are remembered."""
        ordered = sorted(sample)
        distinct = sorted(set(ordered))
        if len(distinct) > MOST_POINTS:
            last = len(distinct) - 1
            distinct = [distinct[round(at * last / (MOST_POINTS - 1))] for at in range(MOST_POINTS)]
        ranks = [
            (bisect_left(ordered, value) + bisect_right(ordered, value)) / 2 / len(ordered)
            for value in distinct
        ]
        return cls(tuple(distinct), tuple(ranks))

    def rank(self, value: float) -> float:
        """Rank of a value in [0, 1]."""
        at = bisect_left(self.values, value)
        if at == len(self.values):
            return 1.0
        if self.values[at] == value:
            return self.ranks[at]
        if at == 0:
            return 0.0
        low, high = self.values[at - 1], self.values[at]
        part = (value - low) / (high - low)
        return self.ranks[at - 1] + part * (self.ranks[at] - self.ranks[at - 1])
