"""Rogan-Gladen correction of a rate for evaluator errors."""

from dataclasses import dataclass
from math import sqrt

from groundwire_evaluators.statistics.interval import Interval, normal_quantile


@dataclass(frozen=True, slots=True)
class Corrected:
    """Rate in [0, 1]; `value` None: evaluator no better than chance."""

    value: float | None
    interval: Interval


def rogan_gladen(
    flagged: int,
    total: int,
    *,
    found: int,
    positives: int,
    cleared: int,
    negatives: int,
    level: float = 0.95,
) -> Corrected:
    """True rate behind `flagged` of `total`, from errors on labelled units.

    Of `positives` the evaluator flagged `found`, of `negatives` it cleared `cleared`. Estimator:
    (flagged share + specificity - 1) / (sensitivity + specificity - 1) (Rogan and Gladen 1978);
    interval: Lang and Reiczigel (2014, https://doi.org/10.1016/j.prevetmed.2013.09.015), which
    keeps its level with few labelled units.

    Assumes that sensitivity and specificity are the same on the labelled units and in the traffic:
    that is less than a random sample (units may be chosen by their truth), and more than
    prediction-powered inference asks where there is one. Price: as a rule wider than
    `prediction_powered` from the same labels, and undefined where both shares add up to 1.

    Raises:
        ValueError: a count is above its total.
    """
    if not (0 <= flagged <= total and 0 <= found <= positives and 0 <= cleared <= negatives):
        raise ValueError("a count is above its total")
    if not (total and positives and negatives):
        return Corrected(None, Interval(0.0, 1.0))
    z = normal_quantile(level)
    share, sensitivity, specificity = (
        flagged / total,
        found / positives,
        cleared / negatives,
    )
    if sensitivity + specificity <= 1:
        return Corrected(None, Interval(0.0, 1.0))
    value = (share + specificity - 1) / (sensitivity + specificity - 1)
    units = total + z * z
    p = (flagged + z * z / 2) / units
    se, sp = (found + 1) / (positives + 2), (cleared + 1) / (negatives + 2)
    youden = se + sp - 1
    if youden <= 0:
        return Corrected(min(max(value, 0.0), 1.0), Interval(0.0, 1.0))
    centre = (p + sp - 1) / youden
    spread = p * (1 - p) / units
    spread += se * (1 - se) / (positives + 2) * centre**2
    spread += sp * (1 - sp) / (negatives + 2) * (1 - centre) ** 2
    shift = 2 * z * z * (centre * se * (1 - se) / (positives + 2))
    shift -= 2 * z * z * ((1 - centre) * sp * (1 - sp) / (negatives + 2))
    middle, half = centre + shift, z * sqrt(spread) / youden
    return Corrected(min(max(value, 0.0), 1.0), Interval(middle - half, middle + half).clipped())
