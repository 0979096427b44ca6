"""Detectors for a stream with a known old mean."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from groundwire_evaluators.drift.baseline import Baseline
from groundwire_evaluators.drift.betting import ESR, SHARES, BettingESR, bets_against
from groundwire_evaluators.drift.change_point import ChangePoint
from groundwire_evaluators.drift.wealth import Wager


class KnownMeanESR(BettingESR):
    """Betting e-SR against "the conditional mean loss is at most `mean`".

    Guarantee: the expected number of false alarms, resets included, is at most the sum of the
    masses, while the conditional mean loss of every turn is at most `mean` (Shin, Ramdas and
    Rinaldo 2024). Assumes nothing else. A mean estimated from n turns is not a known one:
    with n = 500 the budget is broken two- to threefold; choose `TwoSampleESR` then.

    Price: 1.1 to 1.5 times the delay of a CUSUM that knows both distributions.

    >>> from groundwire_evaluators.drift import KnownMeanESR
    >>> detector = KnownMeanESR(mean=0.1)
    >>> before, after = [0] * 9 + [1], [0, 1]
    >>> losses = before * 30 + after * 100
    >>> detector.update_many(losses, [1 / 10_000] * 500, range(500))
    320
    """

    def __init__(self, *, mean: float, dispersion: float = 1.0, min_effect: float = 0.03) -> None:
        """`dispersion` is the variance over mean * (1 - mean), 1 for losses of 0 and 1."""
        if not 0 < mean < 1 or not 0 < min_effect < 1:
            raise ValueError(f"mean {mean} and min_effect {min_effect} must be between 0 and 1")
        self.mean, self.dispersion, self.min_effect = mean, dispersion, min_effect
        exact = _exact(mean, dispersion)
        means = np.array([mean])
        super().__init__(
            wager=Wager.against(means, bets_against(means, exact, min_effect)),
            capital=np.array([SHARES]),
            change_point=ChangePoint(exact, min_effect),
        )

    def _fresh(self) -> Self:
        return type(self)(mean=self.mean, dispersion=self.dispersion, min_effect=self.min_effect)

    def to_state(self) -> dict[str, Any]:
        return {
            "detector": "known_mean_esr",
            "mean": self.mean,
            "dispersion": self.dispersion,
            "min_effect": self.min_effect,
            **self._progress(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        parameters = {name: state[name] for name in ("mean", "dispersion", "min_effect")}
        detector = cls(**parameters)
        detector._resume(state)
        return detector


class StratifiedKnownMeanESR(ESR):
    """Betting e-SR against known means per stratum.

    Guarantee and price: those of `KnownMeanESR`, with a mean a stratum, whatever the mix; in blocks
    where turns depend on their neighbours. A turn of another stratum is no evidence, and its mass
    is spent with the next turn.

    >>> from groundwire_evaluators.drift import StratifiedKnownMeanESR
    >>> detector = StratifiedKnownMeanESR({"short": 0.05, "long": 0.3})
    >>> for turn in range(30):
    ...     detector.update(loss=1.0, mass=1 / 10_000, at=turn, stratum="short")
    ...     if detector.drift_detected:
    ...         break
    ...
    >>> turn
    6
    """

    def __init__(
        self, means: Mapping[str, float], *, min_effect: float = 0.03, block: int = 1
    ) -> None:
        """`means` by stratum, each in (0, 1), at least one.

        Raises:
            ValueError: no mean, or one outside (0, 1).
        """
        if not means or not all(0 < mean < 1 for mean in means.values()):
            raise ValueError("every stratum needs a mean between 0 and 1")
        if not 0 < min_effect < 1 or block < 1:
            raise ValueError("min_effect must be between 0 and 1, a block at least one turn")
        self.means, self.min_effect, self.block = dict(means), min_effect, block
        middle = sum(means.values()) / len(means)
        super().__init__(
            wagers={name: _wager(mean, min_effect) for name, mean in means.items()},
            capital=np.array([SHARES]),
            block=block,
            change_point=ChangePoint(_exact(middle, 1.0), min_effect),
        )

    def update(self, loss: float, mass: float, at: int, stratum: str = "") -> None:
        """One turn.

        Raises:
            ValueError: the loss is not in [0, 1], or the mass is negative.
        """
        self._accept(loss, mass, at)
        if stratum in self.means:
            self._betting.bet(loss, mass, stratum)
        else:
            self._betting.wait(mass)

    def _fresh(self) -> Self:
        return type(self)(self.means, min_effect=self.min_effect, block=self.block)

    def to_state(self) -> dict[str, Any]:
        return {
            "detector": "stratified_known_mean_esr",
            "means": self.means,
            "min_effect": self.min_effect,
            "block_turns": self.block,
            **self._progress(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        detector = cls(state["means"], min_effect=state["min_effect"], block=state["block_turns"])
        detector._resume(state)
        return detector


def _wager(mean: float, min_effect: float) -> Wager:
    means = np.array([mean])
    return Wager.against(means, bets_against(means, _exact(mean, 1.0), min_effect))


def _exact(mean: float, dispersion: float) -> Baseline:
    """As a baseline of so many turns that its mean is known."""
    return Baseline(10**9, mean, dispersion * mean * (1 - mean), dispersion, (), ())
