"""Tables of human labels and of the estimates made with them."""

from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field

from groundwire_collector.storage.tables.base import WIDE, StoredModel


class LabelRow(StoredModel, table=True):
    """An immutable label; the last one of a labeller and target counts.

    The target is a claim (`start`, `end`: code points of the answer), a chunk (`chunk_id`), or else
    the answer as a whole. `probability`: how likely its turn was drawn, where the labeller drew it.
    """

    __tablename__ = "label"
    __table_args__ = (Index("ix_label_service_labelled", "service", "labelled_ns"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    turn_id: str = Field(index=True)
    service: str
    labeller: str
    labelled_ns: int = Field(sa_type=WIDE)
    start: int | None = Field(default=None, sa_type=WIDE)
    end: int | None = Field(default=None, sa_type=WIDE)
    chunk_id: str | None = None
    verdict: str | None = None
    relevant: bool | None = None
    reference: str | None = None
    probability: float | None = None


class EstimateRow(StoredModel, table=True):
    """Newest estimate of a segment, with its confidence sequence state."""

    __tablename__ = "estimate"

    kind: str = Field(primary_key=True)  # faithfulness or retrieval
    service: str = Field(primary_key=True)
    value: str = Field(primary_key=True)  # model_version, or index_version; "" where none is known
    reference: str = Field(primary_key=True)  # human or judge
    evaluator: str = Field(primary_key=True)  # the judge; "" for people
    updated_ns: int = Field(index=True, sa_type=WIDE)
    estimate: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    sequence: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON))


# For queries, which are SQLAlchemy Core throughout.
LABEL = StoredModel.metadata.tables["label"]
ESTIMATE = StoredModel.metadata.tables["estimate"]
