"""Posterior of a mean's growth, with shrinkage for few turns."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from groundwire_evaluators.drift.arrays import Floats

STEPS = 60  # bisections of a quantile
FARTHEST = 6.0  # standard deviations from the outermost component looked at
SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class GrowthPosterior:
    """Normal mixture of the growth, per onset and prior width.

    `weights` (n, sum 1), `means` (n) and `deviations` (n). A growth seen over few turns is mostly
    the noise that made somebody look there; beforehand growths are normal around zero with a width
    of some smallest effects, so each component is drawn towards zero by what its turns leave open.
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
