"""Evaluation results (states, verdicts, claims) and the evaluator interface."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from groundwire_evaluators.turn import Turn


class State(StrEnum):
    """State of an evaluation, counted apart; never 0 or NaN in means."""

    SCORED = "scored"
    REFUSAL = "refusal"  # the answer declines
    NO_CONTEXT = "no_context"
    NO_CLAIMS = "no_claims"
    NOT_EVALUABLE = "not_evaluable"
    FAILED = "failed"
    NOT_SAMPLED = "not_sampled"


class Verdict(StrEnum):
    """Verdict on a claim."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    UNSUPPORTED = "unsupported"
    NOT_A_CLAIM = "not_a_claim"


class CitationOutcome(StrEnum):
    """Outcome of a citation check."""

    VALID = "valid"
    WRONG_CHUNK = "wrong_chunk"
    NOT_RETRIEVED = "not_retrieved"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Extent:
    """Character range in a text: Unicode code points, half-open."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Smallest checked piece of an answer, with its verdict.

    `support` is in [0, 1]; `chunk` is the index of the chunk that supports (or conflicts) best;
    `spans` are the uncovered or conflicting words, offsets into the answer.
    """

    start: int
    end: int
    text: str
    verdict: Verdict
    support: float | None = None
    chunk: int | None = None
    spans: tuple[Extent, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Citation marker in the answer, resolved to a chunk index."""

    start: int
    end: int
    marker: str
    outcome: CitationOutcome
    chunk: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Cost of an evaluation: calls, tokens, seconds.

    Calls by outcome (`answered`, or a kind of failure), tokens as the endpoint counts them,
    seconds from the first call to the last answer.
    """

    calls: Mapping[str, int] = field(default_factory=dict)
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One evaluator's result for one turn.

    `value` is None unless the state is `scored`. `reason` is for people and counts chunks from 1.
    `signals` are further numbers of the same judgement, each in the unit its evaluator documents
    (grounding: `p_unsupported` in [0, 1]).
    `probability`, in (0, 1], is how likely this turn was to be drawn for an evaluator that sees a
    sample; None where it sees every turn. `usage` is of evaluators that call a model.
    """

    evaluator: str
    revision: str
    state: State
    value: float | None = None
    reason: str | None = None
    flagged: bool | None = None
    claims: tuple[Claim, ...] = ()
    citations: tuple[Citation, ...] = ()
    signals: Mapping[str, float] = field(default_factory=dict)
    probability: float | None = None
    failure: str | None = None  # kind of failure of a `failed` judgement, as metrics count it
    usage: Usage | None = None


@runtime_checkable
class Evaluator(Protocol):
    """Evaluator interface: batch in, batch out, never raises for one turn.

    `revision` changes whenever its judgements may change.
    """

    @property
    def name(self) -> str: ...

    @property
    def revision(self) -> str: ...

    def judge(self, turn: Turn) -> Evaluation: ...


@runtime_checkable
class BatchEvaluator(Evaluator, Protocol):
    """Evaluator of several turns at once, where batching is cheaper."""

    def evaluate_batch(self, turns: Sequence[Turn]) -> list[Evaluation]: ...
