"""Intervals of start and size that hold at the alarm's stopped time.

A change is looked for where an alarm stopped, and the turns that stopped it were chosen for being
bad. So every pair of a start and a new mean is tested by bets whose expectation is at most 1 at any
stopped time, on the turns before that start and after it; the pairs that are not contradicted are
the answer (inference after change detection: Saha and Ramdas 2025; bets: Howard et al. 2021).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.drift.arrays import Floats, Times
from groundwire_evaluators.drift.baseline import Baseline

LEVEL = 0.9
# How the chance to be wrong is divided: the old mean, a start that is too late, start and mean.
OLD_PART, LATE_PART, PAIR_PART = 0.2, 0.4, 0.4
STAKES = (0.02, 0.08, 0.3)  # shares of the capital that a loss of 0 costs
GROWN = (1.0, 2.0, 4.0, 10.0)  # growths bet on, in smallest effects
OFFSETS = tuple(3**power for power in range(9))  # turns to another start that is bet on
MEANS = 80  # new means looked at
LEAST_CERTAIN = 0.05  # of no false alarm so far; below it nothing is excluded
LEAST_MASS = 1e-200  # of a group of turns, so that the logarithm is finite
STEPS = 50  # bisections of a bound
EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class PostDetection:
    """Intervals of start and growth, each of this level.

    `since` in nanoseconds, `size` in mean loss.

    >>> from groundwire_evaluators.drift import PostDetection
    >>> found = PostDetection(since=(1_000, 5_000), size=(0.04, 0.21), level=0.9)
    >>> f"worse by at least {found.size[0]:.2f} and at most {found.size[1]:.2f}"
    'worse by at least 0.04 and at most 0.21'
    """

    since: tuple[int, int]
    size: tuple[float, float]
    level: float


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns since the last reset in groups, oldest first.

    Times (groups, 2), and for each group its mass, number of turns, sum of losses and of squared
    losses.
    """

    times: Times
    masses: Floats
    counts: Floats
    losses: Floats
    squares: Floats

    def before(self, until: int | None) -> "Turns":
        """The groups before this one; None: all."""
        each = (self.masses, self.counts, self.losses, self.squares)
        masses, counts, losses, squares = (values[:until] for values in each)
        return Turns(self.times[:until], masses, counts, losses, squares)


def after_detection(
    turns: Turns, baseline: Baseline, min_effect: float, level: float = LEVEL
) -> PostDetection | None:
    """Start and size of a change by the turns seen when an alarm stopped; None before any.

    Guarantee: given that the alarm is a true one, the start lies in its interval with a probability
    of at least `level`, and so does the growth since then, whatever rule stopped the stream; while
    the conditional mean is at most the baseline's before the change. The lower bound of the growth
    assumes nothing else: it is the smallest one that bets like the detector's do not contradict.
    Start and upper bound assume one conditional mean after the change, a step; of a ramp they say
    what a step would. "A true one" costs 1 / (1 - mass spent), as the expected number of false
    alarms is at most the mass. A start inside a group of merged turns may be anywhere in it.

    Price: wider than a nominal interval, above all right after an alarm, whose evidence is just
    enough to know of a change at all: the lower bound is then a tenth of the growth or less
    (docs/reference/detectors.md). Some 0.3 seconds.
    """
    spent = float(turns.masses.sum())
    if not len(turns.counts) or 1 - spent < LEAST_CERTAIN:
        return None
    chance = (1 - level) * (1 - spent)
    inflation = baseline.dependence.inflation
    old = min(max(baseline.mean, EDGE), 1 - EDGE)
    low, high = _fixed_interval(old, baseline.n / inflation, OLD_PART * chance / 2)
    sums, means = _Sums.of(turns, inflation), _means(low)
    evidence = sums.evidence(old, min(high, 1 - EDGE), means, min_effect)
    growth = _Growth(turns, baseline, min_effect)
    late = growth.too_late()
    starts, _ = np.nonzero(_left(evidence, late, chance))
    _, sizes = np.nonzero(_left(evidence, late, chance / 2))
    surely = growth.surely(chance / 2)
    return PostDetection(
        since=(int(turns.times[starts.min(), 0]), int(turns.times[starts.max(), 1])),
        size=(surely, float(means[sizes.max()] - low)),
        level=level,
    )


def _left(evidence: Floats, late: Floats, chance: float) -> NDArray[np.bool_]:
    """Pairs of start and new mean that are not contradicted; the least contradicted one at least.

    `evidence` against each pair, `late` against each start as too late a one.
    """
    both = np.maximum(evidence + log(PAIR_PART), late[:, None] + log(LATE_PART))
    return np.asarray(both <= max(-log(chance), float(both.min())))


@dataclass(frozen=True, slots=True)
class _Growth:
    """Bets against "the mean never exceeded the old one by more than so much".

    For each mean that the baseline leaves possible, as the detector's: its mass in each group bets
    on larger means, by the likelihood of losses of 0 and 1 and by an exponential that knows their
    variance (Fan, Grama and Liu 2015), which is less than the detector's own product.
    """

    turns: Turns
    baseline: Baseline
    min_effect: float

    def surely(self, chance: float) -> float:
        """The largest growth that is contradicted with this chance of error; 0 if none is."""
        limit = -log(chance)
        low, high = 0.0, 1.0
        alone = self.baseline.log_capital[-1] if self.baseline.edges else -log(EDGE)
        if self._statistic(low) < limit or alone < -log(chance):
            return 0.0
        for _ in range(STEPS):
            middle = (low + high) / 2
            if self._statistic(middle) >= limit:
                low = middle
            else:
                high = middle
        return low

    def too_late(self) -> Floats:
        """For each group, evidence that the turns before it had changed already."""
        groups = len(self.turns.counts)
        return np.array([0.0, *(self._statistic(0.0, until) for until in range(1, groups))])

    def _statistic(self, growth: float, until: int | None = None) -> float:
        """Log of the smallest wealth over the old means, if each is exceeded by `growth`.

        Of the groups before `until`, in units of the mass spent on them.
        """
        turns = self.turns.before(until)
        edges, capital = self._cells()
        borders = np.clip(edges + growth, EDGE, 1 - EDGE)[:, None, None]
        counts, losses, squares = (
            np.cumsum(each[::-1])[::-1][None, :, None]
            for each in (turns.counts, turns.losses, turns.squares)
        )
        means = np.clip(borders + np.array(GROWN)[None, None, :] * self.min_effect, EDGE, 1 - EDGE)
        ratio = losses * np.log(means / borders)
        ratio = ratio + (counts - losses) * np.log((1 - means) / (1 - borders))
        stakes = np.array(STAKES)[None, None, :]
        away = (losses - counts * borders) / borders
        spread = (squares - 2 * borders * losses + counts * borders**2) / borders**2
        known = stakes * away + spread * (np.log1p(-stakes) + stakes)
        evidence = np.concatenate((ratio, known), axis=2) / self.baseline.dependence.inflation
        entered = np.maximum(turns.masses, LEAST_MASS)
        masses = np.log(entered / entered.sum())[None, :, None]
        wealth = np.logaddexp.reduce((evidence + masses).reshape(len(edges), -1), axis=1)
        return float((wealth + capital).min()) - log(evidence.shape[2])

    def _cells(self) -> tuple[Floats, Floats]:
        """Upper edges of the cells, and the log of what a unit of mass is worth in each.

        The last one is decided by the baseline alone. Of several strata together: one cell.
        """
        if not self.baseline.edges:
            n = self.baseline.n / self.baseline.dependence.inflation
            return np.array([_fixed_interval(self.baseline.mean, n, EDGE)[1]]), np.zeros(1)
        return np.array(self.baseline.edges[1:-1]), np.array(self.baseline.log_capital[:-1])


def _means(old: float) -> Floats:
    """New means to be tested, from the old one up to 1; denser near the old one."""
    lowest, highest = max(old, EDGE), 1 - EDGE
    return np.asarray(
        lowest + (highest - lowest) * np.linspace(0, 1, MEANS) ** 2 * 0.999 + EDGE / 2
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    """Turns and losses before each group and after the last, as many independent ones are worth."""

    counts: Floats  # groups + 1
    losses: Floats

    @classmethod
    def of(cls, turns: Turns, inflation: float) -> "_Sums":
        bad = np.clip(turns.losses, 0.0, turns.counts)  # losses of strata may leave [0, 1]
        counts, losses = (
            np.concatenate(([0.0], np.cumsum(each) / inflation)) for each in (turns.counts, bad)
        )
        return cls(counts, losses)

    def evidence(self, old: float, surely: float, means: Floats, min_effect: float) -> Floats:
        """Logs of e-values against each start (rows: groups) and new mean (columns).

        Each is an average over other starts, so many turns earlier or later, and other new means.
        `old`: mean bet on where another start is later; `surely`: what the old mean is at most.
        """
        bets = np.minimum(surely + np.array(GROWN) * min_effect, 1 - EDGE)
        at_border = np.array(
            [self._against(at, old, surely, means, bets) for at in range(len(self.counts))]
        )
        # A start inside a group: as little evidence as at either of its ends.
        return np.asarray(np.minimum(at_border[:-1], at_border[1:]))

    def _against(self, at: int, old: float, surely: float, means: Floats, bets: Floats) -> Floats:
        """The same for one border between groups as the start; shape of `means`."""
        reach = np.array(OFFSETS, dtype=float)
        aims = np.concatenate((self.counts[at] - reach, [self.counts[at]], self.counts[at] + reach))
        borders = np.clip(np.searchsorted(self.counts, aims), 0, len(self.counts) - 1)
        first, last = np.minimum(borders, at), np.maximum(borders, at)
        early = self._ratio(first, at, bets[:, None], np.array(surely))  # (bets, borders)
        after = self._ratio(last, len(self.counts) - 1, bets[:, None], np.array(0.5))
        fixed = early + after
        late_old = self._ratio(at, last, np.array(old), np.array(0.5))
        whole = self._ratio(at, len(self.counts) - 1, means, np.array(0.5))
        together = np.logaddexp.reduce((fixed + late_old).ravel()) - log(fixed.size)
        return np.asarray(together - whole)

    def _ratio(self, first: int | Times, last: int | Times, mean: Floats, other: Floats) -> Floats:
        """Log-likelihood ratio of two means for the turns between two borders."""
        turns = self.counts[last] - self.counts[first]
        bad = self.losses[last] - self.losses[first]
        return np.asarray(
            bad * np.log(mean / other) + (turns - bad) * np.log((1 - mean) / (1 - other))
        )


def _fixed_interval(mean: float, turns: float, chance: float) -> tuple[float, float]:
    """Chernoff bounds of a mean by that of so many losses in [0, 1] (Hoeffding 1963)."""

    def evidence(other: float) -> float:
        inside = min(max(mean, EDGE), 1 - EDGE)
        apart = inside * log(inside / other) + (1 - inside) * log((1 - inside) / (1 - other))
        return turns * apart

    middle = min(max(mean, EDGE), 1 - EDGE)
    low = _crossing(evidence, middle, EDGE, chance / 2)
    return low, _crossing(evidence, middle, 1 - EDGE, chance / 2)


def _crossing(
    evidence: Callable[[float], float], inside: float, outside: float, chance: float
) -> float:
    """Where evidence that grows from `inside` to `outside` exceeds what chance allows."""
    if evidence(outside) <= -log(chance):
        return outside
    for _ in range(STEPS):
        middle = (inside + outside) / 2
        if evidence(middle) > -log(chance):
            outside = middle
        else:
            inside = middle
    return outside
