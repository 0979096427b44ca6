"""Spans as they arrived: one row a stored span, in the order of their arrival."""

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel


class SpanRow(SQLModel, table=True):
    """`seq` grows with every arrival; the worker's position in the stream is one `seq`.

    `closes` says that this span ends its trace's local root, `complete` that the emitter marked
    the answer complete; both spare the worker decoding `body` before a trace is complete.
    """

    __tablename__ = "span"
    __table_args__ = (
        UniqueConstraint("trace_id", "span_id"),
        Index("ix_span_received", "received_ns"),
        {"sqlite_autoincrement": True},
    )

    seq: int | None = Field(default=None, primary_key=True)
    trace_id: bytes = Field(sa_column=Column(LargeBinary(16), nullable=False))
    span_id: bytes = Field(sa_column=Column(LargeBinary(8), nullable=False))
    service: str
    received_ns: int
    start_ns: int
    closes: bool
    complete: bool
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


# For queries, which are SQLAlchemy Core throughout.
SPAN = SQLModel.metadata.tables["span"]
