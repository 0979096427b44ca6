"""Human labels of turns, claims and chunks, and reference answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from groundwire_collector.storage.shared_texts import batched
from groundwire_collector.storage.tables.labels import LABEL
from groundwire_collector.storage.tables.turns import TURN
from groundwire_evaluators.evaluation import Verdict

UNDECIDED = "undecided"  # seen, and not to be decided
VERDICTS = (*(verdict.value for verdict in Verdict), UNDECIDED)

Target = tuple[int | None, int | None, str | None, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label of one target by one labeller; `id` 0 until stored.

    Without `start`, `end` and `chunk_id` it is about the answer as a whole: its `verdict`, or the
    `reference` answer. Times are nanoseconds since the epoch.
    """

    turn_id: str
    labeller: str
    labelled_ns: int
    id: int = 0
    service: str = ""
    start: int | None = None
    end: int | None = None
    chunk_id: str | None = None
    verdict: str | None = None
    relevant: bool | None = None
    reference: str | None = None
    probability: float | None = None

    @property
    def target(self) -> Target:
        """Labelled target; a labeller's newer label replaces the older one."""
        return self.start, self.end, self.chunk_id, self.reference is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelQuery:
    """Filter for labels; None does not restrict.

    `after` is the id of the last label of the page before; times are nanoseconds since the epoch.
    """

    turn_ids: Sequence[str] | None = None
    service: str | None = None
    services: frozenset[str] | None = None  # what the key may read; None: all
    labeller: str | None = None
    since_ns: int | None = None
    after: int = 0
    limit: int | None = None


def add(connection: Connection, labels: Sequence[Label]) -> list[Label]:
    """Store labels of turns that are there, each with its id."""
    services = services_of(connection, {label.turn_id for label in labels})
    stored = []
    for label in labels:
        row = _row(replace(label, service=services[label.turn_id]))
        result = connection.execute(insert(LABEL).values(row).returning(LABEL.c.id))
        stored.append(Label(**row, id=result.scalar_one()))
    return stored


def add_missing(connection: Connection, labels: Sequence[Label]) -> int:
    """Store labels that are not stored yet; returns how many were new."""
    known = {
        _identity(label)
        for label in find(connection, LabelQuery(turn_ids=[label.turn_id for label in labels]))
    }
    new = {_identity(label): label for label in labels if _identity(label) not in known}
    add(connection, list(new.values()))
    return len(new)


def labelled(connection: Connection) -> set[str]:
    """Services with labels."""
    return set(connection.scalars(select(LABEL.c.service).distinct()))


def find(connection: Connection, query: LabelQuery) -> list[Label]:
    """Labels with their history, oldest first."""
    if query.turn_ids is not None and len(query.turn_ids) > 0:
        found: list[Label] = []
        for batch in batched(sorted(set(query.turn_ids))):
            found += _find(connection, query, [LABEL.c.turn_id.in_(batch)])
        return sorted(found, key=lambda label: label.id)
    return [] if query.turn_ids is not None else _find(connection, query, [])


def newest(connection: Connection, services: frozenset[str] | None, limit: int) -> list[Label]:
    """Newest labels first."""
    query = select(LABEL).order_by(LABEL.c.id.desc()).limit(limit)
    if services is not None:
        query = query.where(LABEL.c.service.in_(services))
    return [label_of(row) for row in connection.execute(query).mappings()]


def version(connection: Connection) -> tuple[int, int]:
    """Version of the labels: newest id and count, which change with every label."""
    newest_id, count = connection.execute(
        select(func.max(LABEL.c.id), func.count(LABEL.c.id))
    ).one()
    return newest_id or 0, count


def current(labels: Iterable[Label]) -> list[Label]:
    """Without history: of each labeller and target the last label."""
    last = {
        (label.turn_id, label.labeller, label.target): label
        for label in sorted(labels, key=lambda label: (label.labelled_ns, label.id))
    }
    return list(last.values())


def reference_of(connection: Connection, turn_id: str) -> str | None:
    """Newest reference answer of a turn, by any labeller."""
    c = LABEL.c
    query = select(c.reference).where(c.turn_id == turn_id, c.reference.is_not(None))
    return connection.scalar(query.order_by(c.labelled_ns.desc(), c.id.desc()).limit(1))


def references_of(connection: Connection, turn_ids: Iterable[str]) -> dict[str, str]:
    """The newest reference answer of each of these turns that has one."""
    c = LABEL.c
    found: dict[str, str] = {}
    for ids in batched(list(turn_ids)):
        query = select(c.turn_id, c.reference).where(c.turn_id.in_(ids), c.reference.is_not(None))
        found |= {row.turn_id: row.reference for row in connection.execute(query.order_by(c.id))}
    return found


def services_of(connection: Connection, turn_ids: Iterable[str]) -> dict[str, str]:
    """The service of each turn that is stored."""
    found: dict[str, str] = {}
    for batch in batched(sorted(set(turn_ids))):
        query = select(TURN.c.id, TURN.c.service).where(TURN.c.id.in_(batch))
        found |= {row.id: row.service for row in connection.execute(query)}
    return found


def remove(connection: Connection, label_id: int, services: frozenset[str] | None = None) -> bool:
    """Delete one label, history and all; False where there is none that may be deleted."""
    statement = delete(LABEL).where(LABEL.c.id == label_id)
    if services is not None:
        statement = statement.where(LABEL.c.service.in_(services))
    return bool(connection.execute(statement).rowcount)


def _find(
    connection: Connection, query: LabelQuery, conditions: list[ColumnElement[bool]]
) -> list[Label]:
    c = LABEL.c
    if query.services is not None:
        conditions.append(c.service.in_(query.services))
    for column, value in ((c.service, query.service), (c.labeller, query.labeller)):
        if value is not None:
            conditions.append(column == value)
    if query.since_ns is not None:
        conditions.append(c.labelled_ns >= query.since_ns)
    if query.after:
        conditions.append(c.id > query.after)
    statement = select(LABEL).where(*conditions).order_by(c.id).limit(query.limit)
    return [label_of(row) for row in connection.execute(statement).mappings()]


_COLUMNS = [field.name for field in fields(Label)]


def _row(label: Label) -> dict[str, Any]:
    return {name: getattr(label, name) for name in _COLUMNS if name != "id"}


def label_of(row: Mapping[Any, Any]) -> Label:
    return Label(**{name: row[name] for name in _COLUMNS})


def _identity(label: Label) -> tuple[Any, ...]:
    return tuple(getattr(label, name) for name in _COLUMNS if name not in {"id", "service"})
