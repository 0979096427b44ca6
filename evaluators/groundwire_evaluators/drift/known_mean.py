"""The detector for a stream whose old mean loss is known, or estimated from very many turns."""

from typing import Any, Self

import numpy as np

from groundwire_evaluators.drift.baseline import Baseline
from groundwire_evaluators.drift.bets import SHARES, bets_against
from groundwire_evaluators.drift.betting import BettingESR
from groundwire_evaluators.drift.change_point import ChangePoint
from groundwire_evaluators.drift.wealth import Wager


class KnownMeanESR(BettingESR):
    """Betting e-SR against "the conditional mean loss is at most `mean`".

    Guarantee: the expected number of false alarms, resets included, is at most the sum of the
    masses, while the conditional mean loss of every turn is at most `mean` (Shin, Ramdas and
    Rinaldo 2024). Assumes nothing else. A mean estimated from n turns is not a known one:
    with n = 500 the budget is broken two- to threefold; choose `TwoSampleESR` then.

    Price: 1.1 to 1.5 times the delay of a CUSUM that knows both distributions.
    """

    def __init__(self, *, mean: float, dispersion: float = 1.0, min_effect: float = 0.03) -> None:
        """`dispersion` is the variance over mean * (1 - mean), 1 for losses of 0 and 1."""
        if not 0 < mean < 1 or not 0 < min_effect < 1:
            raise ValueError(f"mean {mean} and min_effect {min_effect} must be between 0 and 1")
        self.mean, self.dispersion, self.min_effect = mean, dispersion, min_effect
        exact = Baseline(
            n=10**9,
            mean=mean,
            variance=dispersion * mean * (1 - mean),
            dispersion=dispersion,
            edges=(),
            log_capital=(),
        )
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
