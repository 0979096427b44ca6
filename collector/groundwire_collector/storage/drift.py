"""What the monitor remembers between two batches: baselines, detectors, axis values, alarms."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, delete, insert, select, tuple_, update

from groundwire_collector.storage.tables.drift import ALARM, AXIS_VALUE, BASELINE, DETECTOR
from groundwire_collector.storage.upsert import upsert


@dataclass(frozen=True, slots=True)
class StoredBaseline:
    """The reference of one watch; its losses until it is pinned."""

    service: str
    signal: str
    revision: str
    pinned_ns: int | None
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredDetector:
    """One detector of a watch; axis and value are empty for the one over the whole service."""

    service: str
    signal: str
    revision: str
    axis: str
    value: str
    statistic: float
    updated_ns: int
    state: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AxisValue:
    """A value of an axis in a service: as the how-manyth it appeared, and when."""

    service: str
    axis: str
    value: str
    position: int
    first_seen_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm and what it names; open until `resolved_ns`. Sizes are losses of the mean."""

    id: int | None = None
    service: str
    signal: str
    axis: str
    value: str
    cause: str
    raised_ns: int
    changed_ns: int
    changed_from_ns: int
    changed_until_ns: int
    size: float
    size_low: float
    size_high: float
    resolved_ns: int | None = None
    details: dict[str, Any] = field(default_factory=dict)


RECOVERY = "recovery"  # in place of an axis: the detector that looks for the end of an alarm

Row = TypeVar("Row", StoredBaseline, StoredDetector, AxisValue)


def baselines(connection: Connection) -> list[StoredBaseline]:
    return _all(connection, BASELINE, StoredBaseline)


def detectors(connection: Connection) -> list[StoredDetector]:
    return _all(connection, DETECTOR, StoredDetector)


def axis_values(connection: Connection) -> list[AxisValue]:
    return _all(connection, AXIS_VALUE, AxisValue)


def alarms(
    connection: Connection,
    services: frozenset[str] | None = None,
    only_open: bool = False,
    limit: int = 1000,
) -> list[Alarm]:
    """Alarms, newest first; `services` restricts to what a key may read."""
    query = select(ALARM).order_by(ALARM.c.raised_ns.desc(), ALARM.c.id.desc()).limit(limit)
    if services is not None:
        query = query.where(ALARM.c.service.in_(services))
    if only_open:
        query = query.where(ALARM.c.resolved_ns.is_(None))
    return [Alarm(**dict(row)) for row in connection.execute(query).mappings()]


def save_baselines(connection: Connection, rows: Iterable[StoredBaseline]) -> None:
    upsert(connection, BASELINE, [asdict(row) for row in rows])


def save_detectors(
    connection: Connection,
    watches: Collection[tuple[str, str, str]],
    rows: Iterable[StoredDetector],
) -> None:
    """Replace the detectors of `watches` (service, signal, revision) by `rows`."""
    identity = tuple_(DETECTOR.c.service, DETECTOR.c.signal, DETECTOR.c.revision)
    connection.execute(delete(DETECTOR).where(identity.in_(list(watches))))
    upsert(connection, DETECTOR, [asdict(row) for row in rows])


def save_axis_values(connection: Connection, rows: Iterable[AxisValue]) -> None:
    upsert(connection, AXIS_VALUE, [asdict(row) for row in rows])


def raise_alarm(connection: Connection, alarm: Alarm) -> int:
    """Store a new alarm; its id."""
    row = {name: value for name, value in asdict(alarm).items() if name != "id"}
    [identity] = connection.execute(insert(ALARM).values(row)).inserted_primary_key or (0,)
    return int(identity)


def resolve_alarm(connection: Connection, alarm_id: int, resolved_ns: int) -> None:
    connection.execute(update(ALARM).where(ALARM.c.id == alarm_id).values(resolved_ns=resolved_ns))


def _all(connection: Connection, table: Table, kind: type[Row]) -> list[Row]:
    columns = [table.c[f.name] for f in fields(kind)]
    return [kind(*row) for row in connection.execute(select(*columns))]
