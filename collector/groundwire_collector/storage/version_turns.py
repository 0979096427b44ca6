"""Production turns of one version, with their scores, for comparisons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from groundwire_collector.storage.shared_texts import batched
from groundwire_collector.storage.tables.reliance import CLOSED_BOOK_TURN
from groundwire_collector.storage.tables.turns import SCORE, TURN, TURN_LISTING

MOST_LISTED = 100_000  # newest turns of a version among which some are chosen
_COLUMNS = ("model_version", "prompt_version", "index_version")


@dataclass(frozen=True, slots=True)
class VersionScore:
    """One evaluator's score of a turn."""

    evaluator: str
    state: str
    value: float | None
    flagged: bool | None
    signals: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class VersionTurn:
    """Stored turn with what comparisons read of it; `facts` as stored."""

    id: str
    started_ns: int
    question: str
    session_id: str | None
    tags: Mapping[str, str]  # dimension: value
    facts: Mapping[str, Any]
    scores: Sequence[VersionScore] = field(default=())
    closed_book_cell: str | None = None  # of a diagnostic closed-book call


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionQuery:
    """Query for the turns of one version in [since, until)."""

    service: str
    dimension: str
    value: str
    since_ns: int
    until_ns: int


def listed(connection: Connection, query: VersionQuery) -> list[tuple[int, str]]:
    """Start and id of the version's turns, oldest first; of very many the newest."""
    c = TURN_LISTING.c
    found = select(c.started_ns, c.turn_id).where(
        c.service == query.service,
        c.started_ns >= query.since_ns,
        c.started_ns < query.until_ns,
        c.diagnostic.is_(False),
    )
    if query.dimension in _COLUMNS:
        found = found.where(c[query.dimension] == query.value)
    else:
        fact = TURN.c.facts[query.dimension].as_string() == query.value
        found = found.join(TURN, TURN.c.id == c.turn_id).where(fact)
    newest = found.order_by(c.started_ns.desc(), c.turn_id.desc()).limit(MOST_LISTED)
    return [(int(row[0]), str(row[1])) for row in connection.execute(newest)][::-1]


def read(connection: Connection, turn_ids: Sequence[str]) -> list[VersionTurn]:
    """These turns with their scores, in no order."""
    found: list[VersionTurn] = []
    for batch in batched(list(turn_ids)):
        scores, cells = _scores(connection, batch), _cells(connection, batch)
        c = TURN.c
        columns = (c.id, c.started_ns, c.question, c.session_id, c.service, c.facts)
        versions = tuple(c[name] for name in _COLUMNS)
        for row in connection.execute(select(*columns, *versions).where(c.id.in_(batch))):
            tags = {name: value for name in _COLUMNS if (value := getattr(row, name))}
            found.append(
                VersionTurn(
                    id=row.id,
                    started_ns=row.started_ns,
                    question=row.question or "",
                    session_id=row.session_id,
                    tags=tags | _other_tags(row.facts),
                    facts=row.facts,
                    scores=scores.get(row.id, ()),
                    closed_book_cell=cells.get(row.id),
                )
            )
    return found


def _cells(connection: Connection, turn_ids: Sequence[str]) -> dict[str, str]:
    """Outcome of the closed-book calls whose memory says something else than the context."""
    c = CLOSED_BOOK_TURN.c
    query = select(c.turn_id, c.cell).where(
        c.turn_id.in_(turn_ids), c.cell.is_not(None), c.diagnostic.is_(True)
    )
    return {row.turn_id: row.cell for row in connection.execute(query)}


def _other_tags(facts: Mapping[str, Any]) -> dict[str, str]:
    names = ("route", "tenant", "adapter", "release")
    return {name: str(value) for name in names if (value := facts.get(name))}


def _scores(connection: Connection, turn_ids: Sequence[str]) -> dict[str, list[VersionScore]]:
    c = SCORE.c
    columns = (c.turn_id, c.evaluator, c.state, c.value, c.flagged, c.signals)
    found: dict[str, list[VersionScore]] = {}
    query = select(*columns).where(c.turn_id.in_(turn_ids)).order_by(c.evaluator, c.revision)
    for turn_id, *fields in connection.execute(query):
        found.setdefault(turn_id, []).append(VersionScore(*fields))
    return found


def counts(connection: Connection, query: VersionQuery, width_ns: int) -> dict[str, dict[int, int]]:
    """Turns of each value of the dimension, by part of the period: value → part → turns.

    `query.value` does not restrict. Parts of `width_ns` are numbered from 0. A dimension that is no
    column of the listing is read from the newest `MOST_LISTED` turns.
    """
    c = TURN_LISTING.c
    part = (c.started_ns - query.since_ns) // width_ns
    period = (
        c.service == query.service,
        c.started_ns >= query.since_ns,
        c.started_ns < query.until_ns,
        c.diagnostic.is_(False),
    )
    if query.dimension in _COLUMNS:
        value, number = c[query.dimension], func.count()
        found = select(value, part, number).where(*period, value.is_not(None))
        rows = connection.execute(found.group_by(value, part))
    else:
        fact = TURN.c.facts[query.dimension].as_string()
        newest = select(c.turn_id, part.label("part")).where(*period)
        newest = newest.order_by(c.started_ns.desc()).limit(MOST_LISTED)
        chosen = newest.subquery()
        found = select(fact, chosen.c.part, func.count()).join(TURN, TURN.c.id == chosen.c.turn_id)
        rows = connection.execute(found.where(fact.is_not(None)).group_by(fact, chosen.c.part))
    result: dict[str, dict[int, int]] = {}
    for name, at, number in rows:
        result.setdefault(str(name), {})[int(at)] = int(number)
    return result


def any_turn(connection: Connection, query: VersionQuery) -> bool:
    """Whether the version has a turn in the period; its dimension is a column of the listing."""
    c = TURN_LISTING.c
    found = select(c.turn_id).where(
        c.service == query.service,
        c.started_ns >= query.since_ns,
        c.started_ns < query.until_ns,
        c[query.dimension] == query.value,
    )
    return connection.scalar(found.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class DatedTurns:
    """Turns with dated chunks, and those whose chunks changed since."""

    turns: int
    changed: int


def dated_turns(
    connection: Connection, query: VersionQuery, changed_after_ns: int, limit: int
) -> DatedTurns:
    """Count the newest turns whose chunks say when their text last changed.

    `changed`: the median chunk changed after `changed_after_ns`.
    """
    c = TURN_LISTING.c
    newest = select(c.turn_id, c.started_ns).where(
        c.service == query.service,
        c.started_ns >= query.since_ns,
        c.started_ns < query.until_ns,
        c.diagnostic.is_(False),
        c[query.dimension] == query.value,
    )
    chosen = newest.order_by(c.started_ns.desc()).limit(limit).subquery()
    age = SCORE.c.signals["chunk_age_seconds"].as_float()
    rows = connection.execute(
        select(chosen.c.started_ns, age)
        .join(SCORE, SCORE.c.turn_id == chosen.c.turn_id)
        .where(SCORE.c.evaluator == "retrieval", age.is_not(None))
    )
    changes = [int(started) - round(seconds * 1e9) for started, seconds in rows]
    return DatedTurns(len(changes), sum(at > changed_after_ns for at in changes))
