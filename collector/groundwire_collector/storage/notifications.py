"""Transactional outbox of alarm notifications."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from time import time_ns

from sqlalchemy import Connection, delete, insert, select, update

from groundwire_collector.storage.tables.drift import ALARM
from groundwire_collector.storage.tables.notifications import NOTIFICATION

MOST = 1000  # that wait; of more, the oldest are forgotten


class AlarmEvent(StrEnum):
    """Event of an alarm that is notified."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Notification:
    """Notification of an alarm's event for a channel, with its delivery attempts.

    `channel` is empty until it is handed to the channels; `failure` is that of the last attempt.
    """

    id: int
    alarm_id: int
    event: AlarmEvent
    channel: str
    written_ns: int
    due_ns: int
    tries: int
    failure: str


def write(connection: Connection, alarm_id: int, event: AlarmEvent) -> None:
    """Queue the notification of an alarm, in the transaction that changes it."""
    now_ns = time_ns()
    row = {"alarm_id": alarm_id, "event": event, "written_ns": now_ns, "due_ns": now_ns}
    connection.execute(insert(NOTIFICATION).values(row))
    same = NOTIFICATION.c.channel == ""
    query = select(NOTIFICATION.c.id).where(same).order_by(NOTIFICATION.c.id.desc())
    newest_expired = connection.scalar(query.limit(1).offset(MOST))
    if newest_expired is not None:
        connection.execute(delete(NOTIFICATION).where(same, NOTIFICATION.c.id <= newest_expired))


def undistributed(connection: Connection) -> list[Notification]:
    """Those that no channel was handed yet, in the order in which they were written."""
    return waiting(connection, "")


def distribute(connection: Connection, notice: Notification, channels: Sequence[str]) -> None:
    """Replace a notification by one for each channel; nothing where another process did so."""
    mine = connection.execute(delete(NOTIFICATION).where(NOTIFICATION.c.id == notice.id)).rowcount
    if not mine or not channels:
        return
    row = {"alarm_id": notice.alarm_id, "event": notice.event, "written_ns": notice.written_ns}
    rows = [{**row, "due_ns": notice.due_ns, "channel": name} for name in channels]
    connection.execute(insert(NOTIFICATION), rows)


def drop_unknown(connection: Connection, channels: Sequence[str]) -> int:
    """Delete what waits for other channels than these; how many are gone."""
    unknown = NOTIFICATION.c.channel.not_in(["", *channels])
    return connection.execute(delete(NOTIFICATION).where(unknown)).rowcount


def waiting(connection: Connection, channel: str) -> list[Notification]:
    """Those of a channel, in the order in which they were written."""
    columns = [NOTIFICATION.c[name] for name in Notification.__dataclass_fields__]
    query = select(*columns).where(NOTIFICATION.c.channel == channel)
    rows = connection.execute(query.order_by(NOTIFICATION.c.id).limit(MOST))
    return [Notification(**{**row, "event": AlarmEvent(row["event"])}) for row in rows.mappings()]


def claim(connection: Connection, notice: Notification, until_ns: int) -> bool:
    """Claim a notification for delivery; False if another process was faster.

    Who does not come back by `until_ns` is given up: then it is told again.
    """
    same = (NOTIFICATION.c.id == notice.id) & (NOTIFICATION.c.due_ns == notice.due_ns)
    claimed = (
        update(NOTIFICATION).where(same).values(due_ns=until_ns, tries=NOTIFICATION.c.tries + 1)
    )
    return connection.execute(claimed).rowcount == 1


def postpone(connection: Connection, notice: Notification, due_ns: int, failure: str) -> None:
    """Try a notification again later."""
    postponed = update(NOTIFICATION).where(NOTIFICATION.c.id == notice.id)
    connection.execute(postponed.values(due_ns=due_ns, failure=failure))


def settle(connection: Connection, notice: Notification) -> None:
    """Mark as delivered or expired."""
    connection.execute(delete(NOTIFICATION).where(NOTIFICATION.c.id == notice.id))


def expire(connection: Connection, before_ns: int) -> int:
    """Delete old notifications, except that of an alarm still open.

    How many are gone.
    """
    still_open = select(ALARM.c.id).where(ALARM.c.resolved_ns.is_(None))
    firing = NOTIFICATION.c.event == AlarmEvent.FIRING
    news = firing & NOTIFICATION.c.alarm_id.in_(still_open)
    return connection.execute(
        delete(NOTIFICATION).where(NOTIFICATION.c.written_ns < before_ns, ~news)
    ).rowcount
