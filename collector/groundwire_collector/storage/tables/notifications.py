"""Table of the alarm notification outbox."""

from sqlmodel import Field

from groundwire_collector.storage.tables.base import WIDE, StoredModel


class NotificationRow(StoredModel, table=True):
    """An undelivered notification of a raised or resolved alarm."""

    __tablename__ = "notification"

    id: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    alarm_id: int = Field(index=True, sa_type=WIDE)
    resolved: bool
    written_ns: int = Field(sa_type=WIDE)
    due_ns: int = Field(sa_type=WIDE)  # time of the next attempt; during one, its deadline
    tries: int = Field(default=0, sa_type=WIDE)


# For queries, which are SQLAlchemy Core throughout.
NOTIFICATION = StoredModel.metadata.tables["notification"]
