"""The slow clock: one step a day, the day's mean against the day means of the pinned baseline.

What moves within a day (hours, bursts, batches) is no matter to it, and it does not forget: a decay
too slow for any window is a growth of the day's mean against a reference that stays.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from groundwire_collector.drift.rolling_limit import NANOSECONDS
from groundwire_evaluators.drift import Baseline, TwoSampleESR

DAY_NS = 86_400 * NANOSECONDS
LEAST_DAYS = 21  # of the baseline; with fewer no number of later days would contradict it
LEAST_TURNS = 10  # of a day that counts
SHARE = 0.15  # of a watch's time
WINDOW = 2.0  # width of the window of day means that is looked at, in smallest effects
CENTRED = 3  # one in so many days of the baseline says where the window lies


@dataclass(frozen=True, slots=True)
class DayWindow:
    """Day means through a window: 0 at `low` and below, 1 at `low + width` and above.

    Day means lie so close together that a bet on them as they are would win nearly nothing. The
    window is laid by the first third of the days; the others are the baseline, so that where it
    lies owes nothing to them.
    """

    low: float
    width: float
    baseline: Baseline

    @classmethod
    def of(cls, turns: Iterable[tuple[int, float]], min_effect: float) -> "DayWindow | None":
        """From times and losses. Whole days (UTC) with enough turns count; None where these are
        too few. The first and the last day are left out: they are parts of days."""
        days: dict[int, list[float]] = {}
        for at_ns, loss in turns:
            days.setdefault(at_ns // DAY_NS, []).append(loss)
        whole = [days[day] for day in sorted(days)[1:-1] if len(days[day]) >= LEAST_TURNS]
        if len(whole) < LEAST_DAYS:
            return None
        means = np.array([np.mean(day) for day in whole])
        first = len(means) // CENTRED
        low, width = float(means[:first].mean()) - WINDOW * min_effect / 4, WINDOW * min_effect
        seen = np.clip((means[first:] - low) / width, 0.0, 1.0)
        return cls(low, width, Baseline.from_losses(seen))

    def seen(self, mean: float) -> float:
        return min(max((mean - self.low) / self.width, 0.0), 1.0)

    def to_state(self) -> dict[str, Any]:
        return {"low": self.low, "width": self.width, "baseline": self.baseline.to_state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "DayWindow":
        return cls(state["low"], state["width"], Baseline.from_state(state["baseline"]))


@dataclass(slots=True)
class DayInProgress:
    """The day under way: what its turns lost, and the mass that waits for its end."""

    number: int = 0
    losses: float = 0.0
    turns: int = 0
    mass: float = 0.0


class DailyMonitor:
    """One detector of day means; its change point is a day.

    Guarantee: the detector's, while the conditional mean of a day (through its window) given the
    days before is not worse than that of the baseline's days. Price: sees nothing before midnight
    (UTC); a growth by the smallest effect that matters takes some ten days with a baseline of three
    weeks, a larger one a week (docs/decisions/0077-strata-and-blocks.md).
    """

    def __init__(self, days: DayWindow, min_effect: float) -> None:
        self.days = days
        self.detector = TwoSampleESR(
            baseline=days.baseline, min_effect=min(min_effect / days.width, 0.9)
        )
        self.day = DayInProgress()

    def observe(self, loss: float, mass: float, at_ns: int) -> None:
        """A turn; the first of a new day ends the day before."""
        number = at_ns // DAY_NS
        if number > self.day.number:
            self._end()
            self.day = DayInProgress(number, mass=self.day.mass)
        self.day.losses += loss
        self.day.turns += 1
        self.day.mass += mass

    def _end(self) -> None:
        day = self.day
        if day.turns >= LEAST_TURNS:
            seen = self.days.seen(day.losses / day.turns)
            self.detector.update(seen, day.mass, day.number * DAY_NS)
            day.mass = 0.0

    @property
    def statistic(self) -> float:
        return self.detector.statistic

    def reset(self) -> None:
        self.detector.reset()
        self.day = DayInProgress(self.day.number)

    def to_state(self) -> dict[str, Any]:
        day = self.day
        return {
            "day": [day.number, day.losses, day.turns, day.mass],
            "detector": self.detector.to_state(),
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        self.day = DayInProgress(*state["day"])
        self.detector = TwoSampleESR.from_state(state["detector"])
