"""Turn model: question, chunks given to the model, answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Route(StrEnum):
    """Answer route: retrieval, parametric, cache or tool."""

    RETRIEVAL = "retrieval"
    PARAMETRIC = "parametric"  # no retrieval took place
    CACHE = "cache"
    TOOL = "tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Retrieved piece of context; SQL rows and JSON records too.

    `score` is the retriever's own number, of unknown unit (cosine, BM25, a distance): never
    compare it across retrievers. `rank` counts from 0, best first. `earlier`: it was retrieved for
    an earlier turn of the session, and was in the prompt again.
    """

    text: str
    id: str | None = None
    score: float | None = None
    rank: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    earlier: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSource:
    """Citation returned by the model's provider beside the answer text.

    `start` and `end` are Unicode code points of the answer, half-open. `names` is what it calls its
    source (an id, a URL, a title), `position` its number among the documents that were sent, from
    0, `quote` the words that it cites.
    """

    start: int
    end: int
    names: tuple[str, ...] = ()
    position: int | None = None
    quote: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Unit of evaluation; unknown fields are None, `chunks == ()`: empty retrieval.

    `not_evaluable_reason` says why no evaluator can judge it (content redacted or cut,
    chunks unknown); evaluators then answer with the state `not_evaluable`.
    `context_source` is the rung of the ladder that gave the chunks.
    """

    id: str = ""
    question: str | None = None
    chunks: tuple[Chunk, ...] = ()
    answer: str | None = None
    not_evaluable_reason: str | None = None
    context_source: str | None = None
    reference: str | None = None  # a right answer, where a person gave one
    route: Route = Route.RETRIEVAL

    trace_id: str | None = None
    span_id: str | None = None  # of the span that answered
    session_id: str | None = None
    user_id: str | None = None
    service: str = "unknown"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    retrieval_seconds: float | None = None
    generation_seconds: float | None = None
    first_token_seconds: float | None = None

    model: str | None = None  # asked for
    response_model: str | None = None  # served
    response_id: str | None = None
    model_version: str | None = None
    prompt_version: str | None = None
    index_version: str | None = None
    adapter: str | None = None  # of the model, such as a LoRA
    release: str | None = None  # of the application
    tenant: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None  # of the input tokens
    cache_write_tokens: int | None = None  # of the input tokens
    reasoning_tokens: int | None = None  # of the output tokens
    answer_logprob_mean: float | None = None  # nats a token
    closed_book: bool = False  # a closed-book diagnostic call, kept out of production statistics
    closed_book_of: str | None = None  # the production turn it asks again: "trace id:span id"
    sampling_probability: float | None = None  # of being comparisons, (0, 1]
    probe: bool = False
    cited: tuple[CitedSource, ...] = ()  # citations that are no markers in the answer
    error: str | None = None  # of the first step that failed, whatever was answered after it

    @property
    def retrieved(self) -> tuple[Chunk, ...]:
        """Chunks of this turn's own retrievals."""
        return tuple(chunk for chunk in self.chunks if not chunk.earlier)
