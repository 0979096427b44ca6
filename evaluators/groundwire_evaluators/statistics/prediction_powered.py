"""Prediction-powered inference: a mean from few labels and many scores."""

from dataclasses import dataclass

import numpy as np

from groundwire_evaluators.statistics.interval import (
    Interval,
    normal_quantile,
    student_quantile,
)
from groundwire_evaluators.statistics.labelled_sample import Floats, LabelledSample
from groundwire_evaluators.statistics.proportion import wilson


@dataclass(frozen=True, slots=True)
class Powered:
    """Mean with variance; `powers` are the score weights (lambda) per stratum.

    `effective` is how many independent labels alone would tell as much; n where the score tells
    nothing and the labels are independent and equally weighted.
    """

    value: float
    variance: float
    powers: tuple[float, ...]
    n: int
    total: int
    effective: float
    freedom: float

    def interval(self, level: float = 0.95) -> Interval:
        """Wilson interval on the effective number of labels, corrected for few labels.

        It keeps its coverage at rates near 0 and 1, where the normal interval does not.
        """
        share = min(max(self.value, 0.0), 1.0)
        usable = self.effective
        if self.freedom >= 1:
            usable *= (normal_quantile(level) / student_quantile(level, self.freedom)) ** 2
        return wilson(min(share * usable, usable), usable, level)


def labels_only(sample: LabelledSample) -> Powered:
    """The weighted mean of the labels; the score is not used.

    >>> from groundwire_evaluators.statistics import LabelledSample, labels_only
    >>> sample = LabelledSample.of([0.9, 0.2, 0.6], labelled=[0, 1, 2], outcomes=[1, 0, 0])
    >>> round(labels_only(sample).value, 2)
    0.33
    """
    return _combined(sample, np.zeros(sample.total, dtype=np.intp), powered=False)


def prediction_powered(sample: LabelledSample) -> Powered:
    """PPI++: the mean label plus lambda times (mean score of all - mean score of the labelled).

    Estimand: the mean outcome of the process that made the units. Per stratum, lambda is the value
    that makes the variance smallest (power tuning, Angelopoulos, Duchi and Zrnic 2023,
    https://arxiv.org/abs/2311.01453, for labelled units that are among the scored ones); strata as
    in StratPPI (Fisch et al. 2024, https://arxiv.org/abs/2406.04291); weights are one over the
    sampling probabilities (Zrnic and Candès 2024, https://arxiv.org/abs/2403.03208), normalised
    (Hájek). The variance is that of the influence function, summed over clusters.

    Assumes that probabilities are right up to a factor per stratum, that a draw does not depend on
    the outcome beyond them, and clusters that are independent. The score may be arbitrarily wrong.
    Price: one fitted number a stratum (a variance larger by some 1 / n), and normal theory: from
    fewer than about 20 labels of the rarer outcome use an exact interval (`faithfulness_rate`).

    Raises:
        ValueError: a stratum without a label, or fewer than two labels.

    >>> from groundwire_evaluators.statistics import LabelledSample, prediction_powered
    >>> scores = [0.1, 0.3, 0.7, 0.9] * 250
    >>> labelled = range(0, 1000, 5)
    >>> outcomes = [float(scores[at] > 0.5) if at % 3 else 1.0 for at in labelled]
    >>> sample = LabelledSample.of(scores, labelled, outcomes)
    >>> found = prediction_powered(sample)
    >>> round(found.value, 2), found.n, round(found.effective)
    (0.66, 200, 309)
    """
    return _combined(sample, sample.strata, powered=True)


def _combined(sample: LabelledSample, strata: np.ndarray, *, powered: bool) -> Powered:
    if sample.n < 2:
        raise ValueError(f"at least two labels are required, not {sample.n}")
    count = int(strata.max()) + 1
    influence = np.zeros(sample.total)
    means, powers = np.zeros(count), np.zeros(count)
    for stratum in range(count):
        members = np.flatnonzero(strata == stratum)
        part = _Stratum.of(sample, strata, stratum, members)
        powers[stratum] = part.best_power() if powered else 0.0
        means[stratum] = part.mean(powers[stratum])
        influence[members] = part.influence(powers[stratum])
    shares = np.bincount(strata, minlength=count) / sample.total
    value = float(shares @ means)
    influence += (means - value)[strata]
    variance, freedom = _variance(sample, influence, count + int(powered) * count)
    return Powered(
        value=value,
        variance=variance,
        powers=tuple(float(power) for power in powers),
        n=sample.n,
        total=sample.total,
        effective=_effective(sample, value, variance),
        freedom=freedom,
    )


@dataclass(frozen=True, slots=True)
class _Stratum:
    """Influence A + lambda · B of each unit of a stratum."""

    outcome: float  # weighted mean of the labels
    predicted: float  # the same of their scores
    scored: float  # mean score of all units
    fixed: Floats  # A
    varied: Floats  # B
    clusters: np.ndarray

    @classmethod
    def of(
        cls, sample: LabelledSample, strata: np.ndarray, stratum: int, members: np.ndarray
    ) -> "_Stratum":
        inside = strata[sample.labelled] == stratum
        if not inside.any():
            raise ValueError("a stratum has no labels")
        weights, outcomes = sample.weights[inside], sample.outcomes[inside]
        labelled = np.searchsorted(members, sample.labelled[inside])
        scores = sample.scores[members]
        shares = weights / weights.sum()
        outcome, predicted = shares @ outcomes, shares @ scores[labelled]
        fixed, varied = np.zeros(len(members)), scores - scores.mean()
        fixed[labelled] = len(members) * shares * (outcomes - outcome)
        varied[labelled] -= len(members) * shares * (scores[labelled] - predicted)
        clusters = np.unique(sample.clusters[members], return_inverse=True)[1]
        return cls(float(outcome), float(predicted), float(scores.mean()), fixed, varied, clusters)

    def best_power(self) -> float:
        """The lambda of least variance; below 0 where the score runs the other way."""
        fixed = np.bincount(self.clusters, weights=self.fixed)
        varied = np.bincount(self.clusters, weights=self.varied)
        below = float(varied @ varied)
        return -float(fixed @ varied) / below if below > 0 else 0.0

    def mean(self, power: float) -> float:
        return self.outcome + power * (self.scored - self.predicted)

    def influence(self, power: float) -> Floats:
        return self.fixed + power * self.varied


def _variance(sample: LabelledSample, influence: Floats, fitted: int) -> tuple[float, float]:
    """Variance of the mean and its degrees of freedom; `fitted` parameters."""
    totals = np.bincount(sample.clusters, weights=influence)
    groups = len(np.unique(sample.clusters[sample.labelled]))
    freedom = groups - fitted
    correction = groups / freedom if freedom > 0 else np.inf
    return float(totals @ totals) / sample.total**2 * correction, float(freedom)


def _effective(sample: LabelledSample, value: float, variance: float) -> float:
    """Labels of an independent sample with the same variance; those at hand where it is zero."""
    if not 0 < value < 1 or variance <= 0:
        return _by_cluster(sample)
    return max(min(value * (1 - value) / variance, float(sample.total)), 1e-9)


def _by_cluster(sample: LabelledSample) -> float:
    """As if labels of one cluster all agreed: the clusters count, not their units."""
    clusters = np.unique(sample.clusters[sample.labelled], return_inverse=True)[1]
    totals = np.bincount(clusters, weights=sample.weights)
    return float(totals.sum() ** 2 / np.sum(totals**2))
