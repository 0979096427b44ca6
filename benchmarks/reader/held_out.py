"""Answers and facts that the training never saw, judged by words and with the reader.

The reader's weights are fitted on one held-out fold and measured on the other, both ways. The words
have weights that never saw either fold.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.grounding_data import _digest, answers, turn
from benchmarks.reader import recorded
from benchmarks.reader.facts import Facts, schemas
from benchmarks.reader.labelled import FOLDS, HELD_OUT_FOLDS
from benchmarks.reader.pairs import Pair, Relation
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.grounding.model import Model
from groundwire_evaluators.grounding.reader_tuning import claims_to_fit
from groundwire_evaluators.grounding.reader_weights import ReadClaims, fit_weights
from groundwire_evaluators.reader import Card, Reader, ReaderWeights
from groundwire_evaluators.turn import Chunk, Turn

SETS = (
    "ragtruth", "ragtruth-train-extra", "bump", "summedits-samsum", "summedits-news",
    "summedits-sales_call", "summedits-podcast",
)  # fmt: skip
_PATIENCE = 60.0  # s a turn: a busy machine must not change the figures
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


def read_claims(chosen: Sequence[HeldOutAnswer], reader: Remembering, model: Model) -> ReadClaims:
    """The claims of answers with labels by span that the reader would be asked about."""
    claims, wrong = [], []
    for answer in chosen:
        if answer.row["spans"] is None:
            continue
        for claim in claims_to_fit(answer.turn, reader.card, model):
            claims.append(claim)
            wrong.append(answer.is_wrong(claim.candidate.start, claim.candidate.end))
    return ReadClaims.of(claims, reader.read([claim.pair for claim in claims]), wrong)


def judged_both_ways(
    chosen: Sequence[HeldOutAnswer], reader: Remembering, model: Model
) -> tuple[list[Evaluation], dict[int, ReaderWeights]]:
    """Each answer judged with weights fitted on the other fold, and those weights by fold."""
    weights = {
        fold: fit_weights(read_claims([one for one in chosen if one.fold != fold], reader, model))
        for fold in HELD_OUT_FOLDS
    }
    graders = {
        fold: Grounding(model=model, reader=reader.with_weights(each), reader_seconds=_PATIENCE)
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


def recorded_turns(count: int, seed: int) -> list[tuple[Turn, bool]]:
    """Answers of real fine-tunes' checkpoints never trained on, and whether each is wrong."""
    found = list(recorded.turns(held_out=True))
    chosen = Random(f"{seed}/recorded").sample(found, min(count, len(found)))
    return [(turn, relation is not Relation.SUPPORTED) for turn, relation in chosen]
