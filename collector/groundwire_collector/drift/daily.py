"""Daily detector: day means compared with those of the baseline.

It ignores what varies within a day (hours, bursts, batches) and keeps its reference, so it
detects a decay that is too slow for any window.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from groundwire_collector.drift.dimensions import NANOSECONDS
from groundwire_evaluators.drift import Baseline, Change, TwoSampleESR

DAY_NS = 86_400 * NANOSECONDS
LEAST_DAYS = 21  # of the baseline; with fewer no number of later days would contradict it
LEAST_TURNS = 10  # of a day that counts
MOST_TURNS = 500  # of a day that are averaged: more hardly sharpen its mean
USUAL = 0.25  # of the baseline's days may have fewer turns than are averaged
SHARE = 0.15  # of a monitor's time-based mass
WINDOW = 2.0  # width of the window of day means that is looked at, in smallest effects
CENTRED = 3  # one in so many days of the baseline says where the window lies


@dataclass(slots=True)
class Sample:
    """Reservoir sample of a day's losses, at most `size`.

    What a day's mean looks like through a window depends on how many losses it averages, so this
    number has to be that of the baseline's days. Which are taken owes nothing to losses: it follows
    from the day and the place of the turn in it (Vitter 1985, algorithm R).
    """

    size: int
    seen: int = 0
    losses: list[float] = field(default_factory=list)

    def add(self, loss: float, day: int) -> None:
        """The next turn of this day."""
        self.seen += 1
        if len(self.losses) < self.size:
            self.losses.append(loss)
            return
        digest = hashlib.blake2b(f"{day} {self.seen}".encode(), digest_size=8).digest()
        place = int.from_bytes(digest, "big") % self.seen
        if place < self.size:
            self.losses[place] = loss

    @property
    def full(self) -> bool:
        return len(self.losses) >= self.size

    @property
    def mean(self) -> float:
        return sum(self.losses) / len(self.losses)


@dataclass(frozen=True, slots=True)
class DayWindow:
    """Rescaled day means: 0 at `low`, 1 at `low + width`.

    Day means lie so close together that a bet on them as they are would win nearly nothing. The
    window is laid by the first third of the days; the others are the baseline, so that where it
    lies owes nothing to them. Each mean is that of `turns` turns, in the baseline and after it.
    """

    low: float
    width: float
    turns: int
    baseline: Baseline

    @classmethod
    def of(cls, turns: Iterable[tuple[int, float]], min_effect: float) -> "DayWindow | None":
        """From times and losses. Whole days (UTC) with enough turns count; None where these are
        too few. The first and the last day are left out: they are parts of days."""
        days: dict[int, list[float]] = {}
        for at_ns, loss in turns:
            days.setdefault(at_ns // DAY_NS, []).append(loss)
        inner = {day: days[day] for day in sorted(days)[1:-1] if len(days[day]) >= LEAST_TURNS}
        if len(inner) < LEAST_DAYS:
            return None
        size = _usual([len(losses) for losses in inner.values()])
        means = [_mean(losses, day, size) for day, losses in inner.items() if len(losses) >= size]
        first = len(means) // CENTRED
        low, width = float(np.mean(means[:first])) - WINDOW * min_effect / 4, WINDOW * min_effect
        seen = np.clip((np.array(means[first:]) - low) / width, 0.0, 1.0)
        return cls(low, width, size, Baseline.from_losses(seen))

    def seen(self, mean: float) -> float:
        return min(max((mean - self.low) / self.width, 0.0), 1.0)

    def to_state(self) -> dict[str, Any]:
        plain = {"low": self.low, "width": self.width, "turns": self.turns}
        return {**plain, "baseline": self.baseline.to_state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "DayWindow":
        baseline = Baseline.from_state(state["baseline"])
        return cls(state["low"], state["width"], state["turns"], baseline)


def _usual(counts: Sequence[int]) -> int:
    """Turns to average a day: what three in four days have, and enough days in any case."""
    ordered = sorted(counts)
    most = min(int(len(counts) * USUAL), len(counts) - LEAST_DAYS)
    return min(ordered[most], MOST_TURNS)


def _mean(losses: Iterable[float], day: int, size: int) -> float:
    sample = Sample(size)
    for loss in losses:
        sample.add(loss, day)
    return sample.mean


class DailyMonitor:
    """One detector of day means; its change point is a day.

    Guarantee: the detector's, while the conditional mean of a day (through its window) given the
    days before is not worse than that of the baseline's days, however many turns a day has: the
    mean is always that of as many. Days with fewer become one with those after them. Price: sees
    nothing before midnight (UTC); a growth by the smallest effect that matters takes some ten days
    with a baseline of three weeks, a larger one a week (docs/explanation/drift.md).
    """

    def __init__(self, days: DayWindow, min_effect: float) -> None:
        self.days = days
        self.detector = TwoSampleESR(
            baseline=days.baseline, min_effect=min(min_effect / days.width, 0.9)
        )
        self.number = 0  # of the day under way
        self.sample = Sample(days.turns)  # of its turns, and of days before that had too few
        self.mass = 0.0  # that waits for its end

    def observe(self, loss: float, mass: float, at_ns: int) -> None:
        """A turn; the first of a new day ends the day before, if that had enough of them."""
        number = at_ns // DAY_NS
        if number > self.number:
            if self.sample.full:
                self._end()
            self.number = number
        self.sample.add(loss, number)
        self.mass += mass

    def _end(self) -> None:
        seen = self.days.seen(self.sample.mean)
        self.detector.update(seen, self.mass, self.number * DAY_NS)
        self.sample, self.mass = Sample(self.days.turns), 0.0

    @property
    def statistic(self) -> float:
        return self.detector.statistic

    @property
    def change(self) -> Change | None:
        """In times and mean losses: the detector's steps are days, seen through a window."""
        found, width = self.detector.change, self.days.width
        if found is None:
            return None
        (first, last), (low, high) = found.interval, found.size_interval
        return Change(
            found.since, (first, last + DAY_NS - 1), found.size * width, (low * width, high * width)
        )

    def reset(self) -> None:
        self.detector.reset()
        self.sample, self.mass = Sample(self.days.turns), 0.0

    def to_state(self) -> dict[str, Any]:
        return {
            "day": [self.number, self.sample.seen, self.mass],
            "losses": self.sample.losses,
            "detector": self.detector.to_state(),
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        self.number, seen, self.mass = state["day"]
        self.sample = Sample(self.days.turns, seen, list(state["losses"]))
        self.detector = TwoSampleESR.from_state(state["detector"])
