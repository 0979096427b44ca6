"""Outcome rate from few labels and a cheap score, choosing the interval."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from groundwire_evaluators.statistics.interval import Interval
from groundwire_evaluators.statistics.labelled_sample import (
    Floats,
    Indices,
    LabelledSample,
    score_strata,
)
from groundwire_evaluators.statistics.prediction_powered import (
    Powered,
    labels_only,
    prediction_powered,
)
from groundwire_evaluators.statistics.proportion import clopper_pearson, wilson

FEWEST_RARE = 20  # labels of the rarer outcome from which normal theory is used
FEWEST_ERRORS = 20  # labels on either side of the score from which its correction is used
MOST_STRATA = 4
FEWEST_IN_STRATUM = 50  # labels
HALF = 0.5  # scores above it predict the outcome 1
TINY = 1e-9  # of losses and scores in [0, 1]: rounding
WORTH_EXACT = 0.1  # by how much the score must narrow the exact interval of the labels alone
WORTH_STRATA = 0.02  # by how much strata must narrow the interval, so that noise does not choose


class EstimationMethod(StrEnum):
    """Estimation method of a rate."""

    NONE = "none"  # no label
    EXACT = "exact"  # Clopper and Pearson, of the labels alone
    NEARLY_EXACT = "nearly_exact"  # Korn and Graubard: weighted or clustered labels alone
    LABELS_ONLY = "labels_only"  # many labels, to which the score adds nothing that can be trusted
    POWERED = "ppi++"
    STRATIFIED = "stratified ppi++"
    ERROR_RATES = "error_rates"  # exact intervals of how often the score is wrong either way


@dataclass(frozen=True, slots=True)
class Rate:
    """Rate with its interval, `method` and a `reason` in words.

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
    """Rate of a binary outcome, by the narrowest interval that keeps its level.

    With fewer than 20 (effective) labels of the rarer outcome: exact intervals, of the labels alone
    or of the score's error rates, where these are narrower by a tenth. Else prediction-powered,
    stratified by score where that narrows the interval by more than 2 %. Never wider than the
    labels alone: where the score adds nothing they are used alone.

    Where fewer than 20 (effective) labels lie above the score's prediction, or below it, the score
    is so seldom wrong that the labels hardly show its errors, and their variance would be taken for
    nearly zero. Then exact intervals of its two error rates are combined (`_error_rates`).
    Assumptions and price: `prediction_powered`, and for the choice some tenths of a percent of
    coverage (measured in docs/reference/estimates.md).

    Raises:
        ValueError: an outcome is neither 0 nor 1.

    >>> from groundwire_evaluators.statistics import LabelledSample, estimate_rate
    >>> scores = [0.1, 0.3, 0.7, 0.9] * 250
    >>> labelled = range(0, 1000, 5)
    >>> outcomes = [float(scores[at] > 0.5) if at % 3 else 1.0 for at in labelled]
    >>> sample = LabelledSample.of(scores, labelled, outcomes)
    >>> found = estimate_rate(sample)
    >>> round(found.value, 2), found.method.value
    (0.66, 'ppi++')
    >>> found.reason
    'the score makes 200 labels tell as much as 309'
    """
    if not np.all((sample.outcomes == 0) | (sample.outcomes == 1)):
        raise ValueError("outcomes must be 0 or 1")
    if sample.n == 0:
        return _rate(sample, None, Interval(0.0, 1.0), EstimationMethod.NONE, "no labels", 0.0)
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
    few = f"{rare:.3g} labels of the rarer outcome, and below {FEWEST_RARE} only an exact interval"
    simple = np.ptp(sample.weights) == 0 and _independent(sample)
    if simple and sample.n > 1:
        value, finer = _error_rates(sample, level)
        if _width(finer) < (1 - WORTH_EXACT) * _width(interval):
            gained = effective * (_width(interval) / _width(finer)) ** 2
            reason = f"{few} of how often the score is wrong holds"
            method = EstimationMethod.ERROR_RATES
            return _rate(sample, value, finer, method, reason, gained, interval)
    reason = f"{few} of the labels alone holds"
    method = EstimationMethod.EXACT if simple else EstimationMethod.NEARLY_EXACT
    return _rate(sample, share, interval, method, reason, effective, interval)


def _powered(sample: LabelledSample, plain: Powered, level: float) -> Rate:
    alone = plain.interval(level)
    best, method = _candidates(sample, level)
    if best is None:
        return _seldom_wrong(sample, plain, alone, level)
    interval = best.interval(level)
    if _width(interval) < _width(alone) and 0 < best.value < 1:
        reason = f"the score makes {sample.n} labels tell as much as {best.effective:.0f}"
        return _rate(sample, best.value, interval, method, reason, best.effective, alone)
    reason = "the score does not narrow the interval of the labels alone"
    return _rate(
        sample, plain.value, alone, EstimationMethod.LABELS_ONLY, reason, plain.effective, alone
    )


def _seldom_wrong(sample: LabelledSample, plain: Powered, alone: Interval, level: float) -> Rate:
    few = f"fewer than {FEWEST_ERRORS} labels contradict the score on one side"
    if np.ptp(sample.weights) == 0 and _independent(sample):
        value, interval = _error_rates(sample, level)
        if _width(interval) < _width(alone):
            reason = f"{few}: exact intervals of how often it is wrong"
            method = EstimationMethod.ERROR_RATES
            effective = plain.effective * (_width(alone) / _width(interval)) ** 2
            return _rate(sample, value, interval, method, reason, effective, alone)
    reason = f"{few}: too few to know how often it is wrong"
    return _rate(
        sample, plain.value, alone, EstimationMethod.LABELS_ONLY, reason, plain.effective, alone
    )


def _error_rates(sample: LabelledSample, level: float) -> tuple[float, Interval]:
    """The rate, from the share of scores above 1/2 and exact rates of the outcome on either side.

    The intervals of the parts are combined by their distances from the estimate, squared and added
    (MOVER; Zou and Donner 2008, https://doi.org/10.1002/sim.3095). For equal weights.
    """
    above = sample.scores > HALF
    share, value, below, over = float(above.mean()), 0.0, 0.0, 0.0
    rates = []
    for side, part in ((above, share), (~above, 1 - share)):
        outcomes = sample.outcomes[side[sample.labelled]]
        hits, total = float(outcomes.sum()), float(outcomes.size)
        rate = hits / total if total else 0.5
        low, high = clopper_pearson(hits, total, level)
        value += part * rate
        below, over = below + (part * (rate - low)) ** 2, over + (part * (high - rate)) ** 2
        rates.append(rate)
    low, high = wilson(share * sample.total, sample.total, level)
    apart = abs(rates[0] - rates[1])
    below, over = below + (apart * (share - low)) ** 2, over + (apart * (high - share)) ** 2
    return value, Interval(value - below**0.5, value + over**0.5).clipped()


def _candidates(sample: LabelledSample, level: float) -> tuple[Powered | None, EstimationMethod]:
    """The narrower of plain and stratified, of those with enough errors to trust the correction."""
    best, method = None, EstimationMethod.POWERED
    if effective_errors(sample, sample.strata) >= FEWEST_ERRORS:
        best = prediction_powered(sample)
    strata = score_strata(sample, MOST_STRATA, FEWEST_IN_STRATUM)
    if best is not None and strata.any() and effective_errors(sample, strata) >= FEWEST_ERRORS:
        finer = prediction_powered(sample.stratified(strata))
        if _width(finer.interval(level)) < (1 - WORTH_STRATA) * _width(best.interval(level)):
            return finer, EstimationMethod.STRATIFIED
    return best, method


def effective_errors(sample: LabelledSample, strata: Indices) -> float:
    """The number of equal residuals that would spread as those on the scarcer side do.

    Residuals of a weighted straight line of the score, one a stratum; (sum r)^2 / sum r^2 of those
    above it and of those below. For a score of 0 and 1 it is the number of its mistakes.

    >>> from groundwire_evaluators.statistics import LabelledSample
    >>> from groundwire_evaluators.statistics.rate import effective_errors
    >>> scores, outcomes = [1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 1]
    >>> sample = LabelledSample.of(scores, labelled=range(6), outcomes=outcomes)
    >>> round(effective_errors(sample, sample.strata), 2)
    2.67
    """
    residuals = np.zeros(sample.n)
    scores, of = sample.scores[sample.labelled], strata[sample.labelled]
    for stratum in np.unique(of):
        inside = of == stratum
        residuals[inside] = _residuals(
            scores[inside], sample.outcomes[inside], sample.weights[inside]
        )
    weighted = sample.weights * residuals
    return min(
        _participation(weighted[weighted > TINY]), _participation(weighted[weighted < -TINY])
    )


def _residuals(scores: Floats, outcomes: Floats, weights: Floats) -> Floats:
    share = weights / weights.sum()
    away = scores - share @ scores
    spread = float(share @ away**2)
    slope = float(share @ (away * outcomes)) / spread if spread > TINY else 0.0
    return np.asarray(outcomes - share @ outcomes - slope * away)


def _participation(values: Floats) -> float:
    return float(values.sum() ** 2 / (values**2).sum()) if values.size else 0.0


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
