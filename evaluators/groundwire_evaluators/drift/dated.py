"""Shared base of detectors: time order, onset and size of change."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from groundwire_evaluators.drift.arrays import Floats
from groundwire_evaluators.drift.change_point import ChangePoint


class Ordered:
    """Takes turns in order of time, and refuses what is no turn."""

    last: int | None = None  # time of the last turn

    def update(self, loss: float, mass: float, at: int) -> None:
        raise NotImplementedError

    @property
    def statistic(self) -> float:
        raise NotImplementedError

    @property
    def drift_detected(self) -> bool:
        return self.statistic >= 1

    def update_many(
        self, losses: Sequence[float], masses: Sequence[float], ats: Sequence[int]
    ) -> int:
        """Feed turns until the statistic reaches 1; how many were fed."""
        values, weights = self._accept_many(losses, masses, ats)
        for index, (loss, mass) in enumerate(zip(values.tolist(), weights.tolist(), strict=True)):
            if self.drift_detected:
                return index
            self.update(loss, mass, int(ats[index]))
        return len(values)

    def _accept(self, loss: float, mass: float, at: int) -> None:
        """Raises ValueError for what is no loss, no mass, or a time before the last one."""
        if not (0 <= loss <= 1 and 0 <= mass < float("inf")):
            raise ValueError(f"loss {loss} must be in [0, 1], mass {mass} finite and not negative")
        if self.last is not None and at < self.last:
            raise ValueError(f"time {at} is before that of the last turn; feed turns in order")
        self.last = at

    def _accept_many(
        self, losses: Sequence[float], masses: Sequence[float], ats: Sequence[int]
    ) -> tuple[Floats, Floats]:
        """The same for turns that are to be fed."""
        values, weights = np.asarray(losses, dtype=float), np.asarray(masses, dtype=float)
        if not (
            np.all((values >= 0) & (values <= 1)) and np.all((weights >= 0) & (weights < np.inf))
        ):
            raise ValueError("losses must be in [0, 1], masses finite and not negative")
        times = np.asarray(ats, dtype=np.int64)
        known = [] if self.last is None else [self.last]
        if np.any(np.diff(times, prepend=known) < 0):
            raise ValueError("time goes back; feed turns in order")
        return values, weights


class Dated(Ordered):
    """Detector base that remembers turns to estimate the change point."""

    def __init__(self, change_point: ChangePoint) -> None:
        self._change_point = change_point

    @property
    def changed_at(self) -> int | None:
        return self._change_point.changed_at

    @property
    def changed_interval(self) -> tuple[int, int] | None:
        return self._change_point.changed_interval

    @property
    def size(self) -> float | None:
        return self._change_point.size

    @property
    def size_interval(self) -> tuple[float, float] | None:
        return self._change_point.size_interval

    def since(self, at: int) -> tuple[float, float, float]:
        """Turns, losses and squared losses from `at` on; exact where `at` is `changed_at`."""
        return self._change_point.since(at)

    def reset(self) -> None:
        self._change_point.reset()
        self.last = None

    def merge(self, later: Self) -> None:
        self._change_point.merge(later._change_point)
        if later.last is not None:
            self.last = max(later.last, self.last or later.last)

    def _progress(self) -> dict[str, Any]:
        return {"change_point": self._change_point.to_state(), "last": self.last}

    def _resume(self, state: Mapping[str, Any]) -> None:
        self._change_point.resume(state["change_point"])
        self.last = state["last"]
