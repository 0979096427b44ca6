"""Gauge values read from the tables at each scrape."""

import json
from dataclasses import dataclass, fields

from sqlalchemy import Connection, case, func, select

from groundwire_collector.metric_definitions import EVALUATIONS, VERSION_LABELS
from groundwire_collector.storage import baselines, progress
from groundwire_collector.storage.baselines import BEHAVIOUR_OF_SERVICE
from groundwire_collector.storage.drift import PEAK_WINDOW_NS, RECOVERY, WEEK, Alarm, DimensionValue
from groundwire_collector.storage.rollouts import ANNOUNCED_ONLY
from groundwire_collector.storage.tables.counters import COUNTER
from groundwire_collector.storage.tables.drift import (
    ALARM,
    BASELINE,
    DETECTOR,
    DIMENSION_VALUE,
    ROLLOUT,
)
from groundwire_collector.storage.tables.spans import ARRIVAL
from groundwire_collector.storage.tables.turns import JUDGED_BATCH, PENDING_TRACE
from groundwire_evaluators.evaluation import State

NANOSECONDS = 1_000_000_000
NOT_JUDGED = {State.FAILED, State.NOT_SAMPLED}


@dataclass(frozen=True, slots=True)
class DetectorStatistic:
    """Evidence for a change in one stream; summed per service and signal."""

    service: str
    signal: str
    dimension: str
    value: str
    statistic: float


@dataclass(frozen=True, slots=True)
class BehaviourLevel:
    """Evidence for a change of a behaviour signal; its means."""

    service: str
    signal: str
    statistic: float
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class BaselineSummary:
    """Baseline level of a signal; `flagged` is None where nothing flags."""

    service: str
    signal: str
    revision: str
    turns: int
    loss: float
    flagged: int | None


def statistics(connection: Connection, limit: int, now_ns: int) -> list[DetectorStatistic]:
    """Streams with the most evidence for a change, at most `limit`.

    The maximum after any turn that was evaluated in this minute or the one before; of a stream
    without turns since then, its statistic. Of detectors of several evaluator revisions over one
    stream, the most alarmed is shown.
    """
    c = DETECTOR.c
    labels = (c.service, c.signal, c.dimension, c.value)
    window = now_ns // PEAK_WINDOW_NS
    peak = case(
        (c.peak_window >= window, c.recent_peak),
        (c.peak_window == window - 1, c.peak),
        else_=c.statistic,
    )
    largest = func.max(peak)
    query = select(*labels, largest).where(c.dimension.not_in((RECOVERY, WEEK))).group_by(*labels)
    rows = connection.execute(query.order_by(largest.desc()).limit(limit))
    return [DetectorStatistic(*row) for row in rows]


def versions_seen(connection: Connection, limit: int) -> list[DimensionValue]:
    """Versions of models, prompts and indexes, and announced adapters and releases.

    Those seen last first, at most `limit`.
    """
    c = DIMENSION_VALUE.c
    columns = [c[f.name] for f in fields(DimensionValue)]
    query = select(*columns).where(c.dimension.in_(VERSION_LABELS[1:]))
    rows = connection.execute(query.order_by(c.first_seen_ns.desc()).limit(limit))
    found = [DimensionValue(*row) for row in rows]
    return (found + _announced(connection, limit))[:limit]


def _announced(connection: Connection, limit: int) -> list[DimensionValue]:
    """Adapters and releases, which are not monitored, at their first announcement."""
    c = ROLLOUT.c
    named = (c.service, c.dimension, c.value)
    first = func.min(c.at_ns)
    query = select(*named, first).where(c.dimension.in_(ANNOUNCED_ONLY)).group_by(*named)
    rows = connection.execute(query.order_by(first.desc()).limit(limit))
    return [DimensionValue(*row[:3], 0, int(row[3])) for row in rows]


def open_alarms(connection: Connection, limit: int) -> list[Alarm]:
    """The open alarms, newest first, at most `limit`; of those with the same labels the newest."""
    query = select(ALARM).where(ALARM.c.resolved_ns.is_(None))
    rows = connection.execute(query.order_by(ALARM.c.raised_ns.desc(), ALARM.c.id.desc()))
    newest: dict[tuple[str, ...], Alarm] = {}
    for row in rows.mappings():
        alarm = Alarm.of_row(dict(row))
        segment = alarm.change.segment
        labels = (alarm.service, alarm.signal, *segment, alarm.cause)
        if len(newest) < limit:
            newest.setdefault(labels, alarm)
    return list(newest.values())


def behaviour_levels(connection: Connection, limit: int) -> list[BehaviourLevel]:
    """Watched behaviour signals of the services, at most `limit`."""
    parts = baselines.parts(connection, BEHAVIOUR_OF_SERVICE)
    found = [
        BehaviourLevel(name.removeprefix(BEHAVIOUR_OF_SERVICE), signal, **level)
        for name, state in sorted(parts.items())
        for signal, level in state["gauges"].items()
    ]
    return found[:limit]


def pinned_baselines(connection: Connection, limit: int) -> list[BaselineSummary]:
    """The baselines that detectors compare with, those pinned last first, at most `limit`."""
    c = BASELINE.c
    query = select(c.service, c.signal, c.revision, c.state).where(c.pinned_ns.is_not(None))
    found = []
    for row in connection.execute(query.order_by(c.pinned_ns.desc()).limit(limit)):
        turns, mean = row.state["baseline"]["n"], row.state["baseline"]["mean"]
        labels = (row.service, row.signal, row.revision)
        found.append(BaselineSummary(*labels, turns, turns * mean, row.state.get("flagged")))
    return found


def evaluation_lag_seconds(connection: Connection, now_ns: int) -> float:
    """Age of the oldest pending work: a due trace, unread spans, or uncounted judgements.

    0 where nothing is owed. A worker that stopped shows as a lag that grows with the clock.
    """
    due = connection.scalar(
        select(func.min(PENDING_TRACE.c.due_ns)).where(PENDING_TRACE.c.due_ns <= now_ns)
    )
    new = ARRIVAL.c.seq > progress.position(connection)
    unseen = select(ARRIVAL.c.received_ns).where(new).order_by(ARRIVAL.c.seq).limit(1)
    uncounted = connection.scalar(select(func.min(JUDGED_BATCH.c.stored_ns)))
    moments = (due, connection.scalar(unseen), uncounted)
    owed = [moment for moment in moments if moment is not None]
    return max((now_ns - min(owed)) / NANOSECONDS, 0.0) if owed else 0.0


def open_trace_age_seconds(connection: Connection, now_ns: int) -> float:
    """Time since the last span of the trace that waits longest; 0 where none is open."""
    oldest = connection.scalar(select(func.min(PENDING_TRACE.c.last_received_ns)))
    return 0.0 if oldest is None else max((now_ns - oldest) / NANOSECONDS, 0.0)


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
