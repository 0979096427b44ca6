"""Stratified two-sample detector."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from groundwire_evaluators.drift.arrays import Floats
from groundwire_evaluators.drift.baseline import Baseline, unstaked
from groundwire_evaluators.drift.betting import ESR, SHARES, capital_of_cells, wager_against_cells
from groundwire_evaluators.drift.change_point import ChangePoint
from groundwire_evaluators.drift.wealth import BlockBetting

FALLBACK = ""  # the stratum of turns whose own has no baseline
COMMON = 0.7  # of the mass watches all strata together, the rest each by itself


class StratifiedESR(ESR):
    """Two-sample e-SR with an old mean per stratum.

    One common statistic bets in every turn against the mean of its stratum, however the strata
    are mixed; beside it, one statistic a stratum finds what worsens in that one only. `statistic`
    is their sum.

    Guarantee: the expected number of false alarms, resets included, is at most the sum of the
    masses, while the conditional mean loss of every turn of stratum s is at most some g[s] that
    the conditional means of that stratum's baseline reach. Nothing is assumed of the mix or the
    order of strata, which may change at any time, nor of the size of a baseline. The stratum of a
    turn must be known before its loss. Proof: docs/explanation/proof.md.

    Price: with S strata of n / S turns each, a change in all of them is found later than by one
    detector that may pool them, 1.1 times for S = 2 and 1.7 times for S = 8 where n = 20,000;
    a change in one stratum needs a log(S) more of evidence. Memory: 300 numbers a stratum. So
    use few strata, of some thousand turns (docs/reference/detectors.md).

    A turn of a stratum without a baseline belongs to the stratum "" if there is one (give it the
    baseline of all turns); otherwise it is no evidence, and its mass is spent with the next turn.

    >>> from groundwire_evaluators.drift import Baseline, StratifiedESR
    >>> easy = Baseline.from_losses(([0] * 19 + [1]) * 100)
    >>> hard = Baseline.from_losses(([0] * 4 + [1]) * 100)
    >>> detector = StratifiedESR({"easy": easy, "hard": hard})
    >>> for turn in range(100):  # the hard ones stay as they were, half of the easy ones fail
    ...     detector.update(float(turn % 5 == 0), mass=1 / 10_000, at=turn, stratum="hard")
    ...     detector.update(float(turn % 2 == 0), mass=1 / 10_000, at=turn, stratum="easy")
    ...     if detector.drift_detected:
    ...         break
    ...
    >>> turn, max(detector.evidence, key=detector.evidence.get)
    (16, 'easy')
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
        if len({each.dependence for each in baselines.values()}) > 1:
            raise ValueError("all strata need the same dependence: that of all their turns")
        self.baselines, self.min_effect = dict(baselines), min_effect
        pooled = pooled_baseline(baselines)
        wagers = {name: wager_against_cells(each, min_effect) for name, each in baselines.items()}
        block = pooled.dependence.block
        self._own = {
            name: BlockBetting({"": wagers[name]}, capital_of_cells(each), block)
            for name, each in baselines.items()
        }
        self._expected = {name: each.mean - pooled.mean for name, each in baselines.items()}
        self._allotted = 0.0  # mass that each stratum was given, since the reset
        self._taken = dict.fromkeys(baselines, 0.0)
        super().__init__(
            wagers=wagers,
            capital=_common_capital(list(baselines.values())),
            block=block,
            change_point=ChangePoint(pooled, min_effect),
        )

    def update(self, loss: float, mass: float, at: int, stratum: str = FALLBACK) -> None:
        """One turn. Price: some 17 microseconds.

        Raises:
            ValueError: the loss is not in [0, 1], or the mass is negative.
        """
        self._accept(loss, mass, at)
        self._allotted += (1 - COMMON) * mass / len(self._own)
        stratum = stratum if stratum in self._own else FALLBACK
        if stratum not in self._own:
            self._betting.wait(COMMON * mass)
            return
        self._betting.bet(loss, COMMON * mass, stratum)
        self._own[stratum].bet(loss, self._allotted - self._taken[stratum])
        self._taken[stratum] = self._allotted
        self._change_point.update(loss - self._expected[stratum], mass, at)

    def update_many(
        self,
        losses: Sequence[float],
        masses: Sequence[float],
        ats: Sequence[int],
        strata: Sequence[str] | None = None,
    ) -> int:
        """Feed turns until the statistic reaches 1; how many were fed."""
        values, weights = self._accept_many(losses, masses, ats)
        for index, (loss, mass) in enumerate(zip(values.tolist(), weights.tolist(), strict=True)):
            if self.drift_detected:
                return index
            self.update(loss, mass, int(ats[index]), strata[index] if strata else FALLBACK)
        return len(values)

    @property
    def statistic(self) -> float:
        return self._betting.wealth.statistic + sum(self.evidence.values())

    @property
    def evidence(self) -> dict[str, float]:
        """Statistic of each stratum alone, to see which of them got worse."""
        return {name: own.wealth.statistic for name, own in self._own.items()}

    def begin_block(self) -> None:
        super().begin_block()
        for own in self._own.values():
            own.begin_block()

    def forget_evidence(self) -> None:
        super().forget_evidence()
        for own in self._own.values():
            own.clear()
        self._allotted = 0.0
        self._taken = dict.fromkeys(self._own, 0.0)

    def reset(self) -> None:
        super().reset()
        self.forget_evidence()

    def merge(self, later: Self) -> None:
        for detector in (self, later):
            detector._settle()
        super().merge(later)
        for name, own in self._own.items():
            own.merge(later._own[name])

    def _settle(self) -> None:
        """Hand every stratum the mass that its next turn would bring it."""
        for name, own in self._own.items():
            own.wait(self._allotted - self._taken[name])
            self._taken[name] = self._allotted

    def _fresh(self) -> Self:
        return type(self)(self.baselines, self.min_effect)

    def _record(self) -> None:
        super()._record()
        for own in self._own.values():
            own.wealth.record()

    def to_state(self) -> dict[str, Any]:
        return {
            "detector": "stratified_esr",
            "baselines": {name: each.to_state() for name, each in self.baselines.items()},
            "min_effect": self.min_effect,
            "own": {name: own.to_state() for name, own in self._own.items()},
            "given": self._allotted,
            "taken": dict(self._taken),
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
        self._allotted, self._taken = state["given"], dict(state["taken"])


def pooled_baseline(baselines: Mapping[str, Baseline]) -> Baseline:
    """Size, mean and variance within strata of all of them together; no cells.

    Without the stratum "", which counts all turns once more, where there are others.
    """
    parts = [each for name, each in baselines.items() if name or len(baselines) == 1]
    sizes = np.array([float(each.n) for each in parts])
    mean = float(np.average([each.mean for each in parts], weights=sizes))
    variance = float(np.average([each.variance for each in parts], weights=sizes))
    n = int(sizes.sum())
    dispersion = min((n * variance + 0.25) / (n * mean * (1 - mean) + 0.25), 1.0)
    return Baseline(n, mean, variance, dispersion, (), (), parts[0].dependence)


def _common_capital(baselines: Sequence[Baseline]) -> Floats:
    """Initial capital of the cells that all strata share.

    The c-th holds the means that are above the lower edge of the c-th cell in at least one stratum,
    and above the upper edge in none. The average over strata of what their baselines won is an
    e-value: one unknown stratum is above its edge.
    """
    unstaked_share = unstaked(sum(_worth(each) for each in baselines))
    weights = np.sqrt([float(each.n) for each in baselines])
    won = [_won(each) * weight for each, weight in zip(baselines, weights, strict=True)]
    least = np.min(won, axis=0) / weights.sum()
    return np.outer(unstaked_share + (1 - unstaked_share) * least, SHARES)


def _won(baseline: Baseline) -> Floats:
    """The capital of each cell without the share that is never staked, per unit staked."""
    unstaked_share = unstaked(_worth(baseline))
    staked = np.exp(baseline.log_capital) - unstaked_share
    return np.asarray(np.maximum(staked, 0.0) / (1 - unstaked_share))


def _worth(baseline: Baseline) -> float:
    """The number of independent turns that say as much."""
    return baseline.n / baseline.dependence.inflation
