"""Delivery of alarm notifications: in order per alarm, durable across restarts.

Delivery is at least once: a process killed between the response and the commit sends the message
again, with the same key. Messages older than a day are dropped, except for open alarms. Each
channel has messages of its own, so one that fails holds up no other.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from time import time_ns

from sqlalchemy import Engine

from groundwire_collector.alerting.channels.channel import Channel, Delivery
from groundwire_collector.alerting.notice import AlarmNotice
from groundwire_collector.drift.alarm_origin import AlarmOrigin, origin_of
from groundwire_collector.storage import drift, notifications
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.notifications import AlarmEvent, Notification

log = logging.getLogger(__name__)

SECOND_NS = 1_000_000_000
LEASE_NS = 120 * SECOND_NS  # longer than an attempt
LONGEST_PAUSE_NS = 900 * SECOND_NS
FIRST_PAUSE_NS = 15 * SECOND_NS  # after a failed attempt; doubled each time
RETENTION_NS = 86_400 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Distribution:
    """Copies of each new notification for the channels with its form."""

    engine: Engine
    channels: Sequence[Channel]

    def step(self) -> bool:
        """Distribute what is new; whether there was anything."""
        with self.engine.begin() as connection:
            found = notifications.undistributed(connection)
            for notice in found:
                names = [each.name for each in self.channels if notice.event in each.events]
                notifications.distribute(connection, notice, names)
        return bool(found)

    def drop_unknown(self) -> None:
        """Drop what waits for channels that are no longer configured."""
        with self.engine.begin() as connection:
            gone = notifications.drop_unknown(connection, [each.name for each in self.channels])
        if gone:
            log.warning("dropped %d notifications of channels that are not configured", gone)


@dataclass(slots=True)
class NotificationOutbox:
    """Outbox of one channel; `pages` is the base URL for links."""

    engine: Engine
    channel: Channel
    pages: str
    label_rate: float = 0.0  # share of turns that is drawn for labels
    clock: Callable[[], int] = time_ns
    quiet_until_ns: int = field(default=0)  # the channel asked for it

    def step(self) -> bool:
        """Deliver the next due notification; whether there was one."""
        if self.clock() < self.quiet_until_ns:
            return False
        with self.engine.connect() as connection:
            waiting = notifications.waiting(connection, self.channel.name)
        notice = next(_due(waiting, self.clock()), None)
        if notice is None:
            return False
        alarm = self._take(notice)
        if alarm is None:
            return False
        origin = self._origin(alarm) if notice.event is AlarmEvent.FIRING else None
        message = AlarmNotice.of(alarm, self.pages, notice.event, origin)
        self._note(notice, self.channel.deliver(message))
        return True

    def _note(self, notice: Notification, found: Delivery) -> None:
        """Take a notification out, or try it again later."""
        wait_ns = int(found.retry_after * SECOND_NS)
        self.quiet_until_ns = self.clock() + wait_ns if wait_ns else 0
        with self.engine.begin() as connection:
            if found.received:
                notifications.settle(connection, notice)
                return
            pause = min(FIRST_PAUSE_NS << min(notice.tries, 10), LONGEST_PAUSE_NS)
            due_ns = self.clock() + max(pause, wait_ns)
            notifications.postpone(connection, notice, due_ns, found.failure)

    def _origin(self, alarm: Alarm) -> AlarmOrigin | None:
        """The verdict as of now; none of probes, whose alarms have no baseline of turns."""
        if "baseline" not in alarm.details:
            return None
        with self.engine.connect() as connection:
            return origin_of(connection, alarm, self.label_rate)

    def _take(self, notice: Notification) -> Alarm | None:
        """Alarm to deliver; None if claimed elsewhere or expired."""
        now_ns = self.clock()
        with self.engine.begin() as connection:
            if gone := notifications.expire(connection, now_ns - RETENTION_NS):
                log.error("dropped %d alarm notifications that were not accepted for a day", gone)
            if not notifications.claim(connection, notice, now_ns + LEASE_NS):
                return None
            alarm = drift.alarm(connection, notice.alarm_id)
            if alarm is None:
                notifications.settle(connection, notice)
            return alarm


def _due(waiting: Iterable[Notification], now_ns: int) -> Iterator[Notification]:
    """First due message of each alarm, so that `resolved` never overtakes `firing`."""
    seen: set[int] = set()
    for notice in waiting:
        if notice.alarm_id not in seen and notice.due_ns <= now_ns:
            yield notice
        seen.add(notice.alarm_id)
