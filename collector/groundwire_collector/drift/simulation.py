"""Detection delay, simulated with the real detector."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from groundwire_collector.drift.budget import SEGMENT_SHARE, STEADY, AlarmBudgetAllocator
from groundwire_collector.drift.design import ComparisonDesign
from groundwire_collector.drift.detection_delay import GROWTHS
from groundwire_collector.drift.observation import SERVICE_WEIGHT
from groundwire_collector.drift.recent_reference import SHARE as RECENT_SHARE
from groundwire_evaluators.drift import AlarmBudget, Baseline, TwoSampleESR
from groundwire_evaluators.drift.arrays import Floats
from groundwire_evaluators.drift.sufficiency import Sufficiency

# Turns a day of typical services, and the turns of their baselines of a week or 2,000 turns.
TYPICAL = {50: 2000, 1000: 7000, 100_000: 42_000}
TYPICAL_LEVEL = 0.05
QUIET = 300  # turns between the baseline and the change
LONGEST = 20_000  # turns after it
SMALLEST_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class SimulatedTraffic:
    """Simulated service: independent losses of mean `level`.

    `spread` is the variance over level * (1 - level): 1 for losses of 0 and 1, else beta. Its
    monitors are those of the built-in signals, for each of `services` like it.
    """

    turns_a_day: float
    level: float
    baseline_turns: int
    budget: AlarmBudget
    min_effect: float = 0.03
    deploy_share: float = 0.5
    services: int = 1
    spread: float = 1.0

    @property
    def mass(self) -> float:
        """Mass of one turn of one monitor, from the time-based budget."""
        share = STEADY * (1 - self.deploy_share) / (self.services * SERVICE_WEIGHT)
        return self.budget.mass(86_400 / self.turns_a_day, share) * ComparisonDesign().price

    @property
    def deployment_mass(self) -> float:
        """Mass of the second deployment of a period."""
        allocator = AlarmBudgetAllocator(self.budget, self.deploy_share)
        allocator.at_deployment("", 0)
        count = self.services * SERVICE_WEIGHT
        return allocator.at_deployment("", 0) / count * ComparisonDesign().price

    def losses(self, mean: float, turns: int, rng: np.random.Generator) -> Floats:
        if self.spread > 1 - SMALLEST_SPREAD:
            return (rng.random(turns) < mean).astype(float)
        size = 1 / max(self.spread, SMALLEST_SPREAD) - 1
        return rng.beta(size * mean, size * (1 - mean), turns) if mean < 1 else np.ones(turns)

    def typical_baseline(self) -> Baseline:
        return Baseline.from_losses(
            self.losses(self.level, self.baseline_turns, np.random.default_rng(0))
        )


@dataclass(frozen=True, slots=True)
class DelayQuantiles:
    """Quantiles of the detection delay in turns.

    Over all runs; None where they lie beyond `longest`.
    """

    found: float
    low: float | None
    median: float | None
    high: float | None
    longest: int = LONGEST


def delays(
    traffic: SimulatedTraffic, growth: float, deployed: bool, *, runs: int, seed: int
) -> DelayQuantiles:
    """Simulate so many histories; a change that is found before it came is drawn again."""
    rng = np.random.default_rng(seed)
    taken: list[float] = []
    for _ in range(10 * runs):
        delay = _delay(traffic, growth, deployed, rng)
        if delay > 0:
            taken.append(delay)
        if len(taken) == runs:
            break
    quantiles = np.quantile(taken, [0.1, 0.5, 0.9], method="higher")
    low, median, high = (None if q > LONGEST else float(q) for q in quantiles)
    return DelayQuantiles(float(np.mean(np.array(taken) <= LONGEST)), low, median, high)


def _delay(
    traffic: SimulatedTraffic, growth: float, deployed: bool, rng: np.random.Generator
) -> float:
    baseline = Baseline.from_losses(traffic.losses(traffic.level, traffic.baseline_turns, rng))
    detector = TwoSampleESR(baseline=baseline, min_effect=traffic.min_effect)
    before = traffic.losses(traffic.level, QUIET, rng)
    after = traffic.losses(traffic.level + growth, LONGEST, rng)
    masses = np.full(QUIET + LONGEST, min(traffic.mass, 1.0))
    if deployed:
        masses[QUIET] += traffic.deployment_mass
    losses = np.concatenate((before, after)).tolist()
    fed = detector.update_many(losses, masses.tolist(), range(QUIET + LONGEST))
    return fed - QUIET if detector.drift_detected else LONGEST + 1


@lru_cache(maxsize=8)
def typical_delays(budget: AlarmBudget, deploy_share: float) -> Mapping[int, Mapping[float, float]]:
    """Predicted hours until growths of the whole service are detected, by turns a day.

    Of one service with the built-in signals and losses of 0 and 1 around .05. Price: 0.2 seconds,
    once a budget.
    """
    found = {}
    for turns, size in TYPICAL.items():
        traffic = SimulatedTraffic(turns, TYPICAL_LEVEL, size, budget, deploy_share=deploy_share)
        mass = traffic.mass * (1 - SEGMENT_SHARE) * (1 - RECENT_SHARE)
        baseline = traffic.typical_baseline()
        found[turns] = {
            growth: 24 * Sufficiency.of(baseline, growth, mass).delay / turns for growth in GROWTHS
        }
    return MappingProxyType(found)
