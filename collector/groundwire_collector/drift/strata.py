"""What is held equal when a loss is compared with the baseline: route, and hour of the day.

Versions are never strata: they are what an alarm is about.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from groundwire_collector.drift.rolling_limit import NANOSECONDS
from groundwire_evaluators.drift.arrays import Floats

POOLED = ""  # the stratum of what the baseline does not know: compared with all of it
FEWEST = 100  # turns of a stratum in the baseline
DAY_HOURS = 24
# Widths of bins of the day in hours, and the turns that each must hold: a narrow bin follows the
# season, but divides the baseline, which costs more where there is little of it.
HOUR_BINS = ((3, 2500), (6, 300), (12, FEWEST))
LEAST_DAYS = 2.0  # that a baseline must span before hours of the day can be told from days
NEIGHBOURS = 20  # turns over which dependence is measured before strata are looked for
CERTAIN = 3.0  # standard deviations by which strata must differ


@dataclass(frozen=True, slots=True)
class Strata:
    """How turns are put into strata; neither: one stratum for all.

    `known` are the strata that the baseline holds enough of. What falls into another one is
    compared with the whole baseline.
    """

    by_route: bool = False
    hours: int = 0  # width of a bin of the day in hours, UTC; 0: the hour does not count
    known: frozenset[str] = frozenset()

    def of(self, route: str, at_ns: int) -> str:
        label = self.label(route, at_ns)
        return label if label in self.known else POOLED

    def label(self, route: str, at_ns: int) -> str:
        parts = [route] if self.by_route else []
        if self.hours:
            begin = at_ns // NANOSECONDS // 3600 % DAY_HOURS // self.hours * self.hours
            parts.append(f"{begin:02d}-{begin + self.hours:02d}h")
        return " ".join(parts)

    @property
    def any(self) -> bool:
        return bool(self.known)

    def __str__(self) -> str:
        found = ["route"] * self.by_route
        found += [f"hour of the day in bins of {self.hours}"] if self.hours else []
        return " and ".join(found) or "none"

    def to_state(self) -> dict[str, Any]:
        return {"by_route": self.by_route, "hours": self.hours, "known": sorted(self.known)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Strata":
        return cls(state["by_route"], state["hours"], frozenset(state["known"]))


def choose(losses: Floats, routes: Sequence[str], ats: Sequence[int]) -> Strata:
    """The strata between which the baseline's losses clearly differ.

    A stratum needs `FEWEST` turns. Hours are looked at where the baseline spans two days, and where
    all bins of a day hold enough. Where neighbouring turns depend on each other, chance alone makes
    larger differences, and this is allowed for.
    """
    dependence = _dependence(losses)
    by_route = _differ(losses, Strata(by_route=True), routes, ats, dependence)
    hours = _hours(losses, routes, ats, dependence)
    for strata in (Strata(by_route, hours), Strata(False, hours), Strata(by_route, 0)):
        known = _enough(strata, routes, ats)
        # Both together need most turns of the baseline to lie in strata that are large enough.
        if known and sum(known.values()) >= 0.9 * len(losses):
            return Strata(strata.by_route, strata.hours, frozenset(known))
    return Strata()


def _hours(losses: Floats, routes: Sequence[str], ats: Sequence[int], dependence: float) -> int:
    if (max(ats) - min(ats)) / NANOSECONDS < LEAST_DAYS * 86_400:
        return 0
    for width, fewest in HOUR_BINS:
        strata = Strata(hours=width)
        if len(_enough(strata, routes, ats, fewest)) * width == DAY_HOURS:
            return width if _differ(losses, strata, routes, ats, dependence) else 0
    return 0


def _enough(
    strata: Strata, routes: Sequence[str], ats: Sequence[int], fewest: int = FEWEST
) -> dict[str, int]:
    """The strata with enough turns, where there are two of them or more."""
    if not (strata.by_route or strata.hours):
        return {}
    labels, counts = np.unique(_labels(strata, routes, ats), return_counts=True)
    found = {str(name): int(n) for name, n in zip(labels, counts, strict=True) if n >= fewest}
    return found if len(found) > 1 else {}


def _differ(
    losses: Floats, strata: Strata, routes: Sequence[str], ats: Sequence[int], dependence: float
) -> bool:
    """Whether the means differ by more than chance does (a chi-squared statistic, 3 sigma)."""
    known = _enough(strata, routes, ats)
    variance = float(losses.var()) * dependence
    if not known or variance == 0:
        return False
    labels = np.array(_labels(strata, routes, ats))
    groups = [losses[labels == name] for name in known]
    mean = float(np.concatenate(groups).mean())
    spread = sum(len(group) * (float(group.mean()) - mean) ** 2 for group in groups) / variance
    free = len(groups) - 1
    return bool(spread > free + CERTAIN * np.sqrt(2 * free))


def _dependence(losses: Floats) -> float:
    """Variance of the means of neighbouring turns over that of independent ones, at least 1.

    Over few turns, so that a season or a slow change of the mix is no part of it.
    """
    batches = losses.size // NEIGHBOURS
    if batches < NEIGHBOURS:
        return 1.0
    means = losses[: batches * NEIGHBOURS].reshape(batches, NEIGHBOURS).mean(axis=1)
    return max(float(means.var() * NEIGHBOURS / losses.var()), 1.0)


def _labels(strata: Strata, routes: Iterable[str], ats: Iterable[int]) -> list[str]:
    return [strata.label(route, at) for route, at in zip(routes, ats, strict=True)]
