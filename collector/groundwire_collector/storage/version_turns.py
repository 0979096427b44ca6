"""Production turns of one version, with their scores, for comparisons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from groundwire_collector.storage.shared_texts import batched
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
    """A turn with what comparisons read of it; `facts` as stored."""

    id: str
    started_ns: int
    question: str
    session_id: str | None
    tags: Mapping[str, str]  # dimension: value
    facts: Mapping[str, Any]
    scores: Sequence[VersionScore] = field(default=())


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
        scores = _scores(connection, batch)
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
                )
            )
    return found


def _other_tags(facts: Mapping[str, Any]) -> dict[str, str]:
    names = ("route", "tenant")
    return {name: str(value) for name in names if (value := facts.get(name))}


def _scores(connection: Connection, turn_ids: Sequence[str]) -> dict[str, list[VersionScore]]:
    c = SCORE.c
    columns = (c.turn_id, c.evaluator, c.state, c.value, c.flagged, c.signals)
    found: dict[str, list[VersionScore]] = {}
    query = select(*columns).where(c.turn_id.in_(turn_ids)).order_by(c.evaluator, c.revision)
    for turn_id, *fields in connection.execute(query):
        found.setdefault(turn_id, []).append(VersionScore(*fields))
    return found
