"""Signal monitor state saved between batches, except detectors and alarms."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, tuple_

from groundwire_collector.storage.tables.drift import (
    BASELINE_TURN,
    DETECTOR,
    MONITOR,
    SIGNAL_MONITOR,
)
from groundwire_collector.storage.upsert import upsert

MonitorKey = tuple[str, str, str]  # service, signal, evaluator revision
BEHAVIOUR_OF_SERVICE = "behaviour of "  # how the parts of the behaviour monitor begin, by service


@dataclass(frozen=True, slots=True)
class BaselineTurn:
    """One turn of a baseline; session and question are hashes."""

    service: str
    signal: str
    revision: str
    position: int
    at_ns: int
    loss: float
    route: str
    session: str
    question: str
    relevance: float | None
    flagged: bool | None
    tags: dict[str, str]


def add_baseline_turns(connection: Connection, turns: Iterable[BaselineTurn]) -> None:
    """Append to the baselines of signal monitors."""
    rows = [asdict(turn) for turn in turns]
    if rows:
        connection.execute(insert(BASELINE_TURN), rows)


def forget_baseline_turns(connection: Connection, key: MonitorKey) -> None:
    """Discard the turns of a baseline that is to be rebuilt."""
    connection.execute(delete(BASELINE_TURN).where(_identity(BASELINE_TURN, [key])))


def baseline_turns(connection: Connection, key: MonitorKey | None = None) -> list[BaselineTurn]:
    """Baseline turns in the order they were seen, of one signal monitor or of all."""
    columns = [BASELINE_TURN.c[field.name] for field in fields(BaselineTurn)]
    query = select(*columns).order_by(*columns[:4])
    if key is not None:
        query = query.where(_identity(BASELINE_TURN, [key]))
    return [BaselineTurn(*row) for row in connection.execute(query)]


def baseline_sizes(connection: Connection) -> dict[MonitorKey, int]:
    """Number of turns per baseline, pinned or not."""
    c = BASELINE_TURN.c
    key = (c.service, c.signal, c.revision)
    rows = connection.execute(select(*key, func.max(c.position)).group_by(*key))
    return {(row[0], row[1], row[2]): row[3] + 1 for row in rows}


def save_states(connection: Connection, states: Mapping[MonitorKey, dict[str, Any]]) -> None:
    rows = [
        {"service": service, "signal": signal, "revision": revision, "state": state}
        for (service, signal, revision), state in states.items()
    ]
    upsert(connection, SIGNAL_MONITOR, rows)


def states(connection: Connection) -> dict[MonitorKey, dict[str, Any]]:
    query = select(
        SIGNAL_MONITOR.c.service,
        SIGNAL_MONITOR.c.signal,
        SIGNAL_MONITOR.c.revision,
        SIGNAL_MONITOR.c.state,
    )
    return {(row[0], row[1], row[2]): row[3] for row in connection.execute(query)}


def save_part(connection: Connection, part: str, state: Any) -> None:
    """A part of the monitor's own state, by name."""
    upsert(connection, MONITOR, [{"part": part, "state": state}])


def parts(connection: Connection, prefix: str = "") -> dict[str, Any]:
    """Parts of the monitors' own state whose names begin so."""
    named = MONITOR.c.part.startswith(prefix, autoescape=True)
    rows = connection.execute(select(MONITOR.c.part, MONITOR.c.state).where(named))
    return {row.part: row.state for row in rows}


def forget_detectors(connection: Connection, detectors: Iterable[tuple[str, ...]]) -> None:
    """Delete detectors by service, signal, revision, dimension, value."""
    columns = [DETECTOR.c[name] for name in ("service", "signal", "revision", "dimension", "value")]
    gone = list(detectors)
    if gone:
        connection.execute(delete(DETECTOR).where(tuple_(*columns).in_(gone)))


def _identity(table: Any, keys: list[MonitorKey]) -> Any:
    return tuple_(table.c.service, table.c.signal, table.c.revision).in_(keys)
