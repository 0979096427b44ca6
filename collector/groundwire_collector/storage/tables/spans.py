"""Tables of the span stream and of shared texts."""

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from groundwire_collector.storage.tables.base import WIDE, StoredModel


def _bytes(length: int | None = None) -> Column[bytes]:
    return Column(LargeBinary(length), nullable=False)


class ArrivalRow(StoredModel, table=True):
    """Arrival of a trace in one commit; `seq` is the stream position.

    `closes` says that a span which came ends the trace's local root, `complete` that the emitter
    marked the answer complete; both spare the worker decoding spans before a trace is complete.
    """

    __tablename__ = "arrival"
    __table_args__ = ({"sqlite_autoincrement": True},)

    seq: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    trace_id: bytes = Field(sa_column=_bytes(16))
    received_ns: int = Field(sa_type=WIDE)
    closes: bool
    complete: bool


class SpanRow(StoredModel, table=True):
    """One stored span; `id` grows with time: retention deletes a range.

    `body` is the OTLP message, compressed, without the long texts and the resource, which are
    rows of `content`: `contents` says which and where (storage/contents.py).
    """

    __tablename__ = "span"
    __table_args__ = (UniqueConstraint("trace_id", "span_id"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    trace_id: bytes = Field(sa_column=_bytes(16))
    span_id: bytes = Field(sa_column=_bytes(8))
    service: str
    received_ns: int = Field(sa_type=WIDE)
    start_ns: int = Field(sa_type=WIDE)
    ended: bool
    contents: bytes = Field(sa_column=_bytes())
    body: bytes = Field(sa_column=_bytes())


class LogRecordRow(StoredModel, table=True):
    """One OTLP log record of a span; `digest` makes re-sending idempotent."""

    __tablename__ = "log_record"
    __table_args__ = (
        UniqueConstraint("trace_id", "span_id", "digest"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    trace_id: bytes = Field(sa_column=_bytes(16))
    span_id: bytes = Field(sa_column=_bytes(8))
    digest: bytes = Field(sa_column=_bytes(16))
    service: str
    received_ns: int = Field(sa_type=WIDE)
    contents: bytes = Field(sa_column=_bytes())
    body: bytes = Field(sa_column=_bytes())


class ContentRow(StoredModel, table=True):
    """A text stored once per day; `digest` is its keyed hash.

    `day` counts days since the epoch: the day its spans were received, and are deleted.
    """

    __tablename__ = "content"
    __table_args__ = (Index("ix_content_digest", "digest", "day", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    day: int = Field(sa_type=WIDE)
    digest: bytes = Field(sa_column=_bytes(16))
    body: bytes = Field(sa_column=_bytes())


class StoreFactRow(StoredModel, table=True):
    """Facts shared by all processes: the hash key, the sweeps."""

    __tablename__ = "store_fact"

    name: str = Field(primary_key=True)
    value: bytes = Field(sa_column=_bytes())


# For queries, which are SQLAlchemy Core throughout.
ARRIVAL = StoredModel.metadata.tables["arrival"]
SPAN = StoredModel.metadata.tables["span"]
LOG_RECORD = StoredModel.metadata.tables["log_record"]
CONTENT = StoredModel.metadata.tables["content"]
STORE_FACT = StoredModel.metadata.tables["store_fact"]
