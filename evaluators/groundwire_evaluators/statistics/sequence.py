"""Anytime-valid confidence sequence of a rate, prediction-powered."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import log
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from groundwire_evaluators.statistics.interval import Interval

Floats = NDArray[np.float64]
# The mixture: each rate suits samples of four times the variance of the one before. In units of one
# over the largest step; the largest suits some tens of labels, the smallest some hundred millions.
RATES = 0.7 / 2.0 ** np.arange(14)
SHARES = 0.8 ** np.arange(14) / np.sum(0.8 ** np.arange(14))
PSI = -np.log1p(-RATES) - RATES


@dataclass(slots=True)
class _Side:
    """Running sums for one end of the interval."""

    corrected: float = 0.0
    squares: float = 0.0


@dataclass(slots=True)
class _Regression:
    """Online least squares of the outcome on the score."""

    weight: float = 0.0
    score: float = 0.0
    outcome: float = 0.0
    score_score: float = 0.0
    score_outcome: float = 0.0

    def predict(self, scores: Floats) -> Floats:
        """Predicted outcomes in [0, 1]; shrunk as by two labels, one of each outcome."""
        weight, outcome = self.weight + 2.0, self.outcome + 1.0
        mean_score = (self.score + 1.0) / weight
        mean = outcome / weight
        spread = self.score_score + 1.0 - weight * mean_score**2
        together = self.score_outcome + 1.0 - weight * mean_score * mean
        slope = together / spread if spread > 0 else 0.0
        return np.clip(mean + slope * (scores - mean_score), 0.0, 1.0)

    def learn(self, scores: Floats, outcomes: Floats) -> None:
        self.weight += len(scores)
        self.score += float(scores.sum())
        self.outcome += float(outcomes.sum())
        self.score_score += float(scores @ scores)
        self.score_outcome += float(scores @ outcomes)


@dataclass(slots=True)
class RateSequence:
    """Rate of a binary outcome with an anytime-valid interval.

    Estimand: the realised share among *all units since the beginning* (the baseline), not the share
    now. Guarantee: the chance that the interval ever misses it, at any look of an endless stream,
    is at most 1 - level. It assumes nothing of the units (they may drift, depend on each other, be
    chosen by an adversary) and of the score; only that unit i is drawn for labelling by a coin of
    its own with the known probability p_i >= `least_probability`.

    Each unit adds g + (y - g) / p where it was drawn and g where not, g being the outcome that the
    score predicts by regression on the labels before (the residual form of PPI; Robins, Rotnitzky
    and Zhao 1994); the interval is the empirical Bernstein one of Howard et al. (2021,
    https://arxiv.org/abs/1810.08240, theorem 4), mixed over a grid of rates. A unit that was drawn
    and whose label is not known is taken as 0 for the lower end and as 1 for the upper one.

    Price: an interval about twice as wide as that of one look at a fixed n; two to three and a
    third times where probabilities differ by a factor of five, since the least one bounds each
    step. Wider still before some 100 labels. Memory: a dozen numbers.

    >>> from groundwire_evaluators.statistics import RateSequence
    >>> sequence = RateSequence(least_probability=0.5)
    >>> for _ in range(20):
    ...     sequence.update([0.9, 0.1] * 50, drawn=range(0, 100, 2), outcomes=[1.0] * 50,
    ...         probabilities=[0.5] * 50)
    ...
    >>> sequence.units, sequence.labels, round(sequence.value, 2)
    (2000, 1000, 0.56)
    """

    least_probability: float
    units: int = 0
    labels: int = 0
    unknown: int = 0
    predicted: float = 0.0
    lower: _Side = field(default_factory=_Side)
    upper: _Side = field(default_factory=_Side)
    regression: _Regression = field(default_factory=_Regression)

    def __post_init__(self) -> None:
        if not 0 < self.least_probability <= 1:
            raise ValueError(f"a sampling probability must be in (0, 1], not {self}")

    def update(
        self,
        scores: ArrayLike,
        drawn: Sequence[int] = (),
        outcomes: Sequence[float | None] = (),
        probabilities: Sequence[float] = (),
    ) -> None:
        """The next units, all scored; those at the positions `drawn` were drawn for labelling.

        `outcomes` of the drawn ones are 0 to 1, or None where the label is not known. The score's
        use is learnt between calls, so calls of some hundred units learn sooner than one call.

        Raises:
            ValueError: a number is out of its range, or the lengths differ.
        """
        values = _unit("scores", scores)
        positions = np.asarray(drawn, dtype=np.intp)
        chances = _unit("probabilities", probabilities)
        if not len(positions) == len(outcomes) == len(chances):
            raise ValueError("every sampled unit needs an outcome (or None) and a probability")
        if len(chances) and chances.min() < self.least_probability:
            raise ValueError(f"a probability is below the least one, {self.least_probability}")
        predicted = self.regression.predict(values)
        self.units += len(values)
        self.predicted += float(predicted.sum())
        known = np.array([outcome is not None for outcome in outcomes], dtype=bool)
        self.labels += int(known.sum())
        self.unknown += int((~known).sum())
        guess = predicted[positions]
        for side, instead in ((self.lower, 0.0), (self.upper, 1.0)):
            found = [instead if outcome is None else outcome for outcome in outcomes]
            steps = (_unit("outcomes", found) - guess) / chances
            side.corrected += float(steps.sum())
            side.squares += float(steps @ steps)
        certain = [float(outcome) for outcome in outcomes if outcome is not None]
        self.regression.learn(values[positions[known]], np.array(certain))

    @property
    def value(self) -> float | None:
        """Estimate in [0, 1]; None without labels."""
        if not self.labels:
            return None
        middle = (self.lower.corrected + self.upper.corrected) / 2
        return min(max((self.predicted + middle) / self.units, 0.0), 1.0)

    def interval(self, level: float = 0.95) -> Interval:
        """True at this look and at all others together, with chance `level`."""
        if not self.units:
            return Interval(0.0, 1.0)
        wealth = log(2 / (1 - level))
        low = self._deviation(self.lower.squares, wealth)
        high = self._deviation(self.upper.squares, wealth)
        return Interval(
            (self.predicted + self.lower.corrected - low) / self.units,
            (self.predicted + self.upper.corrected + high) / self.units,
        ).clipped()

    def to_state(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        sides = {name: _Side(**state[name]) for name in ("lower", "upper")}
        return cls(**{**state, **sides, "regression": _Regression(**state["regression"])})

    def _deviation(self, squares: float, wealth: float) -> float:
        """Bound on the deviation of the sum, where the mixture's log wealth is `wealth`.

        For each rate r of the mixture, exp(r · deviation - psi(r) · squares) is a supermartingale;
        so is their mean.
        """
        step = 1 / self.least_probability
        shares = np.log(SHARES) - PSI * squares / step**2
        low, high = 0.0, float(np.min((wealth - shares) / RATES))
        for _ in range(40):
            middle = (low + high) / 2
            if np.logaddexp.reduce(shares + RATES * middle) < wealth:
                low = middle
            else:
                high = middle
        return high * step


def _unit(name: str, values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64).reshape(-1)
    if not np.all((array >= 0) & (array <= 1)):
        raise ValueError(f"{name} are numbers in [0, 1]")
    return array
