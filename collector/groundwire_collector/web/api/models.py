"""API response models of turns (docs/reference/http.md); unknown fields are null."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from groundwire_collector.estimates.labels import chunk_name
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Citation, Claim, Evaluation
from groundwire_evaluators.turn import Chunk, Turn


class ChunkOut(BaseModel):
    """Retrieved chunk; `text` is null in lists of turns."""

    id: str | None
    text: str | None
    score: float | None
    rank: int | None
    metadata: Mapping[str, Any]
    earlier: bool  # of an earlier turn of the session, and in the prompt again

    @classmethod
    def of(cls, chunk: Chunk, with_text: bool) -> "ChunkOut":
        text = chunk.text if with_text else None
        return cls(
            id=chunk.id,
            text=text,
            score=chunk.score,
            rank=chunk.rank,
            metadata=chunk.metadata,
            earlier=chunk.earlier,
        )


class ScoreOut(BaseModel):
    """Evaluation of a turn; `value` is null unless the state is `scored`.

    `probability` is how likely the turn was drawn for an evaluator that judges a sample.
    """

    evaluator: str
    revision: str
    state: str
    value: float | None
    flagged: bool | None
    reason: str | None
    probability: float | None
    signals: Mapping[str, float]

    @classmethod
    def of(cls, evaluation: Evaluation) -> "ScoreOut":
        return cls(
            evaluator=evaluation.evaluator,
            revision=evaluation.revision,
            state=evaluation.state.value,
            value=evaluation.value,
            flagged=evaluation.flagged,
            reason=evaluation.reason,
            probability=evaluation.probability,
            signals=evaluation.signals,
        )


class ExtentOut(BaseModel):
    """Character range in the answer, half-open."""

    start: int
    end: int


class ClaimOut(BaseModel):
    """Claim of the answer; `chunk` is the id of its evidence."""

    evaluator: str
    start: int
    end: int
    text: str
    verdict: str
    support: float | None
    chunk: str | None
    spans: list[ExtentOut]
    reason: str | None

    @classmethod
    def of(cls, evaluator: str, claim: Claim, turn: Turn) -> "ClaimOut":
        return cls(
            evaluator=evaluator,
            start=claim.start,
            end=claim.end,
            text=claim.text,
            verdict=claim.verdict.value,
            support=claim.support,
            chunk=_chunk_id(turn, claim.chunk),
            spans=[ExtentOut(start=extent.start, end=extent.end) for extent in claim.spans],
            reason=claim.reason,
        )


class CitationOut(BaseModel):
    """Citation in the answer, with its verdict."""

    start: int
    end: int
    marker: str
    outcome: str
    chunk: str | None

    @classmethod
    def of(cls, citation: Citation, turn: Turn) -> "CitationOut":
        return cls(
            start=citation.start,
            end=citation.end,
            marker=citation.marker,
            outcome=citation.outcome.value,
            chunk=_chunk_id(turn, citation.chunk),
        )


class TurnOut(BaseModel):
    """Turn with its scores, claims and citations."""

    id: str
    trace_id: str | None
    session_id: str | None
    service: str
    started_at: datetime | None
    route: str
    model: str | None
    response_model: str | None
    model_version: str | None
    prompt_version: str | None
    index_version: str | None
    adapter: str | None
    release: str | None
    question: str | None
    chunks: list[ChunkOut]
    context_source: str | None
    answer: str | None
    input_tokens: int | None
    output_tokens: int | None
    not_evaluable_reason: str | None
    error: str | None
    closed_book: (
        bool  # a closed-book call of the application; `closed_book_of` names "trace id:span id"
    )
    closed_book_of: str | None
    probe: bool  # test traffic sent through the application
    scores: list[ScoreOut]
    claims: list[ClaimOut]
    citations: list[CitationOut]

    @classmethod
    def of(cls, judged: JudgedTurn, with_text: bool) -> "TurnOut":
        turn = judged.turn
        plain = {name: getattr(turn, name) for name in _PLAIN_FIELDS}
        return cls(
            **plain,
            route=turn.route.value,
            chunks=[ChunkOut.of(chunk, with_text) for chunk in turn.chunks],
            scores=[ScoreOut.of(evaluation) for evaluation in judged.evaluations],
            claims=[
                ClaimOut.of(e.evaluator, claim, turn)
                for e in judged.evaluations
                for claim in e.claims
            ],
            citations=[CitationOut.of(c, turn) for e in judged.evaluations for c in e.citations],
        )


class TurnPage(BaseModel):
    """Page of turns."""

    turns: list[TurnOut]
    next: str | None


def moment(nanoseconds: int) -> datetime:
    """A time since the epoch as the API writes it, in UTC."""
    return datetime.fromtimestamp(nanoseconds / 1_000_000_000, UTC)


_PLAIN_FIELDS = tuple(
    name
    for name in TurnOut.model_fields
    if name not in {"route", "chunks", "scores", "claims", "citations"}
)


def _chunk_id(turn: Turn, index: int | None) -> str | None:
    """The id of a chunk, or its place among the chunks where it has none."""
    if index is None or not 0 <= index < len(turn.chunks):
        return None
    return chunk_name(turn, index)
