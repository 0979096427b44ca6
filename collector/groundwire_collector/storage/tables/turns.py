"""Tables of turns, scores, claims and worker progress."""

from typing import Any

from sqlalchemy import JSON, Column, Index, false, text
from sqlmodel import Field

from groundwire_collector.storage.tables.base import WIDE, StoredModel

_OF_CLOSED_BOOK = text("closed_book_of IS NOT NULL")
_DRAWN = text("probability IS NOT NULL")  # few: what judges every turn has none
# States that few turns may have, with their bits (storage/turn_listing.py). A partial index each.
RARE_STATES = {
    "refusal": 2,
    "no_context": 4,
    "no_claims": 8,
    "not_evaluable": 16,
    "failed": 32,
    "not_sampled": 64,
}


def has_state(bit: int) -> str:
    """SQL condition of a partial index; a query must hold these very literals to use it."""
    return f"(states & {bit}) != 0"


def _index_of(state: str, bit: int) -> Index:
    condition = text(has_state(bit))
    return Index(
        f"ix_turn_listing_{state}",
        *("started_ns", "turn_id", "p_unsupported", "service", "diagnostic", "states", "verdicts"),
        sqlite_where=condition,
        postgresql_where=condition,
    )


class CursorRow(StoredModel, table=True):
    """Position of a reader of the span stream."""

    __tablename__ = "cursor"

    reader: str = Field(primary_key=True)
    seq: int = Field(sa_type=WIDE)


class PendingTraceRow(StoredModel, table=True):
    """A trace whose spans still arrive, and when it is due."""

    __tablename__ = "pending_trace"

    trace_id: str = Field(primary_key=True)
    last_received_ns: int = Field(sa_type=WIDE)
    root_ended: bool
    due_ns: int = Field(index=True, sa_type=WIDE)
    # Judgements of it that were begun; counted after a worker died, to find what it died of.
    begun: int = Field(default=0, sa_type=WIDE, sa_column_kwargs={"server_default": "0"})
    # The judging worker that claimed it, until when; "" where none did.
    worker: str = Field(default="", sa_column_kwargs={"server_default": ""})
    claimed_until_ns: int = Field(default=0, sa_type=WIDE, sa_column_kwargs={"server_default": "0"})


class JudgedBatchRow(StoredModel, table=True):
    """Judged turns of a judging worker, not counted yet."""

    __tablename__ = "judged_batch"

    id: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    stored_ns: int = Field(sa_type=WIDE)
    body: bytes


class JudgedTraceRow(StoredModel, table=True):
    """A trace of a judged batch that is not counted yet."""

    __tablename__ = "judged_trace"

    trace_id: str = Field(primary_key=True)
    batch_id: int = Field(index=True, sa_type=WIDE)


class FailedTraceRow(StoredModel, table=True):
    """A trace that could not be assembled or judged."""

    __tablename__ = "failed_trace"

    trace_id: str = Field(primary_key=True)
    failed_ns: int = Field(index=True, sa_type=WIDE)
    reason: str


class UnansweredTraceRow(StoredModel, table=True):
    """A trace that became no turn; counted once."""

    __tablename__ = "unanswered_trace"

    trace_id: str = Field(primary_key=True)
    service: str
    started_ns: int = Field(index=True, sa_type=WIDE)
    family: str
    reason: str
    error: str | None = None


class SessionRow(StoredModel, table=True):
    """A session, and whether it was counted as scored and as unsupported."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_service_last", "service", "last_ns"),)

    session_id: str = Field(primary_key=True)
    service: str = Field(primary_key=True)
    started_ns: int = Field(sa_type=WIDE)
    last_ns: int = Field(index=True, sa_type=WIDE)  # start of its latest turn
    scored: bool  # one of its turns at least
    unsupported: bool  # one of its turns at least was flagged


class TurnRow(StoredModel, table=True):
    """A turn; `facts` holds what is neither searched nor sorted."""

    __tablename__ = "turn"
    __table_args__ = (
        Index("ix_turn_service_started", "service", "started_ns"),
        Index("ix_turn_session_started", "session_id", "started_ns"),
    )

    id: str = Field(primary_key=True)  # trace id, "-", id of the span that answered
    trace_id: str = Field(index=True)
    session_id: str | None = None
    service: str
    model_version: str | None = None
    prompt_version: str | None = None
    index_version: str | None = None
    started_ns: int = Field(index=True, sa_type=WIDE)
    question: str | None = None
    answer: str | None = None
    not_evaluable_reason: str | None = None
    p_unsupported: float | None = None
    chunks: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON))
    facts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON))


class TurnListingRow(StoredModel, table=True):
    """Narrow row of a turn for lists, filters and estimates.

    Rows of `turn` hold kilobytes of chunks: a filter over a million of them takes seconds, over
    these a fraction of one. `states` and `verdicts` are sets of what any evaluator said, as bits
    (storage/turn_listing.py); `diagnostic`: asked by us, and no production traffic.
    """

    __tablename__ = "turn_listing"
    __table_args__ = (
        Index(
            "ix_turn_listing_worst",
            *("p_unsupported", "started_ns", "turn_id", "service"),
            *("diagnostic", "states", "verdicts"),
        ),
        Index(
            "ix_turn_listing_service",
            *("service", "started_ns", "turn_id", "diagnostic", "states", "verdicts"),
        ),
        Index(
            "ix_turn_listing_service_worst",
            *("service", "p_unsupported", "started_ns", "turn_id"),
            *("diagnostic", "states", "verdicts"),
        ),
        *(_index_of(state, bit) for state, bit in RARE_STATES.items()),
        Index("ix_turn_listing_user_id", "user_id", "started_ns"),
        Index(
            "ix_turn_listing_facts",
            *("p_unsupported", "started_ns", "turn_id", "service", "diagnostic"),
            *("route", "model", "failed", "seconds"),
        ),
        Index(
            "ix_turn_listing_closed_book_of",
            "closed_book_of",
            sqlite_where=_OF_CLOSED_BOOK,
            postgresql_where=_OF_CLOSED_BOOK,
        ),
        {"sqlite_with_rowid": False},
    )

    started_ns: int = Field(primary_key=True, sa_type=WIDE)
    turn_id: str = Field(primary_key=True, index=True)
    trace_id: str
    session_id: str | None = None
    service: str
    model_version: str | None = None
    prompt_version: str | None = None
    index_version: str | None = None
    diagnostic: bool
    states: int = Field(sa_type=WIDE)
    verdicts: int = Field(sa_type=WIDE)
    p_unsupported: float | None = None
    user_id: str | None = None
    route: str | None = None
    model: str | None = None
    closed_book_of: str | None = None  # "trace id:span id" of the turn that it repeats
    failed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    seconds: float | None = None  # from question to answer; else of the generation


class ScoreRow(StoredModel, table=True):
    """A score; `probability` is the sampling probability, null: every turn."""

    __tablename__ = "score"
    __table_args__ = (
        Index("ix_score_drawn", "turn_id", sqlite_where=_DRAWN, postgresql_where=_DRAWN),
    )

    turn_id: str = Field(primary_key=True)
    evaluator: str = Field(primary_key=True)
    revision: str = Field(primary_key=True)
    state: str
    value: float | None = None
    flagged: bool | None = None
    reason: str | None = None
    probability: float | None = None
    signals: dict[str, float] = Field(default_factory=dict, sa_column=Column(JSON))
    citations: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSON))


class ClaimRow(StoredModel, table=True):
    """A claim; `start` and `end` are code points, `chunk` an index."""

    __tablename__ = "claim"

    turn_id: str = Field(primary_key=True)
    evaluator: str = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=WIDE)
    start: int = Field(sa_type=WIDE)
    end: int = Field(sa_type=WIDE)
    verdict: str
    support: float | None = None
    chunk: int | None = Field(default=None, sa_type=WIDE)
    reason: str | None = None
    spans: list[list[int]] = Field(default_factory=list, sa_column=Column(JSON))


# For queries, which are SQLAlchemy Core throughout.
CURSOR = StoredModel.metadata.tables["cursor"]
PENDING_TRACE = StoredModel.metadata.tables["pending_trace"]
JUDGED_BATCH = StoredModel.metadata.tables["judged_batch"]
JUDGED_TRACE = StoredModel.metadata.tables["judged_trace"]
FAILED_TRACE = StoredModel.metadata.tables["failed_trace"]
UNANSWERED_TRACE = StoredModel.metadata.tables["unanswered_trace"]
SESSION = StoredModel.metadata.tables["session"]
TURN = StoredModel.metadata.tables["turn"]
TURN_LISTING = StoredModel.metadata.tables["turn_listing"]
SCORE = StoredModel.metadata.tables["score"]
CLAIM = StoredModel.metadata.tables["claim"]
