"""Fit of a reader's weights to labelled claims: how far its answers move a claim's score."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.grounding.claims import Candidate
from groundwire_evaluators.grounding.evaluator import comparisons
from groundwire_evaluators.grounding.kinds import Kind, kind_of
from groundwire_evaluators.grounding.model import Model, default_model
from groundwire_evaluators.grounding.read_claims import ReadClaim, claims_to_read
from groundwire_evaluators.grounding.reading_pairs import pair_of
from groundwire_evaluators.grounding.signals import Comparison, measure_signals
from groundwire_evaluators.reader import Card, ReaderLabel, ReaderWeights
from groundwire_evaluators.turn import Turn

NEVER = 1.01  # as a least probability
FALSE_ALARMS = 0.01  # of good claims that may be called contradicted
_FEWEST_GOOD = 50  # good claims from which a probability for "contradicted" is chosen
_SLOPES = np.linspace(0.0, 1.5, 31)
_SURE = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, NEVER)
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClaimToRead:
    """A claim that a reader is asked about: its place, pair, score by words and threshold."""

    candidate: Candidate
    pair: tuple[str, str]
    score: float
    threshold: float
    summary: bool


def claims_to_fit(turn: Turn, card: Card, model: Model | None = None) -> list[ClaimToRead]:
    """The claims of an answer that a reader with this card would be asked about."""
    model = model or default_model()
    made = [(c, r) for c, r in comparisons(turn) if c.skip_reason is None]
    on_records = any(p.record is not None for _, r in made for p in r.passages)
    kind = kind_of(turn.question, on_records)
    if kind == "records":
        return []
    threshold = model.threshold(kind)
    scores = [_score(comparison, model, kind) for _, comparison in made]
    found = []
    for at in claims_to_read(scores, threshold):
        candidate, comparison = made[at]
        pair = pair_of(comparison, candidate.lead, turn.question, card.evidence_words)
        found.append(ClaimToRead(candidate, pair, scores[at], threshold, kind == "summaries"))
    return found


def _score(comparison: Comparison, model: Model, kind: Kind) -> float:
    signals = measure_signals(comparison)
    return model.with_minimums(model.weighted_score(signals, kind), signals, kind)


@dataclass(frozen=True)
class ReadClaims:
    """Claims that were read: margins over the threshold by words, the reader's rows, labels."""

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

    The slope is that of the largest area under the curve (the smallest among equals), and the
    intercept leaves as many claims over the threshold as words alone put there, so that flags stay
    as frequent. A claim is called contradicted from the least probability at which at most one in a
    hundred good claims is.
    """
    asked, summed = (claims.part(claims.summary == kind) for kind in (False, True))
    slope, intercept = _best(asked)
    summary_slope, summary_intercept = _best(summed)
    return ReaderWeights(
        not_there=slope,
        intercept=intercept,
        summary_not_there=summary_slope,
        summary_intercept=summary_intercept,
        contradicted=_sure(asked),
        summary_contradicted=_sure(summed),
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
    best = max(range(len(_SLOPES)), key=lambda at: (round(areas[at], 3), -at))
    slope = float(_SLOPES[best])
    if not slope:
        return 0.0, 0.0
    over = int((claims.margins >= 0).sum())
    ranked = np.sort(claims.margins + slope * change)[::-1]
    at = min(max(over, 1), len(ranked)) - 1
    return slope, -float(ranked[at])


def _sure(claims: ReadClaims) -> float:
    good = claims.rows[~claims.wrong, ReaderLabel.CONTRADICTED]
    if len(good) < _FEWEST_GOOD:
        return NEVER
    return next(least for least in _SURE if (good >= least).mean() <= FALSE_ALARMS)
