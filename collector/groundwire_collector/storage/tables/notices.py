"""What somebody outside is still to be told of: the outbox of alarms."""

from sqlmodel import Field, SQLModel


class NoticeRow(SQLModel, table=True):
    """That an alarm was raised or resolved, until it is told; one row each."""

    __tablename__ = "notice"

    id: int | None = Field(default=None, primary_key=True)
    alarm_id: int = Field(index=True)
    resolved: bool
    written_ns: int
    due_ns: int  # of the next try; while one is under way, when it is given up for lost
    tries: int = 0


# For queries, which are SQLAlchemy Core throughout.
NOTICE = SQLModel.metadata.tables["notice"]
