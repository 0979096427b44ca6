"""Change-point estimation from a bounded memory of recent turns."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from groundwire_evaluators.drift.arrays import Floats, Times
from groundwire_evaluators.drift.baseline import Baseline

RECENT = 32  # turns kept one by one before they are merged
WIDTH = 0.1  # a segment spans this share of its age
OLDEST = 50_000  # turns; everything before is one segment
GROWTHS = (1.0, 3.0, 10.0)  # likely sizes of a change, in units of the smallest that matters
WIDE = 2.0  # width of the prior of a size, in likely sizes: sizes are shrunk by it
TRUST = 50.0  # turns that the dispersion of the baseline counts for
TAIL = 0.05  # posterior left out on each side
STEPS = 60  # bisections of a quantile
FARTHEST = 6.0  # standard deviations from the outermost component looked at
SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Change:
    """Growth of a mean loss, with 90 % intervals.

    `since` and `interval` are times in nanoseconds, `size` and `size_interval` are in mean loss.
    `dimension` and `value` name the segment that it is found in; empty: all of the stream.

    >>> from groundwire_evaluators.drift import Change
    >>> change = Change(since=60, interval=(50, 70), size=0.2, size_interval=(0.1, 0.3),
    ...     dimension="language", value="de")
    >>> change.segment
    ('language', 'de')
    """

    since: int
    interval: tuple[int, int]
    size: float
    size_interval: tuple[float, float]
    dimension: str = ""
    value: str = ""

    @property
    def segment(self) -> tuple[str, str]:
        """Dimension and value."""
        return (self.dimension, self.value)


@dataclass(frozen=True, slots=True)
class GrowthPosterior:
    """Normal mixture of the growth, per onset and prior width.

    `weights` (n, sum 1), `means` (n) and `deviations` (n). A growth over few turns was selected for
    being large, so it is mostly noise. A prior around zero, some smallest effects wide, therefore
    shrinks each component by the uncertainty that its turns leave.
    """

    weights: Floats
    means: Floats
    deviations: Floats

    @classmethod
    def of(cls, weights: Floats, seen: Floats, variances: Floats, widths: Floats) -> Self:
        """From each start's seen growth and its sampling variance (starts), weighted by `weights`
        (starts, widths), for prior standard deviations `widths`."""
        known = widths[None, :] ** 2
        trust = known / (known + variances[:, None])
        means = seen[:, None] * trust
        deviations = np.sqrt(np.maximum(variances[:, None] * trust, SMALLEST))
        return cls((weights / weights.sum()).ravel(), means.ravel(), deviations.ravel())

    @property
    def mean(self) -> float:
        """The best guess."""
        return float(self.weights @ self.means)

    def quantile(self, level: float) -> float:
        """The growth below which it lies with this probability, in (0, 1)."""
        low = float((self.means - FARTHEST * self.deviations).min())
        high = float((self.means + FARTHEST * self.deviations).max())
        for _ in range(STEPS):
            middle = (low + high) / 2
            if float(self.weights @ _normal((middle - self.means) / self.deviations)) < level:
                low = middle
            else:
                high = middle
        return (low + high) / 2


def _normal(z: Floats) -> Floats:
    """Below z of a normal distribution, to 0.0002 (Page 1977)."""
    inside = np.clip(z, -10.0, 10.0)
    return np.asarray(1 / (1 + np.exp(-1.5976 * inside - 0.070565992 * inside**3)))


@dataclass(frozen=True, slots=True)
class Segments:
    """Neighbouring turns, merged: one row each, oldest first.

    `times`: first and last turn, ns. `sums`: mass, turns, losses, squared losses.
    """

    times: Times
    sums: Floats

    @classmethod
    def of_turns(cls, turns: list[tuple[float, float, int]]) -> Self:
        """From loss, mass and time of each turn."""
        losses = np.array([turn[0] for turn in turns])
        masses = np.array([turn[1] for turn in turns])
        times = np.array([turn[2] for turn in turns], dtype=np.int64)
        sums = np.column_stack((masses, np.ones_like(losses), losses, losses**2))
        return cls(np.column_stack((times, times)), sums)

    def __len__(self) -> int:
        return len(self.times)

    def joined(self, later: "Segments") -> "Segments":
        return Segments(
            np.concatenate((self.times, later.times)), np.concatenate((self.sums, later.sums))
        )

    def merged(self) -> "Segments":
        """Old neighbours merged, so that each spans about a tenth of its age."""
        if not len(self):
            return self
        first = _groups(self.sums[:, 1].tolist())
        last = np.append(first[1:], len(self)) - 1
        return Segments(
            np.column_stack((self.times[first, 0], self.times[last, 1])),
            np.add.reduceat(self.sums, first),
        )


class ChangePoint:
    """Onset and size of the growth behind an alarm.

    The posterior over the first changed turn: prior by mass (a deployment is a likely start),
    likelihood that of losses of 0 and 1 with this dispersion, old mean common to the baseline and
    the turns before the change. Old turns are merged, so the memory is at most 32 turns and about
    130 segments, and a start is known to a tenth of its age. Price: 2 microseconds a turn.

    Intervals are nominal 90 % (measured coverage: docs/reference/detectors.md).
    """

    def __init__(self, baseline: Baseline, min_effect: float) -> None:
        self.baseline, self.min_effect = baseline, min_effect
        self._inflation = baseline.dependence.inflation
        self.reset()

    def reset(self) -> None:
        self._segments = Segments.of_turns([])
        self._recent: list[tuple[float, float, int]] = []  # loss, mass, time

    def update(self, loss: float, mass: float, at: int) -> None:
        self._recent.append((loss, mass, at))
        if len(self._recent) >= RECENT:
            self._segments = self._all().merged()
            self._recent = []

    def merge(self, later: "ChangePoint") -> None:
        """Take in what another remembers, as if its turns came after those seen here."""
        self._segments = self._all().joined(later._segments).merged()
        self._recent = list(later._recent)

    @property
    def change(self) -> Change | None:
        """The growth and its start, None before data.

        `size` is shrunk: the best guess given that somebody looked here.
        """
        segments, shares = self._posterior()
        if not len(segments):
            return None
        start, growth = shares.sum(axis=1), self._growth(segments, shares)
        first, middle, last = (_quantile(start, level) for level in (TAIL, 0.5, 1 - TAIL))
        low, high = growth.quantile(TAIL), growth.quantile(1 - TAIL)
        return Change(
            since=int(segments.times[middle, 0]),
            interval=(int(segments.times[first, 0]), int(segments.times[last, 1])),
            size=growth.mean,
            size_interval=(
                max(low, -self.baseline.mean),
                min(high, 1 - self.baseline.mean),
            ),
        )

    @property
    def segments(self) -> Segments:
        """All that is remembered."""
        return self._all()

    def _growth(self, segments: Segments, shares: Floats) -> GrowthPosterior:
        _, turns, losses, squares = _since(segments.sums).T
        mean, usual = losses / turns, self._usual_variance
        # One imagined turn with the baseline's variance: few equal losses are not certainty.
        spread = (np.maximum(squares - turns * mean**2, 0) + usual) / (turns + 1)
        variances = self._inflation * (spread / turns + usual / self.baseline.n)
        widths = WIDE * np.array(GROWTHS) * self.min_effect
        return GrowthPosterior.of(shares, mean - self.baseline.mean, variances, widths)

    @property
    def _usual_variance(self) -> float:
        return float(self.baseline.variance_at(np.array([self.baseline.mean]))[0])

    def since(self, at: int) -> tuple[float, float, float]:
        """Turns, losses and squared losses of the remembered segments that begin at `at` or later.

        Exact where `at` is `change.since`; a merged segment that began earlier is left out whole.
        """
        segments = self._all()
        sums = segments.sums[segments.times[:, 0] >= at].sum(axis=0)
        return float(sums[1]), float(sums[2]), float(sums[3])

    def _all(self) -> Segments:
        return self._segments.joined(Segments.of_turns(self._recent))

    def _posterior(self) -> tuple[Segments, Floats]:
        """What is remembered; the shares of each start (rows) and growth (columns), sum 1."""
        segments = self._all()
        _, new, bad, squares = _since(segments.sums).T
        old = self.baseline.n + (segments.sums[:, 1].sum() - new)
        old_bad = self.baseline.n * self.baseline.mean + (segments.sums[:, 2].sum() - bad)
        dispersion = self._dispersion(new, bad / new, squares / new)
        evidence = _evidence(old, old_bad, new, bad) / dispersion / self._inflation
        mass = np.log(np.maximum(segments.sums[:, :1], 1e-300))
        weight = mass + self._averages(evidence, new)
        share = np.exp(weight - weight.max(initial=-np.inf))
        return segments, share / share.sum()

    def _dispersion(self, turns: Floats, mean: Floats, square: Floats) -> Floats:
        """Of the baseline, or of the turns since each start where these are more spread."""
        known = self.baseline.dispersion
        found = (square - mean**2) / np.maximum(mean * (1 - mean), 1e-12)
        return np.maximum(known, (turns * found + TRUST * known) / (turns + TRUST))

    def _averages(self, evidence: Floats, turns: Floats) -> Floats:
        """The evidence for each start (rows) averaged around each likely growth (columns)."""
        known = np.outer(turns, (np.array(GROWTHS) * self.min_effect) ** 2)
        known /= self._usual_variance * self._inflation
        return np.asarray(evidence[:, None] * known / (1 + known) - np.log1p(known) / 2)

    def to_state(self) -> dict[str, Any]:
        return {
            "times": self._segments.times.tolist(),
            "sums": self._segments.sums.tolist(),
            "recent": [list(turn) for turn in self._recent],
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from what `to_state` gave; the parameters are the constructor's."""
        self._segments = Segments(
            np.array(state["times"], dtype=np.int64).reshape(-1, 2),
            np.array(state["sums"], dtype=float).reshape(-1, 4),
        )
        self._recent = [(loss, mass, at) for loss, mass, at in state["recent"]]


def _groups(turns: list[float]) -> list[int]:
    """Where each merged segment begins; none is wider than WIDTH of the turns after it.

    Those with more than OLDEST turns after them become one.
    """
    first = [0]
    after, width = sum(turns), 0.0
    for index, count in enumerate(turns):
        after -= count
        width += count
        if index > first[-1] and after < OLDEST and width > WIDTH * after + 1:
            first.append(index)
            width = count
    return first


def _since(sums: Floats) -> Floats:
    """Sums from each segment on, to the present."""
    return np.asarray(np.cumsum(sums[::-1], axis=0)[::-1])


def _evidence(old: Floats, old_bad: Floats, new: Floats, bad: Floats) -> Floats:
    """Log-likelihood ratio of two means to one, for losses of 0 and 1; 0 where it fell."""
    apart = old * _negentropy(old_bad / old) + new * _negentropy(bad / new)
    together = (old + new) * _negentropy((old_bad + bad) / (old + new))
    return np.where(bad / new > old_bad / old, apart - together, 0.0)


def _negentropy(mean: Floats) -> Floats:
    inside = np.clip(mean, 1e-12, 1 - 1e-12)
    return np.asarray(inside * np.log(inside) + (1 - inside) * np.log1p(-inside))


def _quantile(share: Floats, level: float) -> int:
    """The first segment at which the shares add up to `level`."""
    return min(int(np.searchsorted(np.cumsum(share), level)), len(share) - 1)
