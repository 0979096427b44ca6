"""Two-sample detector (default): the old mean is estimated."""

from typing import Any, Self

from groundwire_evaluators.drift.baseline import Baseline
from groundwire_evaluators.drift.betting import BettingESR, capital_of_cells, wager_against_cells
from groundwire_evaluators.drift.change_point import ChangePoint


class TwoSampleESR(BettingESR):
    """Two-sample e-SR: alarms when every plausible old mean is contradicted.

    Guarantee: the expected number of false alarms, resets included, is at most the sum of the
    masses, for any sample size of the baseline and any distribution of losses, while the
    conditional mean loss of every turn is at most some g that those of the baseline reach.
    Assumes nothing else: no independence, no simulation. Void where the conditional mean moves by
    itself (bursts, hours of the day, traffic mix): block or stratify first. Proof:
    docs/explanation/proof.md; measured: docs/reference/detectors.md.

    Price against knowing the mean: a delay of d turns becomes about d / (1 - d / n).

    `min_effect` is the smallest growth of the mean loss worth an alarm; it shapes the bets, not
    the guarantee.

    >>> from groundwire_evaluators.drift import Baseline, TwoSampleESR
    >>> before, after = [0] * 9 + [1], [0, 1]
    >>> detector = TwoSampleESR(baseline=Baseline.from_losses(before * 100))
    >>> losses = before * 30 + after * 100
    >>> detector.update_many(losses, [1 / 10_000] * 500, range(500))
    322
    >>> detector.change.since, round(detector.change.size, 1)
    (299, 0.4)
    """

    def __init__(self, *, baseline: Baseline, min_effect: float = 0.03) -> None:
        if not 0 < min_effect < 1:
            raise ValueError(f"min_effect {min_effect} must be between 0 and 1")
        self.baseline, self.min_effect = baseline, min_effect
        super().__init__(
            wager=wager_against_cells(baseline, min_effect),
            capital=capital_of_cells(baseline),
            block=baseline.dependence.block,
            change_point=ChangePoint(baseline, min_effect),
        )

    def _fresh(self) -> Self:
        return type(self)(baseline=self.baseline, min_effect=self.min_effect)

    def to_state(self) -> dict[str, Any]:
        return {
            "detector": "two_sample_esr",
            "baseline": self.baseline.to_state(),
            "min_effect": self.min_effect,
            **self._progress(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        detector = cls(
            baseline=Baseline.from_state(state["baseline"]), min_effect=state["min_effect"]
        )
        detector._resume(state)
        return detector
