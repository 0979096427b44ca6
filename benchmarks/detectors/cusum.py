"""Page's CUSUM, for a stream whose two distributions are known."""

import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from groundwire_evaluators.drift.arrays import Floats
from groundwire_evaluators.drift.baseline import Baseline
from groundwire_evaluators.drift.betting import Dated
from groundwire_evaluators.drift.change_point import ChangePoint

STATES = 400  # of the chain that stands for the statistic, between a restart and the alarm
LARGEST_LOSS = 0.999


class Cusum(Dated):
    """M <- max(M, mass) * (1 + bet * (loss - mean)), the likelihood ratio for losses of 0 and 1.

    Page 1954; with mass as the level of restart. `threshold` 1 is the one with a proof: the
    expected number of false alarms, resets included, is at most the sum of the masses while the
    conditional mean of every turn is at most `mean` (M never exceeds the Shiryaev-Roberts sum of
    `KnownMeanESR`). No independence is needed for that, and no distribution.

    Price: for the change it was made for, with independent losses of 0 and 1, no detector has a
    shorter worst delay at the same rate of false alarms (Moustakides 1986); with threshold 1 most
    of the budget stays unspent, for 1.2 to 1.8 times the delay of the threshold that spends it,
    which `calibrated` computes. That threshold is void for dependent turns. Smaller changes than
    half of `worse` - `mean` are never found, larger ones late. Neither mean is allowed for being
    estimated: choose `TwoSampleESR` then. Memory: one number beside the change point.
    """

    def __init__(
        self, *, mean: float, worse: float, dispersion: float = 1.0, threshold: float = 1.0
    ) -> None:
        """Mean losses before and after; `dispersion` is the variance over mean * (1 - mean)."""
        if not 0 < mean < worse < 1:
            raise ValueError(f"the means must satisfy 0 < {mean} < {worse} < 1")
        if not (0 < dispersion <= 1 and 0 < threshold < math.inf):
            raise ValueError("dispersion must be in (0, 1] and threshold positive")
        self.mean, self.worse = mean, worse
        self.dispersion, self.threshold = dispersion, threshold
        self._bet = min((worse - mean) / (dispersion * mean * (1 - mean)), LARGEST_LOSS / mean)
        self._level = 0.0
        self._growth: float | None = None  # of a shard
        known = Baseline(10**9, mean, dispersion * mean * (1 - mean), dispersion, (), ())
        super().__init__(ChangePoint(known, worse - mean))

    @classmethod
    def calibrated(cls, *, mean: float, worse: float, mass: float) -> Self:
        """With the threshold that spends the budget on independent losses of 0 and 1.

        For turns that are all given `mass`: an alarm every 1 / mass turns, by the Markov chain of
        Brook and Evans 1972, to some percent.
        """
        if not 0 < mass < 1:
            raise ValueError(f"mass {mass} must be between 0 and 1")
        low, high = 1e-3, math.log(1 / mass)
        for _ in range(30):
            middle = (low + high) / 2
            if _turns_to_alarm(mean, worse, middle) < 1 / mass:
                low = middle
            else:
                high = middle
        return cls(mean=mean, worse=worse, threshold=mass * math.exp(high))

    def update(self, loss: float, mass: float, at: int) -> None:
        """One turn. Price: some 3 microseconds, most of it for the change point.

        Raises:
            ValueError: loss, mass or time are refused.
        """
        self._accept(loss, mass, at)
        factor = 1 + self._bet * (loss - self.mean)
        self._level = min(max(self._level, mass) * factor, 1e100)
        if self._growth is not None:
            self._growth = min(self._growth * factor, 1e100)
        self._change_point.update(loss, mass, at)

    @property
    def statistic(self) -> float:
        return self._level / self.threshold

    def reset(self) -> None:
        super().reset()
        self._level = 0.0
        self._growth = None if self._growth is None else 1.0

    def shard(self) -> Self:
        shard = type(self)(**self._parameters())
        shard._growth = 1.0
        return shard

    def merge(self, later: Self) -> None:
        if later._growth is None:
            raise ValueError("only a shard can be merged; make it by shard()")
        self._level = min(max(self._level * later._growth, later._level), 1e100)
        if self._growth is not None:
            self._growth = min(self._growth * later._growth, 1e100)
        super().merge(later)

    def _parameters(self) -> dict[str, float]:
        return {
            "mean": self.mean,
            "worse": self.worse,
            "dispersion": self.dispersion,
            "threshold": self.threshold,
        }

    def to_state(self) -> dict[str, Any]:
        progress = {"level": self._level, "growth": self._growth, **self._progress()}
        return {"detector": "cusum", **self._parameters(), **progress}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        names = ("mean", "worse", "dispersion", "threshold")
        detector = cls(**{name: state[name] for name in names})
        detector._resume(state)
        detector._level, detector._growth = state["level"], state["growth"]
        return detector


def _turns_to_alarm(mean: float, worse: float, height: float) -> float:
    """The mean number of quiet turns until log M has risen by `height` above its restart."""
    bad, good = math.log(worse / mean), math.log((1 - worse) / (1 - mean))
    levels = np.linspace(0, height, STATES + 1)[:-1]
    stays = np.zeros((STATES, STATES))
    for step, chance in ((bad, mean), (good, 1 - mean)):
        _add_moves(stays, np.maximum(levels + step, 0.0), chance, height)
    return float(np.linalg.solve(np.eye(STATES) - stays, np.ones(STATES))[0])


def _add_moves(stays: Floats, reached: Floats, chance: float, height: float) -> None:
    """Split each move between the two levels next to what is reached; past the top is an alarm."""
    rows = np.flatnonzero(reached < height)
    place = reached[rows] / height * STATES
    below = np.minimum(place.astype(int), STATES - 1)
    above = np.minimum(below + 1, STATES - 1)
    np.add.at(stays, (rows, below), chance * (1 - (place - below)))
    np.add.at(stays, (rows, above), chance * (place - below))
