"""Answers and facts that the training never saw, judged by words and with the reader.

The reader's weights are fitted on one held-out fold and measured on the other, both ways.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.grounding_data import _digest, answers, turn
from benchmarks.reader.facts import Facts, schemas
from benchmarks.reader.labelled import FOLDS, HELD_OUT_FOLDS
from benchmarks.reader.pairs import Pair
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.grounding.evaluator import comparisons
from groundwire_evaluators.grounding.model import default_model
from groundwire_evaluators.grounding.read_claims import ReadClaim, claims_to_read
from groundwire_evaluators.grounding.reading_pairs import pair_of
from groundwire_evaluators.grounding.signals import Comparison, measure_signals
from groundwire_evaluators.reader import Card, Reader, ReaderLabel, ReaderWeights
from groundwire_evaluators.turn import Chunk, Turn

SETS = (
    "ragtruth", "ragtruth-train-extra", "bump", "summedits-samsum", "summedits-news",
    "summedits-sales_call", "summedits-podcast",
)  # fmt: skip
_NEVER = 1.01
_PATIENCE = 60.0  # s a turn: a busy machine must not change the figures
_FALSE_ALARMS = 0.01  # of good claims that may be called contradicted
_SLOPES = np.linspace(0.0, 1.5, 31)
_INTERCEPTS = np.linspace(-2.5, 1.0, 36)
_SURE = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, _NEVER)
Array = NDArray[np.float64]


class Remembering:
    """A reader that reads each pair once, under any weights of its card."""

    def __init__(self, reader: Reader, weights: ReaderWeights | None = None) -> None:
        self._reader = reader
        self.card: Card = replace(reader.card, weights=weights or reader.card.weights)
        self.revision = reader.revision
        self._rows: dict[tuple[str, str], Array] = {}

    def read(self, pairs: Sequence[tuple[str, str]]) -> Array:
        new = list(dict.fromkeys(pair for pair in pairs if pair not in self._rows))
        self._rows |= dict(zip(new, self._reader.read(new), strict=True))
        return np.array([self._rows[pair] for pair in pairs]).reshape(len(pairs), 3)

    def with_weights(self, weights: ReaderWeights) -> "Remembering":
        other = Remembering(self._reader, weights)
        other._rows = self._rows
        return other


@dataclass(frozen=True)
class HeldOutAnswer:
    """An answer with its record in the set."""

    turn: Turn
    row: dict[str, Any]

    @property
    def group(self) -> str:
        name, task = self.row["dataset"], self.row["task"]
        return f"{name} {task}" if name.startswith("ragtruth") else str(name)

    @property
    def fold(self) -> int:
        return _digest(self.row["source_id"]) % FOLDS

    def is_wrong(self, start: int, end: int) -> bool:
        return any(s["start"] < end and start < s["end"] for s in self.row["spans"])


def held_out_answers() -> Iterator[HeldOutAnswer]:
    """Answers in prose of the held-out folds."""
    for name in SETS:
        for row in answers(name):
            on_record = row["contexts"][0].lstrip().startswith("{")
            if not on_record and _digest(row["source_id"]) % FOLDS in HELD_OUT_FOLDS:
                yield HeldOutAnswer(turn(row), row)


@dataclass(frozen=True)
class ReadClaims:
    """Claims that were read: the score of words, the reader's row, and whether each is wrong."""

    scores: Array
    rows: Array
    wrong: NDArray[np.bool_]
    summary: NDArray[np.bool_]


def read_claims(chosen: Sequence[HeldOutAnswer], reader: Remembering) -> ReadClaims:
    """The claims of answers with labels by span that the reader would be asked about."""
    threshold = default_model().threshold(on_records=False)
    found = []
    for answer in chosen:
        if answer.row["spans"] is None:
            continue
        made = [(c, r) for c, r in comparisons(answer.turn) if c.skip_reason is None]
        scores = [_score(comparison) for _, comparison in made]
        for at in claims_to_read(scores, threshold):
            candidate, comparison = made[at]
            pair = pair_of(comparison, candidate.lead, answer.turn.question)
            wrong = answer.is_wrong(candidate.start, candidate.end)
            found.append((scores[at], reader.read([pair])[0], wrong, not answer.turn.question))
    scores, rows, wrong, summary = zip(*found, strict=True)
    return ReadClaims(np.array(scores), np.array(rows), np.array(wrong), np.array(summary))


def _score(comparison: Comparison) -> float:
    model, signals = default_model(), measure_signals(comparison)
    return model.with_minimums(model.weighted_score(signals), signals, on_records=False)


def fitted(claims: ReadClaims) -> ReaderWeights:
    """Weights with the least log loss on the claims, for questions and summaries apart.

    A claim is called contradicted from the least probability at which at most one in a hundred good
    claims is.
    """
    asked, summed = (_part(claims, claims.summary == kind) for kind in (False, True))
    slope, intercept = _least_loss(asked)
    summary_slope, summary_intercept = _least_loss(summed)
    return ReaderWeights(
        not_there=slope,
        intercept=intercept,
        summary_not_there=summary_slope,
        summary_intercept=summary_intercept,
        contradicted=_sure(asked),
        summary_contradicted=_sure(summed),
    )


def _part(claims: ReadClaims, chosen: NDArray[np.bool_]) -> ReadClaims:
    return ReadClaims(
        claims.scores[chosen], claims.rows[chosen], claims.wrong[chosen], claims.summary[chosen]
    )


def _least_loss(claims: ReadClaims) -> tuple[float, float]:
    """The slope and intercept; none where the reader makes nothing better."""
    unit = ReaderWeights(not_there=1.0, intercept=0.0)
    doubts = np.array([ReadClaim.of(row, unit, summary=False).change for row in claims.rows])
    signs = np.where(claims.wrong, -1.0, 1.0)
    if not len(signs):
        return 0.0, 0.0
    best, least = (0.0, 0.0), float(np.logaddexp(0.0, signs * claims.scores).mean())
    for slope in _SLOPES[1:]:
        for intercept in _INTERCEPTS:
            scores = claims.scores + slope * doubts + intercept
            loss = float(np.logaddexp(0.0, signs * scores).mean())
            if loss < least:
                best, least = (float(slope), float(intercept)), loss
    return best


def _sure(claims: ReadClaims) -> float:
    if not len(claims.scores):
        return _NEVER
    good = claims.rows[~claims.wrong, ReaderLabel.CONTRADICTED]
    return next(least for least in _SURE if (good >= least).mean() <= _FALSE_ALARMS)


def judged_both_ways(
    chosen: Sequence[HeldOutAnswer], reader: Remembering
) -> tuple[list[Evaluation], dict[int, ReaderWeights]]:
    """Each answer judged with weights fitted on the other fold, and those weights by fold."""
    weights = {
        fold: fitted(read_claims([one for one in chosen if one.fold != fold], reader))
        for fold in HELD_OUT_FOLDS
    }
    graders = {
        fold: Grounding(reader=reader.with_weights(each), reader_seconds=_PATIENCE)
        for fold, each in weights.items()
    }
    return [graders[one.fold].judge(one.turn) for one in chosen], weights


def fact_turns(count: int, seed: int) -> list[tuple[Pair, str, Turn]]:
    """Facts of schemas never trained on, as answers to a question about nothing in particular."""
    facts = islice(Facts(Random(f"{seed}/report"), held_out=True).pairs(), count)
    return [
        (
            pair,
            schemas()[pair.rule.partition(":")[2]].kind,
            Turn(
                question="What does the text say?",
                chunks=(Chunk(text=pair.evidence),),
                answer=pair.claim,
            ),
        )
        for pair in facts
    ]


def unsupported(evaluation: Evaluation) -> bool:
    """Whether a claim of it is unsupported or contradicted."""
    return evaluation.state is State.SCORED and (evaluation.value or 0.0) < 1.0


def doubt(evaluation: Evaluation) -> float:
    """p_unsupported, 0 for answers that are not scored."""
    return float(evaluation.signals.get("p_unsupported", 0.0))
