"""Predicted detection delay of a monitor."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.budget import SEGMENT_SHARE, STEADY
from groundwire_collector.drift.config import PROVISIONAL_EFFECT, MonitorConfig
from groundwire_collector.drift.coverage import BaselineCoverage
from groundwire_collector.drift.daily import LEAST_DAYS
from groundwire_collector.drift.daily import SHARE as DAILY_SHARE
from groundwire_collector.drift.design import ComparisonDesign
from groundwire_collector.drift.recent_reference import SHARE as RECENT_SHARE
from groundwire_evaluators.drift import Baseline
from groundwire_evaluators.drift.sufficiency import Sufficiency

HOUR = 3600.0
GROWTHS = (0.02, 0.05, 0.10, 0.20)  # whose delays are said
HARDLY = 1e-12  # no mass at all would be no promise at all


@dataclass(frozen=True, slots=True)
class DetectionDelay:
    """Predicted delay for the smallest effect in the service's traffic.

    `pause` is the mean time between turns that count, in seconds, and `share` the monitor's part of
    the whole budget.
    """

    sufficiency: Sufficiency
    plan: ComparisonDesign
    pause: float
    share: float
    min_effect: float
    daily: bool
    repeats: int
    coverage: BaselineCoverage
    baseline: Baseline
    mass: float
    unit: float = 1.0

    @classmethod
    def of(
        cls, pinned: StratifiedBaseline, config: MonitorConfig, part: float, unit: float = 1.0
    ) -> "DetectionDelay":
        """Delay with a pinned baseline; `part` of the budget is its monitor's.

        `unit`: loss that stands for a mean of 1.
        """
        share = STEADY * (1 - config.deploy_share) * part
        mass = (
            config.budget.mass(pinned.pause_seconds, share * (1 - SEGMENT_SHARE))
            * pinned.plan.price
        )
        mass *= 1 - DAILY_SHARE if pinned.days else 1
        mass *= 1 if pinned.provisional else 1 - RECENT_SHARE
        smallest = min(pinned.strata.values(), key=lambda each: each.n)
        mass = min(max(mass / len(pinned.strata), HARDLY), 1.0)
        looked_for = PROVISIONAL_EFFECT if pinned.provisional else config.min_effect
        return cls(
            Sufficiency.of(smallest, looked_for * unit, mass),
            pinned.plan,
            pinned.pause_seconds * len(pinned.strata),
            share,
            looked_for,
            pinned.days is not None,
            pinned.seen - pinned.n,
            BaselineCoverage.of(pinned),
            smallest,
            mass,
            unit,
        )

    @property
    def delay_hours(self) -> float:
        return self.sufficiency.delay * self.pause / HOUR

    def expected(self) -> dict[float, float | None]:
        """Hours until growths of these sizes of the whole service are found; None: not at all."""
        return {growth: self._hours_until(growth) for growth in GROWTHS}

    def _hours_until(self, growth: float) -> float | None:
        found = Sufficiency.of(self.baseline, growth * self.unit, self.mass)
        return found.delay * self.pause / HOUR if math.isfinite(found.delay) else None

    def lines(self) -> Iterator[str]:
        """Sentences for users: detectable changes, delays and coverage."""
        if self.coverage.provisional:
            yield (
                "The baseline is not complete. Until it is, only large increases are detected, of "
                f"{self.min_effect:g} and more in the whole service or a new version"
            )
        sentence = str(self.sufficiency)
        yield sentence[0].upper() + sentence[1:]
        if self.sufficiency.sufficient:
            yield (
                f"At this rate of turns an increase of {self.min_effect:g} is detected after "
                f"about {in_words(self.delay_hours)}; it uses {self.share:.2g} of the time-based "
                "alarm budget"
            )
        found = [(growth, hours) for growth, hours in self.expected().items() if hours is not None]
        if found and not self.coverage.provisional:
            delays = ", ".join(f"+{growth:g} after {in_words(hours)}" for growth, hours in found)
            yield f"Expected detection delays in the whole service: {delays}"
        yield from self.coverage.lines()
        if self.plan.strata.any:
            yield f"Compared by stratum ({self.plan.strata}), as the baseline's losses differ by it"
        if self.plan.block > 1:
            yield (
                f"Turns of the baseline are correlated (over about {self.plan.block} turns, "
                f"{self.plan.dependence.inflation:.1f} count as one): the budget applies to blocks"
            )
        if self.plan.session:
            yield (
                "Turns of a session are correlated: one score per session counts "
                f"({self.repeats} of the baseline's turns do not)"
            )
        if not self.daily and not self.coverage.provisional:
            yield (
                f"No daily detector: it needs a baseline of {LEAST_DAYS} whole days. Slow decay is "
                "detected turn by turn only"
            )


def in_words(hours: float) -> str:
    """Hours in the unit that fits."""
    if hours < 1 / 30:
        return f"{hours * 3600:.0f} seconds"
    if hours < 1:
        return f"{hours * 60:.0f} minutes"
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.1f} days"
