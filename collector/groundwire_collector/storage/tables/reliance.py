"""Tables of closed-book turns and probe runs."""

from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field

from groundwire_collector.storage.tables.base import WIDE, StoredModel


class ClosedBookTurnRow(StoredModel, table=True):
    """A turn sampled for a closed-book call; `cell` is None while pending."""

    __tablename__ = "closed_book_turn"
    __table_args__ = (Index("ix_closed_book_turn_cell_sampled", "cell", "sampled_ns"),)

    turn_id: str = Field(primary_key=True)
    service: str = Field(index=True)
    model_version: str | None = None
    prompt_version: str | None = None
    sampled_ns: int = Field(sa_type=WIDE)
    probability: float
    cell: str | None = None
    diagnostic: bool = False
    memory_strength: float = 0.0
    cluster: str = ""  # turns of one question are not independent


class ProbeRunRow(StoredModel, table=True):
    """A scheduled probe run; `state` is running, finished or abandoned."""

    __tablename__ = "probe_run"

    id: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    service: str
    model: str
    model_version: str
    prompt_version: str
    pack: str
    digest: str
    prompt: str
    state: str
    started_ns: int = Field(index=True, sa_type=WIDE)
    ended_ns: int | None = Field(default=None, sa_type=WIDE)


class ProbeResultRow(StoredModel, table=True):
    """One call of a probe run; `key` names item and arm."""

    __tablename__ = "probe_result"

    run_id: int = Field(primary_key=True, sa_type=WIDE)
    key: str = Field(primary_key=True)
    record: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


# For queries, which are SQLAlchemy Core throughout.
CLOSED_BOOK_TURN = StoredModel.metadata.tables["closed_book_turn"]
PROBE_RUN = StoredModel.metadata.tables["probe_run"]
PROBE_RESULT = StoredModel.metadata.tables["probe_result"]
