"""Distribution shift: population stability index and ranks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
HALF = 0.5  # of a turn, added to every bin, so that an empty one is no infinity


@dataclass(frozen=True, slots=True)
class Stability:
    """Population stability index, and its mean under no change.

    `noise` is its mean then, about (bins - 1) * (1 / n + 1 / m): an index of 0.1 means much with
    ten thousand turns and nothing with fifty.
    """

    index: float
    noise: float


def stability(before: Mapping[str, int], now: Mapping[str, int]) -> Stability:
    """The population stability index of counts by bin (Yurdakul 2018 gives its law).

    Symmetric Kullback-Leibler divergence: sum of (q - p) * log(q / p) over the bins. Both sides
    need at least one turn.

    >>> from groundwire_evaluators.statistics.distribution import stability
    >>> found = stability({"short": 500, "long": 500}, {"short": 300, "long": 700})
    >>> round(found.index, 3), round(found.noise, 3)
    (0.169, 0.002)
    """
    names = sorted({*before, *now})
    old = np.array([before.get(name, 0) + HALF for name in names])
    new = np.array([now.get(name, 0) + HALF for name in names])
    n, m = float(sum(before.values())), float(sum(now.values()))
    if not n or not m:
        raise ValueError("both sides need turns")
    p, q = old / old.sum(), new / new.sum()
    noise = (len(names) - 1) * (1 / n + 1 / m)
    return Stability(float(((q - p) * np.log(q / p)).sum()), noise)


def ranks(values: Sequence[float] | Floats, before: Sequence[float] | Floats) -> Floats:
    """The place of each value among those before, in [0, 1]: 0.5 where it is a usual one.

    Equal values share the middle of their places. So numbers of any unit can be compared with
    themselves, and only with themselves.

    >>> from groundwire_evaluators.statistics.distribution import ranks
    >>> ranks([0, 25, 50], before=[10, 20, 30, 40]).tolist()
    [0.0, 0.5, 1.0]
    """
    old = np.sort(np.asarray(before, dtype=float))
    points = np.asarray(values, dtype=float)
    low, high = np.searchsorted(old, points, "left"), np.searchsorted(old, points, "right")
    return np.asarray((low + high) / 2 / max(len(old), 1))


def tenths(places: Floats) -> dict[str, int]:
    """Ranks counted by tenths of the values before.

    >>> from groundwire_evaluators.statistics.distribution import ranks, tenths
    >>> tenths(ranks([12, 35, 38], before=[10, 20, 30, 40]))["0.7"]
    2
    """
    bins = np.minimum((np.asarray(places) * 10).astype(int), 9)
    return {f"{number / 10:.1f}": int((bins == number).sum()) for number in range(10)}
