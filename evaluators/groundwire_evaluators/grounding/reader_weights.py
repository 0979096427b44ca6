"""Fit of a reader's weights to labelled claims."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.grounding.claims import Candidate
from groundwire_evaluators.grounding.read_claims import ReadClaim
from groundwire_evaluators.reader import ReaderLabel, ReaderWeights

NEVER = 1.01  # as a least probability
FALSE_ALARMS = 0.01  # of good claims that may be called contradicted
_FEWEST_GOOD = 50  # good claims from which a probability for "contradicted" is chosen
_NEAR = 0.003  # of the area under the curve: less than some hundred claims can tell apart
_SLOPES = np.linspace(0.0, 1.5, 31)
_SURE = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, NEVER)
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClaimToRead:
    """Claim for a reader: place, pair, score by words, threshold."""

    candidate: Candidate
    pair: tuple[str, str]
    score: float
    threshold: float
    summary: bool


@dataclass(frozen=True)
class ReadClaims:
    """Claims that were read: margins by words, the reader's rows, labels."""

    margins: Array
    rows: Array
    wrong: NDArray[np.bool_]
    summary: NDArray[np.bool_]

    @classmethod
    def of(cls, claims: Sequence[ClaimToRead], rows: Array, wrong: Sequence[bool]) -> "ReadClaims":
        margins = np.array([claim.score - claim.threshold for claim in claims])
        return cls(margins, rows, np.array(wrong), np.array([claim.summary for claim in claims]))

    def part(self, chosen: NDArray[np.bool_]) -> "ReadClaims":
        """Those chosen."""
        return ReadClaims(
            self.margins[chosen], self.rows[chosen], self.wrong[chosen], self.summary[chosen]
        )


def fit_weights(claims: ReadClaims) -> ReaderWeights:
    """Weights that rank the claims best, for answers to questions and summaries apart.

    The slope is the smallest whose area under the curve is near the largest; the intercept leaves
    as many claims over the threshold as words alone put there, so that flags stay as frequent. A
    claim is called contradicted from the least probability at which at most one in a hundred good
    claims is.
    """
    answers, summaries = (claims.part(claims.summary == kind) for kind in (False, True))
    slope, intercept = _best(answers)
    summary_slope, summary_intercept = _best(summaries)
    return ReaderWeights(
        not_there=slope,
        intercept=intercept,
        summary_not_there=summary_slope,
        summary_intercept=summary_intercept,
        contradicted=_sure(answers),
        summary_contradicted=_sure(summaries),
    )


def doubts(rows: Array) -> Array:
    """The change of a score at slope 1 and intercept 0, for rows of a reader."""
    unit = ReaderWeights(not_there=1.0, intercept=0.0)
    return np.array([ReadClaim.of(row, unit, summary=False).change for row in rows])


def area(scores: Array, wrong: NDArray[np.bool_]) -> float:
    """The chance that a wrong claim scores above a right one, ties half; nan without both."""
    good, bad = np.sort(scores[~wrong]), scores[wrong]
    if not len(good) or not len(bad):
        return float("nan")
    below = np.searchsorted(good, bad, "left") + np.searchsorted(good, bad, "right")
    return float(below.mean() / 2 / len(good))


def _best(claims: ReadClaims) -> tuple[float, float]:
    """The slope and intercept; none where the reader ranks nothing better."""
    if not claims.wrong.any() or claims.wrong.all():
        return 0.0, 0.0
    change = doubts(claims.rows)
    areas = [area(claims.margins + slope * change, claims.wrong) for slope in _SLOPES]
    least = max(areas) - _NEAR if max(areas) > areas[0] + _NEAR else areas[0]
    slope = float(next(slope for slope, one in zip(_SLOPES, areas, strict=True) if one >= least))
    if not slope:
        return 0.0, 0.0
    over = int((claims.margins >= 0).sum())
    ranked = np.sort(claims.margins + slope * change)[::-1]
    return slope, -float(ranked[min(max(over, 1), len(ranked)) - 1])


def _sure(claims: ReadClaims) -> float:
    good = claims.rows[~claims.wrong, ReaderLabel.CONTRADICTED]
    if len(good) < _FEWEST_GOOD:
        return NEVER
    return next(least for least in _SURE if (good >= least).mean() <= FALSE_ALARMS)
