"""What the gauges show: read from the tables at each scrape, never kept."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from groundwire_collector.catalogue import EVALUATIONS
from groundwire_collector.storage import progress
from groundwire_collector.storage.drift import RECOVERY
from groundwire_collector.storage.tables.counters import COUNTER
from groundwire_collector.storage.tables.drift import ALARM, DETECTOR
from groundwire_collector.storage.tables.spans import ARRIVAL
from groundwire_collector.storage.tables.turns import PENDING_TRACE
from groundwire_evaluators.evaluation import State

NANOSECONDS = 1_000_000_000
NOT_JUDGED = {State.FAILED, State.NOT_SAMPLED}


@dataclass(frozen=True, slots=True)
class Statistic:
    """The evidence of one stream for a change; those of a service and signal are summed."""

    service: str
    signal: str
    axis: str
    value: str
    statistic: float


@dataclass(frozen=True, slots=True)
class OpenAlarm:
    """An alarm that is not resolved; `changed_ns` is when the change behind it began."""

    service: str
    signal: str
    axis: str
    value: str
    cause: str
    changed_ns: int


def statistics(connection: Connection, limit: int) -> list[Statistic]:
    """The streams with the most evidence for a change, at most `limit`.

    Of detectors of several evaluator revisions over one stream, the most alarmed is shown.
    """
    c = DETECTOR.c
    labels = (c.service, c.signal, c.axis, c.value)
    query = select(*labels, func.max(c.statistic)).where(c.axis != RECOVERY).group_by(*labels)
    rows = connection.execute(query.order_by(func.max(c.statistic).desc()).limit(limit))
    return [Statistic(*row) for row in rows]


def open_alarms(connection: Connection, limit: int) -> list[OpenAlarm]:
    """The open alarms, newest first, at most `limit`; those of the same labels are one."""
    c = ALARM.c
    labels = (c.service, c.signal, c.axis, c.value, c.cause)
    query = select(*labels, func.max(c.changed_ns)).where(c.resolved_ns.is_(None)).group_by(*labels)
    rows = connection.execute(query.order_by(func.max(c.raised_ns).desc()).limit(limit))
    return [OpenAlarm(*row) for row in rows]


def evaluation_lag_seconds(connection: Connection, now_ns: int) -> float:
    """Age of the oldest work the worker owes: a trace that is due, or spans not looked at yet.

    0 where nothing is owed. A worker that stopped shows as a lag that grows with the clock.
    """
    due = connection.scalar(
        select(func.min(PENDING_TRACE.c.due_ns)).where(PENDING_TRACE.c.due_ns <= now_ns)
    )
    new = ARRIVAL.c.seq > progress.position(connection)
    unseen = select(ARRIVAL.c.received_ns).where(new).order_by(ARRIVAL.c.seq).limit(1)
    owed = [moment for moment in (due, connection.scalar(unseen)) if moment is not None]
    return max((now_ns - min(owed)) / NANOSECONDS, 0.0) if owed else 0.0


def last_evaluations(connection: Connection) -> dict[str, float]:
    """When a turn of each service was last judged, in seconds since the epoch."""
    query = select(COUNTER.c.labels, COUNTER.c.updated_ns)
    last: dict[str, float] = {}
    for text, updated_ns in connection.execute(query.where(COUNTER.c.metric == EVALUATIONS.name)):
        labels = json.loads(text)
        if labels["state"] not in NOT_JUDGED:
            service = labels["service"]
            last[service] = max(last.get(service, 0.0), updated_ns / NANOSECONDS)
    return last
