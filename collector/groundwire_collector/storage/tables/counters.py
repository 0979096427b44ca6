"""Tables of cumulative counters and histograms."""

from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field

from groundwire_collector.storage.tables.base import WIDE, StoredModel


class CounterRow(StoredModel, table=True):
    """A counter; `labels` is canonical JSON (sorted keys)."""

    __tablename__ = "counter"

    metric: str = Field(primary_key=True)
    labels: str = Field(primary_key=True)
    value: float
    updated_ns: int = Field(sa_type=WIDE)
    exemplar: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))


class HistogramRow(StoredModel, table=True):
    """A histogram; `counts` per bucket, not cumulative, overflow last.

    `exemplars` holds, per bucket, {"trace_id", "value", "timestamp"} or null.
    """

    __tablename__ = "histogram"

    metric: str = Field(primary_key=True)
    labels: str = Field(primary_key=True)
    counts: list[int] = Field(sa_column=Column(JSON, nullable=False))
    total: float
    updated_ns: int = Field(sa_type=WIDE)
    exemplars: list[dict[str, Any] | None] = Field(sa_column=Column(JSON, nullable=False))


# For queries, which are SQLAlchemy Core throughout.
COUNTER = StoredModel.metadata.tables["counter"]
HISTOGRAM = StoredModel.metadata.tables["histogram"]
