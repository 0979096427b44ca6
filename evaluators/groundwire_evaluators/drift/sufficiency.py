"""Sufficiency of a baseline for the smallest relevant effect."""

import math
from dataclasses import dataclass

import numpy as np

from groundwire_evaluators.drift.arrays import Floats
from groundwire_evaluators.drift.baseline import Baseline

ENOUGH = 2.0  # baselines of at least this many times the delay give a guarantee that bites
COMFORTABLE = 10.0  # and from here on the estimate costs about a tenth of the delay


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """Detection delay of the smallest effect with a baseline of n.

    `known` is the predicted delay, in turns, if the old mean were known; `delay` what it becomes
    with the baseline, about d / (1 - d / n), infinite where n does not exceed d.
    """

    n: int
    known: float
    delay: float

    @classmethod
    def of(cls, baseline: Baseline, min_effect: float, mass_per_turn: float) -> "Sufficiency":
        """For the mass that a typical turn gets, for example budget / turns in its period."""
        edge = 0.5 / baseline.n  # a mean of 0 or 1 is not known more exactly than that
        old = np.array([min(max(baseline.mean, edge), 1 - edge)])
        new = np.minimum(old + min_effect, 1 - edge / 2)
        variance = float(baseline.variance_at(old)[0])
        dispersion = variance / float((old * (1 - old))[0]) * baseline.dependence.inflation
        information = float(_divergence(new, old)[0]) / dispersion
        # A Shiryaev-Roberts statistic of T turns without change grows by itself to about T *
        # information; so much less evidence is needed than log(1 / mass).
        known = max(math.log(information / mass_per_turn), 1.0) / information
        share = known / baseline.n
        return cls(baseline.n, known, known / (1 - share) if share < 1 else math.inf)

    @property
    def sufficient(self) -> bool:
        return self.n >= ENOUGH * self.known

    @property
    def wanted(self) -> int:
        """Baseline size beyond which more turns hardly shorten the delay."""
        return math.ceil(COMFORTABLE * self.known)

    def __str__(self) -> str:
        if self.sufficient:
            return (
                f"baseline of {self.n} turns: the smallest relevant effect is detected after "
                f"about {self.delay:.0f} turns ({self.known:.0f} if its mean were known)"
            )
        return (
            f"baseline of {self.n} turns is too small to detect the smallest relevant effect; "
            f"at least {math.ceil(ENOUGH * self.known)} are needed, {self.wanted} are recommended. "
            "Larger effects are detected"
        )


def _divergence(new: Floats, old: Floats) -> Floats:
    """Kullback-Leibler, nats, of losses of 0 and 1."""
    return np.asarray(new * np.log(new / old) + (1 - new) * np.log((1 - new) / (1 - old)))
