"""Since when, and by how much: a bounded memory of where the evidence against stability began."""

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from groundwire_evaluators.drift.baseline import Baseline, Floats
from groundwire_evaluators.drift.bets import kelly

RECENT = 32  # turns kept one by one before they are merged
GROWTH = 0.1  # a segment spans this share of its age
OLDEST = 50_000  # turns; everything before is one segment
Z = 1.645
EFFECTS = (0.5, 1.0, 2.0, 4.0, 8.0)  # growths looked for, in units of the smallest that matters


class ChangePoint:
    """Where a change of the mean began, given bets against the old one.

    Each possible start keeps the evidence gathered since then, weighted by its mass: the same
    terms whose sum is the Shiryaev-Roberts statistic, here read as a posterior over the start.
    Old starts are merged, so the memory is at most 32 turns and about 80 segments; a start is known
    to about a tenth of its age. Price: some 3 microseconds a turn.

    Intervals are nominal 90 % (measured coverage: docs/reference/detectors.md).
    """

    def __init__(self, mean: float, variance: float, n: int, bets: Sequence[float]) -> None:
        self._mean, self._variance, self._n = mean, variance, n
        self._bets = [float(bet) for bet in bets]
        self.reset()

    @classmethod
    def after(cls, baseline: Baseline, min_effect: float) -> Self:
        """Looks back from the baseline's mean, kept away from 0 where no turn was bad."""
        mean = np.array([(baseline.n * baseline.mean + 0.25) / (baseline.n + 0.5)])
        bets = kelly(np.array(EFFECTS) * min_effect, mean, baseline)
        variance = float(baseline.variance_at(mean)[0])
        return cls(float(mean[0]), variance, baseline.n, bets.tolist())

    def reset(self) -> None:
        width = len(self._bets)
        self._log_growth = [0.0] * width
        self._recent: list[tuple[int, float, list[float]]] = []
        self._times = np.empty((0, 2), dtype=np.int64)  # first and last turn of a segment
        self._sums = np.empty((0, 3))  # turns, losses, squared losses
        self._evidence = np.empty((0, width))  # log of mass over growth before the start

    def update(self, loss: float, mass: float, at: int) -> None:
        log_mass = math.log(mass) if mass > 0 else -700.0
        growth = self._log_growth
        self._recent.append((at, loss, [log_mass - grown for grown in growth]))
        excess = loss - self._mean
        self._log_growth = [
            grown + math.log1p(bet * excess) for grown, bet in zip(growth, self._bets, strict=True)
        ]
        if len(self._recent) >= RECENT:
            self._merge()

    @property
    def changed_at(self) -> int | None:
        starts = self._starts()
        if starts is None:
            return None
        return int(self._times[_quantile(starts, 0.5), 0])

    @property
    def changed_interval(self) -> tuple[int, int] | None:
        starts = self._starts()
        if starts is None:
            return None
        first, last = _quantile(starts, 0.05), _quantile(starts, 0.95)
        return int(self._times[first, 0]), int(self._times[last, 1])

    @property
    def size(self) -> float | None:
        starts = self._starts()
        if starts is None:
            return None
        turns, losses, _ = self._sums[_quantile(starts, 0.5) :].sum(axis=0)
        return float(losses / turns - self._mean)

    @property
    def size_interval(self) -> tuple[float, float] | None:
        starts = self._starts()
        if starts is None:
            return None
        since = np.cumsum(self._sums[::-1], axis=0)[::-1]
        turns, losses, squares = since[_quantile(starts, 0.05) : _quantile(starts, 0.95) + 1].T
        mean = losses / turns
        spread = np.maximum(squares / turns - mean**2, 0) * turns + self._variance
        error = np.sqrt(spread / (turns + 1) / turns + self._variance / self._n)
        low, high = (mean - Z * error).min(), (mean + Z * error).max()
        return float(max(low, 0) - self._mean), float(min(high, 1) - self._mean)

    def _starts(self) -> Floats | None:
        """The posterior of the start, one number a segment, summing to 1."""
        self._merge()
        if not len(self._times):
            return None
        weight = np.logaddexp.reduce(self._evidence + np.array(self._log_growth), axis=1)
        share = np.exp(weight - weight.max())
        return np.asarray(share / share.sum())

    def _merge(self) -> None:
        if not self._recent:
            return
        at = np.array([turn[0] for turn in self._recent], dtype=np.int64)
        loss = np.array([turn[1] for turn in self._recent])
        evidence = np.array([turn[2] for turn in self._recent])
        self._recent = []
        times = np.concatenate((self._times, np.column_stack((at, at))))
        sums = np.concatenate((self._sums, np.column_stack((np.ones_like(loss), loss, loss**2))))
        evidence = np.concatenate((self._evidence, evidence))
        first = _segment_starts(sums[:, 0])
        last = np.append(first[1:], len(times)) - 1
        self._times = np.column_stack((times[first, 0], times[last, 1]))
        self._sums = np.add.reduceat(sums, first)
        self._evidence = np.logaddexp.reduceat(evidence, first)

    def to_state(self) -> dict[str, Any]:
        self._merge()
        return {
            "mean": self._mean,
            "variance": self._variance,
            "n": self._n,
            "bets": self._bets,
            "log_growth": self._log_growth,
            "times": self._times.tolist(),
            "sums": self._sums.tolist(),
            "evidence": self._evidence.tolist(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        restored = cls(state["mean"], state["variance"], state["n"], state["bets"])
        width = len(state["bets"])
        restored._log_growth = list(state["log_growth"])
        restored._times = np.array(state["times"], dtype=np.int64).reshape(-1, 2)
        restored._sums = np.array(state["sums"]).reshape(-1, 3)
        restored._evidence = np.array(state["evidence"]).reshape(-1, width)
        return restored


def _segment_starts(turns: Floats) -> npt.NDArray[np.intp]:
    """Indices at which a new segment begins when old neighbours are merged."""
    age = np.cumsum(turns[::-1])[::-1] - turns  # turns after the segment
    level = np.log(np.minimum(age, OLDEST) + 1 / GROWTH) / np.log1p(GROWTH)
    level = np.where(age < RECENT, -np.arange(len(turns)), np.floor(level) + 1)
    return np.flatnonzero(np.append(True, np.diff(level) != 0))


def _quantile(share: Floats, level: float) -> int:
    """The first segment at which the shares add up to `level`."""
    return min(int(np.searchsorted(np.cumsum(share), level)), len(share) - 1)
