"""State of one detector, numbered: a checkpoint writes only what changed."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from groundwire_collector.storage.drift import PEAK_WINDOW_NS

_versions = count(1)


def new_version() -> int:
    """Number of a state that no other state in this process has had."""
    return next(_versions)


@dataclass(frozen=True, slots=True)
class DetectorState:
    """State of one detector, stored separately.

    `version` changes with each change of the state.
    """

    version: int
    statistic: float
    state: Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class StatisticPeak:
    """Maximum of a statistic in fixed windows of the clock, for scrapers.

    `largest` is the maximum in `window`, a number of minutes since the epoch; `recent` that in it
    and in the minute before. Nobody who reads it resets it, so every scraper sees the same.

    >>> peak = StatisticPeak().raised(0.5, 60 * 10**9).raised(0.1, 61 * 10**9)
    >>> peak.raised(0.2, 130 * 10**9)
    StatisticPeak(window=2, largest=0.2, recent=0.5)
    """

    window: int = 0
    largest: float = 0.0
    recent: float = 0.0

    def raised(self, statistic: float, now_ns: int) -> "StatisticPeak":
        """The peak with one more statistic; a clock that goes back stays in its window."""
        window = max(now_ns // PEAK_WINDOW_NS, self.window)
        if window == self.window:
            recent = max(self.recent, statistic)
            return StatisticPeak(window, max(self.largest, statistic), recent)
        before = self.largest if window == self.window + 1 else 0.0
        return StatisticPeak(window, statistic, max(statistic, before))
