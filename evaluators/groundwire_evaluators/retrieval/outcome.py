"""Chunk outcome: right chunk used, retrieved but ignored, or not retrieved.

Why: docs/decisions/0173-chunk-outcomes-by-words.md
"""

from collections.abc import Iterable
from enum import StrEnum

from groundwire_evaluators.evaluation import Evaluation, State, Verdict

ANSWERING_CHUNK = "answering_chunk"  # signal: whether a chunk answers the question


class ChunkOutcome(StrEnum):
    """Outcome of a retrieval for the answer."""

    USED = "used"
    IGNORED = "ignored"  # a chunk answers the question, the answer does not take it from there
    MISSING = "missing"  # no chunk answers, and neither does the answer from its chunks


def chunk_outcome(evaluations: Iterable[Evaluation]) -> ChunkOutcome | None:
    """Outcome of a turn by its grounding and override evaluations; None where unknown.

    A chunk answers where one sentence of it holds nearly all that is asked, by words
    (`ANSWERING_CHUNK` of grounding). It was ignored where the answer declines, contradicts a chunk,
    has an override, or rests on no chunk at all. Without such a chunk it is missing where the
    answer declines or holds a claim that no chunk supports; a supported answer shows that the words
    alone did not find it. What this misses is measured in docs/reference/retrieval.md.
    """
    found = list(evaluations)
    grounding = next((each for each in found if ANSWERING_CHUNK in each.signals), None)
    if grounding is None:
        return None
    answering = bool(grounding.signals[ANSWERING_CHUNK])
    if grounding.state is State.REFUSAL:
        return ChunkOutcome.IGNORED if answering else ChunkOutcome.MISSING
    if answering:
        overridden = any(each.evaluator == "override" and each.value == 1.0 for each in found)
        ignored = overridden or _ignores(grounding)
        return ChunkOutcome.IGNORED if ignored else ChunkOutcome.USED
    return ChunkOutcome.USED if grounding.value == 1.0 else ChunkOutcome.MISSING


def _ignores(grounding: Evaluation) -> bool:
    verdicts = {claim.verdict for claim in grounding.claims}
    return Verdict.CONTRADICTED in verdicts or Verdict.SUPPORTED not in verdicts
