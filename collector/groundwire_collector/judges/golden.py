"""Golden set: labelled turns for checking a judge over time."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import Record, read_records
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.statistics import agreement
from groundwire_evaluators.statistics.ratio import Estimate
from groundwire_evaluators.turn import Chunk, Turn

MOST = 1000  # maximum turns of a set; each replay judges all of them
_TRUTHS = {"supported": False, "unsupported": True, "contradicted": True}
_SOUND = {State.REFUSAL, State.NO_CLAIMS}  # nothing unsupported in it


@dataclass(frozen=True, slots=True)
class GoldenTurn:
    """Golden turn: a turn and whether its answer is unsupported."""

    turn: Turn
    unsupported: bool


@dataclass(frozen=True)
class GoldenSet:
    """Labelled turns; `digest` identifies the set."""

    turns: Sequence[GoldenTurn]
    digest: str

    @classmethod
    def load(cls, path: Path) -> "GoldenSet":
        """From JSON lines with question, contexts, answer, and `unsupported` (0 or 1) or the
        `verdict` on the whole answer, as `groundwire labels export --with-text` writes them; lines
        on a claim or a chunk, and answers that could not be decided, are left out.

        Raises UsageError.
        """
        found: dict[str, GoldenTurn] = {}
        for number, record in enumerate(read_records(path), start=1):
            truth = _truth(record)
            if truth is not None:
                turn = _turn(record, number, path)
                found[turn.id] = GoldenTurn(turn, truth)
        turns = list(found.values())
        if not turns or len(turns) > MOST:
            raise UsageError(f"{path}: {len(turns)} labelled turns; a golden set has 1 to {MOST}")
        rows = [(asdict(each.turn), each.unsupported) for each in turns]
        text = json.dumps(rows, sort_keys=True, default=str)
        return cls(turns, hashlib.sha256(text.encode()).hexdigest()[:12])


@dataclass(frozen=True, slots=True)
class GoldenJudgement:
    """A judge's state and decision on a golden turn.

    `judged_unsupported` is None where the judge decided nothing.
    """

    key: str
    state: State
    judged_unsupported: bool | None
    unsupported: bool  # the truth

    @classmethod
    def of(cls, golden: GoldenTurn, evaluation: Evaluation) -> "GoldenJudgement":
        return cls(
            golden.turn.id, evaluation.state, _judged_unsupported(evaluation), golden.unsupported
        )

    @property
    def right(self) -> bool | None:
        return (
            None if self.judged_unsupported is None else self.judged_unsupported == self.unsupported
        )


def summarise(answers: Sequence[GoldenJudgement]) -> dict[str, Any]:
    """Summary of a replay: turns by state, and accuracy with bounds.

    What a judge failed at is counted and no disagreement: an endpoint that is away is not a judge
    that has changed.
    """
    judged = [answer for answer in answers if answer.judged_unsupported is not None]
    found = agreement(
        [bool(answer.judged_unsupported) for answer in judged],
        [answer.unsupported for answer in judged],
    )
    measures = {
        "agreement": found.agreed,
        "sensitivity": found.sensitivity,
        "specificity": found.specificity,
    }
    states: dict[str, int] = {}
    for answer in answers:
        states[answer.state.value] = states.get(answer.state.value, 0) + 1
    return {
        "states": states,
        "measures": {
            name: _bounds(each) for name, each in measures.items() if each.value is not None
        },
    }


def flips(first: Mapping[str, GoldenJudgement], last: Sequence[GoldenJudgement]) -> dict[str, int]:
    """Turns that a judge was right about at first and is not now, and the other way round."""
    counts = {"right": 0, "wrong": 0}
    for answer in last:
        before = first.get(answer.key)
        if before is None or before.right is None or answer.right is None:
            continue
        if before.right != answer.right:
            counts["right" if answer.right else "wrong"] += 1
    return counts


def _bounds(estimate: Estimate) -> dict[str, float | None]:
    low, high = estimate.interval
    return {"lower": low, "mean": estimate.value, "upper": high}


def _judged_unsupported(evaluation: Evaluation) -> bool | None:
    if evaluation.state in _SOUND:
        return False
    if evaluation.state is not State.SCORED:
        return None
    if evaluation.flagged is not None:
        return evaluation.flagged
    return None if evaluation.value is None else evaluation.value < 1.0


def _truth(record: Record) -> bool | None:
    if record.get("unsupported") in (0, 1):
        return bool(record["unsupported"])
    if record.get("claim") or record.get("chunk_id"):
        return None
    return _TRUTHS.get(str(record.get("verdict")))


def _turn(record: Record, number: int, path: Path) -> Turn:
    contexts = record.get("contexts")
    texts = [record.get("answer"), *(contexts if isinstance(contexts, list) else [None])]
    if not all(isinstance(text, str) for text in texts):
        raise UsageError(f"{path}, record {number}: contexts (strings) and answer are required")
    question, reference = record.get("question"), record.get("reference")
    identity = str(record.get("id") or record.get("turn_id") or number)
    return Turn(
        id=identity,
        trace_id=hashlib.sha256(identity.encode()).hexdigest()[:32],
        question=question if isinstance(question, str) else None,
        reference=reference if isinstance(reference, str) else None,
        chunks=tuple(Chunk(text=text) for text in contexts or ()),
        answer=record["answer"],
    )
