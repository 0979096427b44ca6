"""The two-sample detector where what is normal depends on the stratum of the turn."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from groundwire_evaluators.drift.baseline import Baseline, Floats, unstaked
from groundwire_evaluators.drift.bets import SHARES
from groundwire_evaluators.drift.betting import ESR, Wealth, refuse_what_is_no_turn
from groundwire_evaluators.drift.change_point import ChangePoint
from groundwire_evaluators.drift.two_sample import capital_of_cells, wager_against_cells

COMMON = 0.7  # of the mass watches all strata together, the rest each by itself


class StratifiedESR(ESR):
    """Two-sample e-SR whose old mean is looked up by stratum (segment, bin of the week, topic).

    One common statistic bets in every turn against the mean of its stratum, however the strata
    are mixed; beside it, one statistic a stratum finds what worsens in that one only. `statistic`
    is their sum.

    Guarantee: the expected number of false alarms, resets included, is at most the sum of the
    masses, while the conditional mean loss of every turn of stratum s is at most some g[s] that
    the conditional means of that stratum's baseline reach. Nothing is assumed of the mix or the
    order of strata, which may change at any time, nor of the size of a baseline. The stratum of a
    turn must be known before its loss. Proof: docs/reference/two-sample-proof.md.

    Price: with S strata of n / S turns each, a change in all of them is found later than by one
    detector that may pool them, 1.1 times for S = 2 and 1.7 times for S = 8 where n = 20,000;
    a change in one stratum needs a log(S) more of evidence. Memory: 300 numbers a stratum. So
    use few strata, of some thousand turns (docs/reference/detectors.md).

    A turn of a stratum without a baseline is no evidence: it moves nothing, its mass is spent.
    """

    def __init__(self, baselines: Mapping[str, Baseline], min_effect: float = 0.03) -> None:
        """`baselines` by the name of their stratum, at least one.

        Raises:
            ValueError: no baseline, or `min_effect` is not between 0 and 1.
        """
        if not 0 < min_effect < 1:
            raise ValueError(f"min_effect {min_effect} must be between 0 and 1")
        if not baselines:
            raise ValueError("at least one stratum needs a baseline")
        self.baselines, self.min_effect = dict(baselines), min_effect
        self._wagers = {
            name: wager_against_cells(each, min_effect) for name, each in baselines.items()
        }
        self._own = {name: Wealth(capital_of_cells(each)) for name, each in baselines.items()}
        pooled = pooled_baseline(list(baselines.values()))
        self._expected = {name: each.mean - pooled.mean for name, each in baselines.items()}
        # Mass since the reset: in all, up to the last turn that was bet on, and of each stratum.
        self._mass = self._seen = 0.0
        self._seen_by = dict.fromkeys(self._own, 0.0)
        super().__init__(
            capital=_common_capital(list(baselines.values())),
            change_point=ChangePoint(pooled, min_effect),
        )

    def update(self, loss: float, mass: float, at: int, stratum: str = "") -> None:
        """One turn. Price: some 17 microseconds.

        Raises:
            ValueError: the loss is not in [0, 1], or the mass is negative.
        """
        refuse_what_is_no_turn(loss, mass)
        self._mass += mass
        if stratum not in self._wagers:
            return
        factor = self._wagers[stratum].factor(loss)
        self._wealth.update(factor, COMMON * (self._mass - self._seen))
        self._seen = self._mass
        waited = self._mass - self._seen_by[stratum]
        self._own[stratum].update(factor, (1 - COMMON) * waited / len(self._own))
        self._seen_by[stratum] = self._mass
        self._change_point.update(loss - self._expected[stratum], mass, at)

    def update_many(
        self,
        losses: Sequence[float],
        masses: Sequence[float],
        ats: Sequence[int],
        strata: Sequence[str] | None = None,
    ) -> int:
        """Feed turns until the statistic reaches 1; how many were fed."""
        for index, (loss, mass, at) in enumerate(zip(losses, masses, ats, strict=True)):
            if self.drift_detected:
                return index
            self.update(float(loss), float(mass), at, strata[index] if strata else "")
        return len(losses)

    @property
    def statistic(self) -> float:
        return self._wealth.statistic + sum(own.statistic for own in self._own.values())

    @property
    def evidence(self) -> dict[str, float]:
        """The statistic of each stratum by itself: which of them got worse."""
        return {name: own.statistic for name, own in self._own.items()}

    def reset(self) -> None:
        super().reset()
        for own in self._own.values():
            own.clear()
        self._mass = self._seen = 0.0
        self._seen_by = dict.fromkeys(self._own, 0.0)

    def to_state(self) -> dict[str, Any]:
        return {
            "detector": "stratified_esr",
            "baselines": {name: each.to_state() for name, each in self.baselines.items()},
            "min_effect": self.min_effect,
            "own": {name: own.to_state() for name, own in self._own.items()},
            "mass": self._mass,
            "seen": self._seen,
            "seen_by": dict(self._seen_by),
            **self._progress(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        baselines = {name: Baseline.from_state(each) for name, each in state["baselines"].items()}
        detector = cls(baselines, min_effect=state["min_effect"])
        detector._resume(state)
        return detector

    def _resume(self, state: Mapping[str, Any]) -> None:
        super()._resume(state)
        for name, own in state["own"].items():
            self._own[name].resume(own)
        self._mass, self._seen = state["mass"], state["seen"]
        self._seen_by = dict(state["seen_by"])


def pooled_baseline(baselines: Sequence[Baseline]) -> Baseline:
    """Size, mean and variance within strata of all of them together; no cells."""
    sizes = np.array([float(each.n) for each in baselines])
    mean = float(np.average([each.mean for each in baselines], weights=sizes))
    variance = float(np.average([each.variance for each in baselines], weights=sizes))
    n = int(sizes.sum())
    dispersion = (n * variance + 0.25) / (n * mean * (1 - mean) + 0.25)
    return Baseline(n, mean, variance, min(dispersion, 1.0), (), ())


def _common_capital(baselines: Sequence[Baseline]) -> Floats:
    """Of the cells that strata have in common: the c-th holds the means that are, in at least one
    stratum, above the lower edge of its c-th cell, and in none above the upper edge.

    The average over strata of what their baselines won is an e-value; that one stratum is above
    its edge is known, of the others nothing.
    """
    kept = unstaked(sum(each.n for each in baselines))
    weights = np.sqrt([float(each.n) for each in baselines])
    won = [_won(each) * weight for each, weight in zip(baselines, weights, strict=True)]
    least = np.min(won, axis=0) / weights.sum()
    return np.outer(kept + (1 - kept) * least, SHARES)


def _won(baseline: Baseline) -> Floats:
    """The capital of each cell without the share that is never staked, per unit staked."""
    kept = unstaked(baseline.n)
    staked = np.exp(baseline.log_capital) - kept
    return np.asarray(np.maximum(staked, 0.0) / (1 - kept))
