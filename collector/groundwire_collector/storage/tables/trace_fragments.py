"""Tables for linking trace fragments of one request."""

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field

from groundwire_collector.storage.tables.base import WIDE, StoredModel


class TraceFragmentRow(StoredModel, table=True):
    """A trace fragment under one link that it shares with others.

    `link` is a hash of the service and of a session, a response id or the words of an answer;
    `roles` says what the trace holds (storage/pieces.py). Times are those of its spans.
    """

    __tablename__ = "trace_fragment"
    __table_args__ = (Index("ix_trace_fragment_link", "link", "start_ns"),)

    trace_id: str = Field(primary_key=True)
    link: bytes = Field(sa_column=Column(LargeBinary(16), primary_key=True))
    roles: int = Field(sa_type=WIDE)
    start_ns: int = Field(sa_type=WIDE)
    end_ns: int = Field(sa_type=WIDE)


class EarlyClosedBookRow(StoredModel, table=True):
    """A closed-book call judged before the turn that it repeats."""

    __tablename__ = "early_closed_book"

    turn_id: str = Field(primary_key=True)
    production_trace_id: str = Field(index=True)
    since_ns: int = Field(sa_type=WIDE)


# For queries, which are SQLAlchemy Core throughout.
TRACE_FRAGMENT = StoredModel.metadata.tables["trace_fragment"]
EARLY_CLOSED_BOOK = StoredModel.metadata.tables["early_closed_book"]
