"""Strata of comparison: tags, hour and weekday.

Why not a regression on them: docs/decisions/0141-no-covariate-adjustment.md
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from math import sqrt
from typing import Any

import numpy as np

from groundwire_collector.drift.dimensions import NANOSECONDS
from groundwire_collector.drift.losses import ROUTE, LossObservation
from groundwire_evaluators.drift.arrays import Floats

POOLED = ""  # the stratum of turns that fall into no known one; and of all where there are none
FEWEST = 100  # turns of a stratum in the baseline
DAY_HOURS = 24
# Widths of bins of the day in hours, and the turns that each must hold: a narrow bin follows the
# season, but divides the baseline, which costs more where there is little of it.
HOUR_BINS = ((3, 2500), (6, 300), (12, FEWEST))
LEAST_DAYS = 2.0  # that a baseline must span before hours of the day can be told from days
WEEK_DAYS = 6.5  # that it must span before days of the week can be told from a slow change
DAY_NS = 86_400 * NANOSECONDS
LIKELY_DAYS = 2.5  # standard deviations by which days must differ
FEWEST_DAYS = 6  # whose means tell how far days lie apart
# Turns whose mean is compared with that of the next ones, to see how neighbours hang together
# before strata are looked for; of so many means at least.
NEIGHBOURS, FEWEST_MEANS = 100, 20
CERTAIN = 3.5  # standard deviations, of a normal deviate, by which strata must differ
COVERED = 0.9  # share of the turns that must lie in strata which are large enough
MOST = 12  # strata: with more of them each is too small

# How likely it is beforehand that losses differ by this; what is chosen has this share of the mass.
LIKELY = {ROUTE: 0.15, "tenant": 0.05, "prompt_version": 0.03}
LIKELY_VERSION = 0.02
LIKELY_HOURS = 0.15
TAGS = (ROUTE, "tenant", "prompt_version", "model_version", "index_version")


class Week(StrEnum):
    """Days of the week that are separate strata."""

    NONE = ""
    WEEKEND = "weekend"  # Saturday and Sunday (UTC) from the others
    WEEKDAY = "weekday"  # each from each


WEEK_NAMES = {Week.WEEKEND: "weekend", Week.WEEKDAY: "day of the week"}
LIKELY_WEEK = {Week.NONE: 0.95, Week.WEEKEND: 0.04, Week.WEEKDAY: 0.01}


@dataclass(frozen=True, slots=True)
class Strata:
    """How turns are put into strata; by nothing: one stratum for all.

    `known` are the strata that the baseline holds enough of. What falls into another one is
    compared with nothing: its null would not be supported by the baseline.
    """

    by_route: bool = False
    hours: int = 0  # width of a bin of the day in hours, UTC; 0: the hour does not count
    known: frozenset[str] = frozenset()
    by: tuple[str, ...] = ()  # other dimensions
    week: Week = Week.NONE

    def of(self, route: str, at_ns: int, tags: Mapping[str, str] | None = None) -> str:
        """The known stratum of a turn with these tags at this time; else `POOLED`."""
        label = self.label(route, at_ns, tags or {})
        return label if label in self.known else POOLED

    def of_turn(self, turn: LossObservation) -> str:
        return self.of(turn.route, turn.at_ns, turn.tags)

    def label(self, route: str, at_ns: int, tags: Mapping[str, str]) -> str:
        parts = [route] if self.by_route else []
        parts += [tags.get(dimension, "") for dimension in self.by]
        if self.hours:
            begin = at_ns // NANOSECONDS // 3600 % DAY_HOURS // self.hours * self.hours
            parts.append(f"{begin:02d}-{begin + self.hours:02d}h")
        if self.week:
            parts.append(_day(at_ns, self.week))
        return " ".join(parts)

    @property
    def any(self) -> bool:
        return bool(self.known)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions whose values are separate strata."""
        return ((ROUTE,) if self.by_route else ()) + self.by

    @property
    def likelihood(self) -> float:
        """Prior probability of this choice; over all choices they sum to 1."""
        found = LIKELY_WEEK[self.week if self.any else Week.NONE]
        found *= LIKELY_HOURS if self.hours and self.any else 1 - LIKELY_HOURS
        chosen = self.dimensions if self.any else ()
        for dimension in TAGS:
            likely = LIKELY.get(dimension, LIKELY_VERSION)
            found *= likely if dimension in chosen else 1 - likely
        return found

    def without(self, dimension: str) -> "Strata":
        """The same without a dimension, for turns that all have one value on it; none known yet."""
        return replace(
            self,
            by_route=self.by_route and dimension != ROUTE,
            by=tuple(each for each in self.by if each != dimension),
            known=frozenset(),
        )

    def among(self, turns: Sequence[LossObservation], fewest: int = FEWEST) -> "Strata":
        """The same with the strata that these turns hold enough of; none where those are too few.

        Counts alone decide.
        """
        if not (self.dimensions or self.hours or self.week):
            return Strata()
        labels = np.array([self.label(turn.route, turn.at_ns, turn.tags) for turn in turns])
        names, counts = np.unique(labels, return_counts=True)
        known = {str(name): n for name, n in zip(names, counts, strict=True) if n >= fewest}
        if not 1 < len(known) <= MOST or sum(known.values()) < COVERED * len(turns):
            return Strata()
        return replace(self, known=frozenset(known))

    def __str__(self) -> str:
        found = [dimension.replace("_", " ") for dimension in self.dimensions]
        found += [f"hour of the day in bins of {self.hours}"] if self.hours else []
        found += [WEEK_NAMES[self.week]] if self.week else []
        return " and ".join(found) or "none"

    def to_state(self) -> dict[str, Any]:
        return {
            "by_route": self.by_route,
            "hours": self.hours,
            "known": sorted(self.known),
            "by": list(self.by),
            "week": self.week.value,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Strata":
        return cls(
            state["by_route"],
            state["hours"],
            frozenset(state["known"]),
            tuple(state["by"]),
            Week(state["week"]),
        )


def choose(turns: Sequence[LossObservation]) -> Strata:
    """The strata between which the baseline's losses clearly differ.

    Looked for one after the other, each in what the ones before leave unexplained: tags, hours of
    the day (where the baseline spans two days), days of the week (where it spans one). A stratum
    needs `FEWEST` turns. Where neighbouring turns depend on each other, chance alone makes larger
    differences, and this is allowed for.
    """
    losses = np.array([turn.loss for turn in turns])
    search = _Search(turns, losses, _dependence(losses))
    if losses.var() == 0:
        return Strata()
    for dimension in TAGS:
        if len({turn.tag(dimension) for turn in turns}) > 1:
            search.consider(lambda chosen, d=dimension: _with_tag(chosen, d))  # type: ignore[misc]
    spanned = (max(t.at_ns for t in turns) - min(t.at_ns for t in turns)) / NANOSECONDS / 86_400
    if spanned >= LEAST_DAYS:
        search.consider_hours()
    if spanned >= WEEK_DAYS:
        search.consider_week(Week.WEEKEND)
    if spanned >= 2 * WEEK_DAYS:  # each day of the week has to come twice
        search.consider_week(Week.WEEKDAY)
    return search.chosen


def _with_tag(chosen: Strata, dimension: str) -> Strata:
    if dimension == ROUTE:
        return replace(chosen, by_route=True)
    return replace(chosen, by=(*chosen.by, dimension))


@dataclass(slots=True)
class _Search:
    """What was chosen so far. `dependence` widens the variance of means."""

    turns: Sequence[LossObservation]
    losses: Floats
    dependence: float
    chosen: Strata = Strata()

    def consider(self, finer: Callable[[Strata], Strata]) -> bool:
        """Take the finer strata where the losses differ between those that split one stratum.

        Whether that was looked at: strata that are too small are not.
        """
        candidate = finer(replace(self.chosen, known=frozenset())).among(self.turns)
        if not candidate.any:
            return False
        before = np.array([self.chosen.of_turn(turn) for turn in self.turns])
        after = np.array([candidate.of_turn(turn) for turn in self.turns])
        if _differ(self.losses, before, after, self.dependence):
            self.chosen = candidate
        return True

    def consider_week(self, week: Week) -> None:
        """Days of the week, where they leave nothing to tell days apart by: one odd day in a week
        is as likely a bad day as a bad day of the week."""
        before = self.chosen
        self.consider(lambda chosen: replace(chosen, week=week))
        labels = [self.chosen.of_turn(turn) for turn in self.turns]
        if self.chosen != before and DaySpread.of(self.turns, self.losses, labels).clear:
            self.chosen = before

    def consider_hours(self) -> None:
        """The narrowest bins that all hold enough."""
        for width, fewest in HOUR_BINS:
            alone = Strata(hours=width).among(self.turns, fewest)
            if len(alone.known) * width == DAY_HOURS and self.consider(
                lambda chosen, w=width: replace(chosen, hours=w)  # type: ignore[misc]
            ):
                return


@dataclass(frozen=True, slots=True)
class DaySpread:
    """Variance of day means within strata, relative to independence.

    `ratio` is 1 for independent turns; `clear`: more than chance, by 2.5 standard deviations.
    `deviation`: that of the means of days from each other, as far as it can be told.
    """

    days: int
    turns: float  # of a usual day
    ratio: float
    deviation: float = 0.0

    @classmethod
    def of(
        cls, turns: Sequence[LossObservation], losses: Floats, strata: Sequence[str]
    ) -> "DaySpread":
        """Of whole days and parts of days with `FEWEST` turns."""
        _, stratum = np.unique(np.asarray(strata), return_inverse=True)
        means = np.bincount(stratum, weights=losses) / np.bincount(stratum)
        away = losses - means[stratum]
        _, of = np.unique([turn.at_ns // DAY_NS for turn in turns], return_inverse=True)
        counts = np.bincount(of)
        enough = counts >= FEWEST
        days, variance = int(enough.sum()), float(away.var())
        if days < FEWEST_DAYS or variance == 0:
            return cls(days, 0.0, 1.0)
        sums = np.bincount(of, weights=away)[enough]
        ratio = float((sums**2 / counts[enough]).sum() / variance) / (days - 1)
        usual = float(np.median(counts[enough]))
        return cls(days, usual, ratio, sqrt(max(ratio - 1, 0.0) * variance / usual))

    @property
    def clear(self) -> bool:
        return self.clear_beyond(1.0)

    def clear_beyond(self, inflation: float) -> bool:
        """More than chance among turns whose sums spread `inflation` times as far as independent
        ones: bursts within days make days differ as well."""
        if self.days < FEWEST_DAYS:
            return False
        free = self.days - 1
        return self.ratio * free > inflation * (free + LIKELY_DAYS * sqrt(2 * free))


def _differ(losses: Floats, before: Floats, after: Floats, dependence: float) -> bool:
    """Significance of mean differences within the coarser strata, as a normal deviate.

    Chi-squared with the Wilson-Hilferty transformation (1931), as its tail is long where few strata
    are compared. Each coarser stratum has its own variance: worse losses spread more.
    """
    spread, free = 0.0, 0
    for coarse in np.unique(before):
        inside = before == coarse
        groups = [losses[inside & (after == name)] for name in np.unique(after[inside]) if name]
        variance = float(losses[inside].var())
        if len(groups) > 1 and variance > 0:
            mean = float(np.concatenate(groups).mean())
            away = sum(len(each) * (float(each.mean()) - mean) ** 2 for each in groups)
            spread += away / (variance * dependence)
            free += len(groups) - 1
    if not free:
        return False
    usual = 2 / (9 * free)
    return bool(((spread / free) ** (1 / 3) - (1 - usual)) / sqrt(usual) > CERTAIN)


def _dependence(losses: Floats) -> float:
    """Variance inflation of neighbouring means against independent turns, at least 1.

    From successive differences (von Neumann 1941), which ignore a season or a slow change of the
    mix.
    """
    width = min(NEIGHBOURS, losses.size // FEWEST_MEANS)
    if width < 2 or losses.var() == 0:
        return 1.0
    batches = losses.size // width
    means = losses[: batches * width].reshape(batches, width).mean(axis=1)
    return max(float((np.diff(means) ** 2).mean() / 2 * width / losses.var()), 1.0)


def _day(at_ns: int, week: Week) -> str:
    """Stratum name of a day of the week, UTC."""
    name = datetime.fromtimestamp(at_ns // NANOSECONDS, UTC).strftime("%a")
    return name if week is Week.WEEKDAY else ("Sat-Sun" if name in ("Sat", "Sun") else "Mon-Fri")
