"""`/api/v1/judge`: judge one answer against its contexts; nothing is stored."""

from functools import cache
from threading import Lock
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.evaluation.loading import load
from groundwire_collector.responses.problem import ProblemError
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_collector.web.api.models import CitationOut, ClaimOut, ScoreOut, TurnOut
from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

EVALUATORS = ("grounding", "override")
MOST_CHARACTERS = 60_000  # of question, contexts and answer: judged within a second or so
MOST_CONTEXTS = 200

router = APIRouter(prefix="/api/v1/judge", tags=["turns"])
_one_at_a_time = Lock()  # judging shares its process with the receiver of spans

Text = Annotated[str, StringConstraints(max_length=MOST_CHARACTERS)]


class JudgeIn(BaseModel):
    """Answer to judge, with its question and contexts.

    `contexts` are the texts of the retrieved chunks, in rank order.
    """

    model_config = ConfigDict(extra="forbid")

    question: Text | None = None
    contexts: Annotated[list[Text], Field(max_length=MOST_CONTEXTS)]
    answer: Text

    def turn(self) -> Turn:
        return Turn(
            id="",
            question=self.question,
            chunks=tuple(
                Chunk(text=text, rank=rank, id=str(rank + 1))
                for rank, text in enumerate(self.contexts)
            ),
            answer=self.answer,
        )

    def characters(self) -> int:
        return len(self.question or "") + len(self.answer) + sum(map(len, self.contexts))


class JudgementOut(BaseModel):
    """Scores, claims and citations of one answer.

    `chunk` of a claim is the number of its context, counted from 1. Ranges are in code points of
    the answer, half-open.
    """

    scores: list[ScoreOut]
    claims: list[ClaimOut]
    citations: list[CitationOut]


@cache
def _evaluator(name: str) -> Evaluator:
    """Loaded at the first request: a collector that nobody asks does without their memory."""
    return load(name)


@router.post("")
def judge(body: JudgeIn, _access: ReadAccess) -> JudgementOut:
    """Judge an answer: each claim with its verdict, spans and the context that shows it.

    For showing evidence in the application itself. Nothing is stored or counted. Answers are
    judged one at a time; use the evaluators in your own process for more
    (docs/howto/show-evidence.md).
    """
    if body.characters() > MOST_CHARACTERS:
        raise ProblemError(
            413, f"{body.characters()} characters are too many; at most {MOST_CHARACTERS}."
        )
    turn = body.turn()
    with _one_at_a_time:
        evaluations = tuple(
            evaluation for name in EVALUATORS for evaluation in evaluate(_evaluator(name), [turn])
        )
    found = TurnOut.of(JudgedTurn(turn, evaluations), with_text=False)
    return JudgementOut(scores=found.scores, claims=found.claims, citations=found.citations)
