"""Table of the alarm notification outbox."""

from sqlmodel import Field

from groundwire_collector.storage.tables.base import WIDE, StoredModel


class NotificationRow(StoredModel, table=True):
    """An undelivered notification of an alarm, for one channel."""

    __tablename__ = "notification"

    id: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    alarm_id: int = Field(index=True, sa_type=WIDE)
    event: str  # firing, acknowledged, resolved
    channel: str = Field(default="")  # empty until it is handed to the channels
    written_ns: int = Field(sa_type=WIDE)
    due_ns: int = Field(sa_type=WIDE)  # time of the next attempt; during one, its deadline
    tries: int = Field(default=0, sa_type=WIDE)
    failure: str = Field(default="")  # of the last attempt


# For queries, which are SQLAlchemy Core throughout.
NOTIFICATION = StoredModel.metadata.tables["notification"]
