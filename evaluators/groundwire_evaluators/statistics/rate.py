"""The rate of an outcome from few labels and a cheap score: which interval deserves trust."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from groundwire_evaluators.statistics.interval import Interval
from groundwire_evaluators.statistics.labelled_sample import LabelledSample, score_strata
from groundwire_evaluators.statistics.prediction_powered import (
    Powered,
    labels_only,
    prediction_powered,
)
from groundwire_evaluators.statistics.proportion import clopper_pearson

FEWEST_RARE = 20  # labels of the rarer outcome from which normal theory is used
MOST_STRATA = 4
FEWEST_IN_STRATUM = 50  # labels
WORTH_STRATA = 0.02  # by how much strata must narrow the interval, so that noise does not choose


class EstimationMethod(StrEnum):
    """How a rate was estimated."""

    NONE = "none"  # no label
    EXACT = "exact"  # Clopper and Pearson, of the labels alone
    NEARLY_EXACT = "nearly_exact"  # Korn and Graubard: weighted or clustered labels alone
    LABELS_ONLY = "labels_only"  # many labels, to which the score adds nothing
    POWERED = "ppi++"
    STRATIFIED = "stratified ppi++"


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its interval, `method` and, in words, `reason`.

    `n` of `total` units are labelled, `rare` of these with the rarer outcome. `effective` labels
    that were independent and alone would tell as much. `cheap` is the mean score of all units, and
    `labels_only` the interval without it.
    """

    value: float | None
    interval: Interval
    method: EstimationMethod
    reason: str
    n: int
    total: int
    rare: int
    effective: float
    cheap: float | None
    labels_only: Interval


def estimate_rate(sample: LabelledSample, level: float = 0.95) -> Rate:
    """The share of units whose outcome is 1, by the narrowest interval that keeps its level.

    With fewer than 20 (effective) labels of the rarer outcome: the labels alone, exactly. Else
    prediction-powered, stratified by score where that narrows the interval by more than 2 %. Never
    wider than the labels alone: where the score adds nothing they are used alone. Assumptions and
    price: `prediction_powered`, and for the choice some tenths of a percent of coverage
    (measured in docs/reference/estimates.md).

    Raises:
        ValueError: an outcome is neither 0 nor 1.
    """
    if not np.all((sample.outcomes == 0) | (sample.outcomes == 1)):
        raise ValueError("the outcomes of a rate are 0 or 1")
    if sample.n == 0:
        return _rate(
            sample, None, Interval(0.0, 1.0), EstimationMethod.NONE, "nothing is labelled", 0.0
        )
    plain = labels_only(sample) if sample.n > 1 else None
    effective = min(plain.effective, sample.kish) if plain else 1.0
    share = min(float(sample.weights @ sample.outcomes / sample.weights.sum()), 1.0)
    expected = effective * min(share, 1 - share)
    if plain is None or expected < FEWEST_RARE or plain.freedom < 2:
        return _exact(sample, share, effective, level)
    return _powered(sample, plain, level)


def _exact(sample: LabelledSample, share: float, effective: float, level: float) -> Rate:
    rare = min(share, 1 - share) * effective
    interval = clopper_pearson(min(share * effective, effective), effective, level)
    reason = (
        f"{rare:.3g} labels of the rarer outcome, and below {FEWEST_RARE} only an exact interval "
        "of the labels alone holds"
    )
    simple = np.ptp(sample.weights) == 0 and _independent(sample)
    method = EstimationMethod.EXACT if simple else EstimationMethod.NEARLY_EXACT
    return _rate(sample, share, interval, method, reason, effective, interval)


def _powered(sample: LabelledSample, plain: Powered, level: float) -> Rate:
    alone = plain.interval(level)
    best, method = prediction_powered(sample), EstimationMethod.POWERED
    width = _width(best.interval(level))
    strata = score_strata(sample, MOST_STRATA, FEWEST_IN_STRATUM)
    if strata.any():
        finer = prediction_powered(sample.stratified(strata))
        if _width(finer.interval(level)) < (1 - WORTH_STRATA) * width:
            best, method = finer, EstimationMethod.STRATIFIED
    interval = best.interval(level)
    if _width(interval) >= _width(alone) or not 0 < best.value < 1:
        reason = "the score does not narrow the interval of the labels alone"
        return _rate(
            sample, plain.value, alone, EstimationMethod.LABELS_ONLY, reason, plain.effective, alone
        )
    reason = f"the score makes {sample.n} labels tell as much as {best.effective:.0f}"
    return _rate(sample, best.value, interval, method, reason, best.effective, alone)


def _rate(
    sample: LabelledSample,
    value: float | None,
    interval: Interval,
    method: EstimationMethod,
    reason: str,
    effective: float,
    alone: Interval | None = None,
) -> Rate:
    positive = int(sample.outcomes.sum())
    return Rate(
        value=value,
        interval=interval,
        method=method,
        reason=reason,
        n=sample.n,
        total=sample.total,
        rare=min(positive, sample.n - positive),
        effective=effective,
        cheap=float(sample.scores.mean()) if sample.total else None,
        labels_only=alone or interval,
    )


def _independent(sample: LabelledSample) -> bool:
    return len(np.unique(sample.clusters[sample.labelled])) == sample.n


def _width(interval: Interval) -> float:
    return interval.high - interval.low
