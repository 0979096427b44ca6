"""Verdict of the one claim of a short answer, for tests of the grounding evaluator."""

from groundwire_evaluators.evaluation import Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.turn import Chunk, Turn


def verdict(question: str, answer: str, *chunks: str) -> Verdict:
    turn = Turn(question=question, answer=answer, chunks=tuple(Chunk(text=c) for c in chunks))
    [claim] = Grounding(reader=None).judge(turn).claims
    return claim.verdict
