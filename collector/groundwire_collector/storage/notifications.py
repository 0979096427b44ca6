"""Transactional outbox of alarm notifications."""

from dataclasses import dataclass
from time import time_ns

from sqlalchemy import Connection, delete, insert, select, update

from groundwire_collector.storage.tables.drift import ALARM
from groundwire_collector.storage.tables.notifications import NOTIFICATION

MOST = 1000  # that wait; of more, the oldest are forgotten


@dataclass(frozen=True, slots=True)
class Notification:
    """Notification of a raised or resolved alarm, with its delivery attempts."""

    id: int
    alarm_id: int
    resolved: bool
    written_ns: int
    due_ns: int
    tries: int


def write(connection: Connection, alarm_id: int, *, resolved: bool) -> None:
    """Queue the notification of an alarm, in the transaction that changes it."""
    now_ns = time_ns()
    row = {"alarm_id": alarm_id, "resolved": resolved, "written_ns": now_ns, "due_ns": now_ns}
    connection.execute(insert(NOTIFICATION).values(row))
    newest = select(NOTIFICATION.c.id).order_by(NOTIFICATION.c.id.desc()).limit(1).offset(MOST)
    newest_expired = connection.scalar(newest)
    if newest_expired is not None:
        connection.execute(delete(NOTIFICATION).where(NOTIFICATION.c.id <= newest_expired))


def waiting(connection: Connection) -> list[Notification]:
    """All of them, in the order in which they were written."""
    columns = [NOTIFICATION.c[name] for name in Notification.__dataclass_fields__]
    rows = connection.execute(select(*columns).order_by(NOTIFICATION.c.id).limit(MOST))
    return [Notification(*row) for row in rows]


def claim(connection: Connection, notice: Notification, until_ns: int) -> bool:
    """Claim a notification for delivery; False if another process was faster.

    Who does not come back by `until_ns` is given up: then it is told again.
    """
    same = (NOTIFICATION.c.id == notice.id) & (NOTIFICATION.c.due_ns == notice.due_ns)
    claimed = (
        update(NOTIFICATION).where(same).values(due_ns=until_ns, tries=NOTIFICATION.c.tries + 1)
    )
    return connection.execute(claimed).rowcount == 1


def postpone(connection: Connection, notice: Notification, due_ns: int) -> None:
    connection.execute(
        update(NOTIFICATION).where(NOTIFICATION.c.id == notice.id).values(due_ns=due_ns)
    )


def settle(connection: Connection, notice: Notification) -> None:
    """Mark as delivered or expired."""
    connection.execute(delete(NOTIFICATION).where(NOTIFICATION.c.id == notice.id))


def expire(connection: Connection, before_ns: int) -> int:
    """Delete old notifications, except that of an alarm still open.

    How many are gone.
    """
    still_open = select(ALARM.c.id).where(ALARM.c.resolved_ns.is_(None))
    news = ~NOTIFICATION.c.resolved & NOTIFICATION.c.alarm_id.in_(still_open)
    return connection.execute(
        delete(NOTIFICATION).where(NOTIFICATION.c.written_ns < before_ns, ~news)
    ).rowcount
