"""Delivery of alarm notifications: in order per alarm, durable across restarts.

Delivery is at least once: a process killed between the response and the commit sends the message
again, with the same key. Messages older than a day are dropped, except for open alarms.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import time_ns
from typing import Any

from sqlalchemy import Engine

from groundwire_collector.alerting.message import body, idempotency_key
from groundwire_collector.drift.alarm_origin import AlarmOrigin, origin_of
from groundwire_collector.storage import drift, notifications
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.notifications import Notification

log = logging.getLogger(__name__)

SECOND_NS = 1_000_000_000
LEASE_NS = 120 * SECOND_NS  # longer than an attempt
LONGEST_PAUSE_NS = 900 * SECOND_NS
FIRST_PAUSE_NS = 15 * SECOND_NS  # after a failed attempt; doubled each time
RETENTION_NS = 86_400 * SECOND_NS

Deliver = Callable[[dict[str, Any], str], bool]  # document and idempotency key; whether received


@dataclass(frozen=True, slots=True)
class NotificationOutbox:
    """Delivers queued notifications; `pages` is the base URL for links."""

    engine: Engine
    deliver: Deliver
    pages: str
    label_rate: float = 0.0  # share of turns that is drawn for labels
    clock: Callable[[], int] = time_ns

    def step(self) -> bool:
        """Deliver the next due notification; whether there was one."""
        with self.engine.connect() as connection:
            waiting = notifications.waiting(connection)
        notice = next(_due(waiting, self.clock()), None)
        if notice is None:
            return False
        alarm = self._take(notice)
        if alarm is None:
            return False
        key = idempotency_key(alarm, resolved=notice.resolved)
        origin = None if notice.resolved else self._origin(alarm)
        document = body(alarm, self.pages, resolved=notice.resolved, origin=origin)
        received = self.deliver(document, key)
        with self.engine.begin() as connection:
            if received:
                notifications.settle(connection, notice)
            else:
                pause = min(FIRST_PAUSE_NS << min(notice.tries, 10), LONGEST_PAUSE_NS)
                notifications.postpone(connection, notice, self.clock() + pause)
        return True

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
