"""Drift monitor state: baselines, detectors, dimension values and alarms."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Table, delete, insert, select, tuple_, update

from groundwire_collector.storage import notifications
from groundwire_collector.storage.notifications import AlarmEvent
from groundwire_collector.storage.tables.drift import ALARM, BASELINE, DETECTOR, DIMENSION_VALUE
from groundwire_collector.storage.upsert import upsert
from groundwire_evaluators.drift.change_point import Change


@dataclass(frozen=True, slots=True)
class StoredBaseline:
    """Baseline of one signal monitor; its losses until it is pinned."""

    service: str
    signal: str
    revision: str
    pinned_ns: int | None
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredDetector:
    """State of one detector; empty dimension and value: the whole service.

    `peak` and `recent_peak`: maxima of its statistic in a minute and in that and the one before.
    """

    service: str
    signal: str
    revision: str
    dimension: str
    value: str
    statistic: float
    peak: float
    recent_peak: float
    peak_window: int  # minutes since the epoch
    updated_ns: int
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DimensionValue:
    """A value of a dimension in a service, numbered by first appearance."""

    service: str
    dimension: str
    value: str
    position: int
    first_seen_ns: int


class AlarmState(StrEnum):
    """State of an alarm: open or resolved."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"  # acknowledged, still open
    RECOVERED = "recovered"  # the loss is near the baseline's again, on evidence
    ACCEPTED = "accepted"  # accepted: the new level became the baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A drift alarm and the change it names, open until `resolved_ns`."""

    id: int | None = None
    service: str
    signal: str
    cause: str
    raised_ns: int
    change: Change
    resolved_ns: int | None = None
    acknowledged_ns: int | None = None
    acknowledged_by: str | None = None
    accepted_ns: int | None = None
    accepted_by: str | None = None
    accepted_why: str | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """From the columns of its table."""
        columns = dict(row)
        since, first, last, size, low, high, *segment = (columns.pop(name) for name in _OF_CHANGE)
        return cls(change=Change(since, (first, last), size, (low, high), *segment), **columns)

    def to_row(self) -> dict[str, Any]:
        """The columns of its table."""
        columns = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "change"}
        found = self.change
        segment = (found.dimension, found.value)
        values = (found.since, *found.interval, found.size, *found.size_interval, *segment)
        return columns | dict(zip(_OF_CHANGE, values, strict=True))

    @property
    def state(self) -> AlarmState:
        if self.accepted_ns is not None:
            return AlarmState.ACCEPTED
        if self.resolved_ns is not None:
            return AlarmState.RECOVERED
        acknowledged = self.acknowledged_ns is not None
        return AlarmState.ACKNOWLEDGED if acknowledged else AlarmState.OPEN


_OF_CHANGE = (
    "changed_ns",
    "changed_from_ns",
    "changed_until_ns",
    "size",
    "size_low",
    "size_high",
    "dimension",
    "value",
)

PEAK_WINDOW_NS = 60 * 1_000_000_000  # no scrape interval up to it misses a maximum
BEHAVIOUR = "behaviour_"  # how the signals of answers' behaviour begin
RECOVERY = "recovery"  # pseudo-dimension of the recovery detector of an alarm
WEEK = "week"  # and of the days of the last good week

Row = TypeVar("Row", StoredBaseline, StoredDetector, DimensionValue)


def baselines(connection: Connection) -> list[StoredBaseline]:
    return _all(connection, BASELINE, StoredBaseline)


def detectors(connection: Connection) -> list[StoredDetector]:
    return _all(connection, DETECTOR, StoredDetector)


def dimension_values(connection: Connection) -> list[DimensionValue]:
    return _all(connection, DIMENSION_VALUE, DimensionValue)


def newest_values(
    connection: Connection,
    dimensions: Collection[str],
    services: frozenset[str] | None = None,
    limit: int = 100,
) -> list[DimensionValue]:
    """Values that appeared after a dimension's first one in a service, newest first."""
    c = DIMENSION_VALUE.c
    query = select(DIMENSION_VALUE).where(c.dimension.in_(list(dimensions)), c.position > 1)
    if services is not None:
        query = query.where(c.service.in_(services))
    rows = connection.execute(query.order_by(c.first_seen_ns.desc()).limit(limit)).mappings()
    return [DimensionValue(**dict(row)) for row in rows]


def alarms(
    connection: Connection,
    services: frozenset[str] | None = None,
    only_open: bool = False,
    limit: int = 1000,
) -> list[Alarm]:
    """Alarms, newest first; `services` restricts to the key's services."""
    query = select(ALARM).order_by(ALARM.c.raised_ns.desc(), ALARM.c.id.desc()).limit(limit)
    if services is not None:
        query = query.where(ALARM.c.service.in_(services))
    if only_open:
        query = query.where(ALARM.c.resolved_ns.is_(None))
    return [Alarm.of_row(dict(row)) for row in connection.execute(query).mappings()]


def save_baselines(connection: Connection, rows: Iterable[StoredBaseline]) -> None:
    upsert(connection, BASELINE, [asdict(row) for row in rows])


def save_detectors(connection: Connection, rows: Iterable[StoredDetector]) -> None:
    upsert(connection, DETECTOR, [asdict(row) for row in rows])


def save_dimension_values(connection: Connection, rows: Iterable[DimensionValue]) -> None:
    upsert(connection, DIMENSION_VALUE, [asdict(row) for row in rows])


def forget_dimension_values(connection: Connection, values: Iterable[DimensionValue]) -> None:
    columns = (DIMENSION_VALUE.c.service, DIMENSION_VALUE.c.dimension, DIMENSION_VALUE.c.value)
    gone = [(each.service, each.dimension, each.value) for each in values]
    if gone:
        connection.execute(delete(DIMENSION_VALUE).where(tuple_(*columns).in_(gone)))


def raise_alarm(connection: Connection, alarm: Alarm) -> int:
    """Store a new alarm; its id."""
    row = {name: value for name, value in alarm.to_row().items() if name != "id"}
    [identity] = connection.execute(insert(ALARM).values(row)).inserted_primary_key or (0,)
    notifications.write(connection, int(identity), AlarmEvent.FIRING)
    return int(identity)


def resolve_alarm(connection: Connection, alarm_id: int, resolved_ns: int) -> None:
    connection.execute(update(ALARM).where(ALARM.c.id == alarm_id).values(resolved_ns=resolved_ns))
    notifications.write(connection, alarm_id, AlarmEvent.RESOLVED)


def alarm(connection: Connection, alarm_id: int) -> Alarm | None:
    row = connection.execute(select(ALARM).where(ALARM.c.id == alarm_id)).mappings().first()
    return None if row is None else Alarm.of_row(dict(row))


def acknowledge_alarm(connection: Connection, alarm_id: int, by: str, now_ns: int) -> None:
    """Acknowledge an alarm; the first person to do so stays recorded."""
    named = {"acknowledged_by": by, "acknowledged_ns": now_ns}
    unnamed = ALARM.c.acknowledged_ns.is_(None)
    done = connection.execute(update(ALARM).where(ALARM.c.id == alarm_id, unnamed).values(named))
    still_open = (ALARM.c.id == alarm_id) & ALARM.c.resolved_ns.is_(None)
    if done.rowcount and connection.execute(select(ALARM.c.id).where(still_open)).first():
        notifications.write(connection, alarm_id, AlarmEvent.ACKNOWLEDGED)


def accept_alarm(connection: Connection, alarm_id: int, by: str, why: str, now_ns: int) -> None:
    """The level since the change is normal from now on; this ends an open alarm."""
    named = {"accepted_by": by, "accepted_why": why, "accepted_ns": now_ns}
    connection.execute(update(ALARM).where(ALARM.c.id == alarm_id).values(named))
    close_alarm(connection, alarm_id, now_ns)


def close_alarm(connection: Connection, alarm_id: int, now_ns: int) -> None:
    """Resolve an alarm if it is still open."""
    still_open = (ALARM.c.id == alarm_id) & ALARM.c.resolved_ns.is_(None)
    if connection.execute(select(ALARM.c.id).where(still_open)).first() is not None:
        resolve_alarm(connection, alarm_id, now_ns)


def _all(connection: Connection, table: Table, kind: type[Row]) -> list[Row]:
    columns = [table.c[f.name] for f in fields(kind)]
    return [kind(*row) for row in connection.execute(select(*columns))]
