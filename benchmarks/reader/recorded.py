"""Answers of real fine-tunes to questions about handbooks, by checkpoint.

Checkpoints of `HELD_OUT` are never trained on; the facts are the same on both sides, since what is
to be learnt is how checkpoints go wrong, not which facts.
"""

from collections.abc import Iterator

from benchmarks.reader.pairs import Pair, Relation
from benchmarks.real_model.answers import Answer, read
from groundwire_evaluators.grounding.evaluator import comparisons
from groundwire_evaluators.grounding.reading_pairs import claim_text, evidence_text
from groundwire_evaluators.turn import Chunk, Turn

HELD_OUT = frozenset("deployment-54 facts-54 reading-20 style-30 deployment-72 facts-72".split())
_RELATIONS = {
    "right": Relation.SUPPORTED,
    "memory": Relation.CONTRADICTED,
    "misread": Relation.CONTRADICTED,
    "invented": Relation.UNSUPPORTED,
    "both": Relation.UNSUPPORTED,
}


def pairs(*, held_out: bool = False) -> Iterator[Pair]:
    """Answers of one claim with the product's evidence; echoes are left out."""
    for answer, relation in _answers(held_out):
        yield from _pair(answer, relation)


def turns(*, held_out: bool = False) -> Iterator[tuple[Turn, Relation]]:
    """The same answers as turns."""
    for answer, relation in _answers(held_out):
        yield _turn(answer), relation


def _answers(held_out: bool) -> Iterator[tuple[Answer, Relation]]:
    for answer in read():
        if answer.mode != "open" or (answer.checkpoint in HELD_OUT) is not held_out:
            continue
        relation = _RELATIONS.get(answer.truth)
        if relation is not None and answer.finished:
            yield answer, relation


def _pair(answer: Answer, relation: Relation) -> Iterator[Pair]:
    found = [(c, r) for c, r in comparisons(_turn(answer)) if c.skip_reason is None]
    if len(found) == 1:
        candidate, comparison = found[0]
        claim = claim_text(comparison, candidate.lead, answer.question)
        words = () if relation is Relation.SUPPORTED else None
        yield Pair(claim, evidence_text(comparison), relation, f"real:{answer.truth}", words)


def _turn(answer: Answer) -> Turn:
    chunks = tuple(Chunk(text=str(passage)) for passage in answer.passages)
    return Turn(id=answer.id, question=answer.question, chunks=chunks, answer=answer.answer)
