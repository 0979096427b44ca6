"""Agreement of an evaluator with people: kappa, sensitivity, specificity."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.statistics.interval import Interval, student_quantile
from groundwire_evaluators.statistics.proportion import clopper_pearson
from groundwire_evaluators.statistics.ratio import Estimate, hajek

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa; `value` is None without variation or with n = 0."""

    value: float | None
    interval: Interval
    n: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement with people; positive means what people call positive.

    `sensitivity`: of the answers that people call positive, the share that the evaluator calls so
    too.

    `specificity`: the same of the negative ones. `agreed`: the share on which both say the same.
    """

    kappa: Kappa
    agreed: Estimate
    sensitivity: Estimate
    specificity: Estimate


def agreement(
    decisions: Sequence[bool],
    truth: Sequence[bool],
    *,
    probabilities: Sequence[float] | None = None,
    clusters: Sequence[Hashable] | None = None,
    level: float = 0.95,
) -> Agreement:
    """Agreement of an evaluator's `decisions` with people's `truth`, per unit.

    All four are those of the traffic the units were drawn from, with the given sampling
    probabilities; where people chose the units, only sensitivity and specificity can be carried
    over, and only if the choice did not depend on what the evaluator said. Intervals: `hajek`,
    `cohen_kappa`.

    >>> from groundwire_evaluators.statistics import agreement
    >>> found = agreement([True, True, False, False], [True, False, False, False])
    >>> found.agreed.value, found.sensitivity.value, round(found.specificity.value, 2)
    (0.75, 1.0, 0.67)
    """
    if len(decisions) != len(truth):
        raise ValueError("every unit needs a decision and a truth")

    def share(hits: Sequence[bool], chosen: Sequence[bool]) -> Estimate:
        indices = [index for index, each in enumerate(chosen) if each]
        return hajek(
            [hits[index] for index in indices],
            None if probabilities is None else [probabilities[index] for index in indices],
            None if clusters is None else [clusters[index] for index in indices],
            level,
        )

    agreed = [bool(one) == bool(other) for one, other in zip(decisions, truth, strict=True)]
    return Agreement(
        kappa=cohen_kappa(
            decisions, truth, probabilities=probabilities, clusters=clusters, level=level
        ),
        agreed=share(agreed, [True] * len(agreed)),
        sensitivity=share(agreed, truth),
        specificity=share(agreed, [not each for each in truth]),
    )


def cohen_kappa(
    one: Sequence[bool],
    other: Sequence[bool],
    *,
    probabilities: Sequence[float] | None = None,
    clusters: Sequence[Hashable] | None = None,
    level: float = 0.95,
) -> Kappa:
    """Cohen's kappa (1960, https://doi.org/10.1177/001316446002000104) of two raters.

    Agreement beyond chance: 1 is perfect, 0 what independent raters of the same rates reach. It
    falls with the rate of the rarer outcome at the same sensitivity and specificity, so compare it
    only between sets of like rates. Interval: linearised over `clusters` (Fleiss, Cohen and Everitt
    1969, generalised), Student's t; too short below some 10 units of the rarer outcome.

    >>> from groundwire_evaluators.statistics import cohen_kappa
    >>> cohen_kappa([True, True, False, False], [True, False, False, False]).value
    0.5
    """
    first, second = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    n = len(first)
    if len(second) != n:
        raise ValueError("both raters must rate every unit")
    if n == 0:
        return Kappa(None, Interval(-1.0, 1.0), 0)
    weights = np.ones(n) if probabilities is None else 1 / np.asarray(probabilities, dtype=float)
    weights = weights / weights.sum()
    same = (first == second).astype(np.float64)
    p, q, agreed = weights @ first, weights @ second, float(weights @ same)
    chance = float(p * q + (1 - p) * (1 - q))
    if chance >= 1:
        return Kappa(None, Interval(-1.0, 1.0), n)
    kappa = (agreed - chance) / (1 - chance)
    by_chance = (first - p) * (2 * q - 1) + (second - q) * (2 * p - 1)
    influence = ((same - agreed) * (1 - chance) - by_chance * (1 - agreed)) / (1 - chance) ** 2
    interval = _around(kappa, weights * influence, clusters, level)
    if agreed >= 1 - 1e-12:  # nothing varies; as sure of the agreement as an exact interval is
        least = clopper_pearson(n, n, level).low
        interval = Interval(min(interval.low, (least - chance) / (1 - chance)), 1.0)
    return Kappa(kappa, interval, n)


def _around(
    kappa: float, influence: Floats, clusters: Sequence[Hashable] | None, level: float
) -> Interval:
    totals: dict[Hashable, float] = {}
    names = clusters if clusters is not None else range(len(influence))
    for name, each in zip(names, influence, strict=True):
        totals[name] = totals.get(name, 0.0) + float(each)
    count = len(totals)
    if count < 3:
        return Interval(-1.0, 1.0)
    variance = sum(total**2 for total in totals.values()) * count / (count - 1)
    half = student_quantile(level, count - 1) * sqrt(variance)
    return Interval(kappa - half, kappa + half).clipped(-1.0, 1.0)
