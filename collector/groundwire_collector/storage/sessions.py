"""Sessions: their turns in order, and whether any turn was unsupported."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, case, delete, func, select, tuple_

from groundwire_collector.storage.shared_texts import batched
from groundwire_collector.storage.tables.turns import SCORE, SESSION, TURN
from groundwire_collector.storage.upsert import upsert

HEADLINE = "grounding"  # the evaluator whose flags decide
SessionKey = tuple[str, str]  # session id, service


@dataclass(frozen=True, slots=True)
class SessionState:
    """Counted state of a session; times are starts of turns, in nanoseconds."""

    session_id: str
    service: str
    started_ns: int
    last_ns: int
    scored: bool = False
    unsupported: bool = False


@dataclass(frozen=True, slots=True)
class SessionTurns:
    """A session with the numbers of its stored turns."""

    state: SessionState
    turns: int
    scored: int
    flagged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionQuery:
    """Filter for sessions; None does not restrict.

    Times restrict the start of the latest turn.
    """

    service: str | None = None
    services: frozenset[str] | None = None  # what the key may read; None: all
    session_id: str | None = None
    unsupported: bool | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class SessionRate:
    """Numbers of scored sessions, and of those with an unsupported turn."""

    scored: int
    unsupported: int


def states(connection: Connection, keys: Iterable[SessionKey]) -> dict[SessionKey, SessionState]:
    """What was counted of these sessions so far."""
    found = {}
    for batch in batched(sorted(keys)):
        query = select(SESSION).where(_key().in_(batch))
        for row in connection.execute(query).mappings():
            found[row["session_id"], row["service"]] = SessionState(**row)
    return found


def save(connection: Connection, changed: Collection[SessionState]) -> None:
    """Store what was counted of sessions."""
    names = SessionState.__slots__
    upsert(connection, SESSION, [{name: getattr(each, name) for name in names} for each in changed])


def of_turns(connection: Connection, turn_ids: Sequence[str]) -> set[SessionKey]:
    """The sessions of some stored turns."""
    query = select(TURN.c.session_id, TURN.c.service).where(
        TURN.c.id.in_(turn_ids), TURN.c.session_id.is_not(None)
    )
    return {(row[0], row[1]) for row in connection.execute(query)}


def remove_empty(connection: Connection, keys: Collection[SessionKey]) -> None:
    """Delete those of these sessions that have no stored turn."""
    turns = select(TURN.c.id).where(
        TURN.c.session_id == SESSION.c.session_id, TURN.c.service == SESSION.c.service
    )
    for batch in batched(sorted(keys)):
        connection.execute(delete(SESSION).where(_key().in_(batch), ~turns.exists()))


def find(connection: Connection, query: SessionQuery) -> list[SessionTurns]:
    """Sessions with their numbers of turns, the latest first."""
    statement = select(SESSION).where(*_conditions(query))
    statement = statement.order_by(SESSION.c.last_ns.desc(), SESSION.c.session_id)
    rows = connection.execute(statement.limit(query.limit)).mappings().all()
    found = [SessionState(**row) for row in rows]
    numbers = _numbers(connection, [(each.session_id, each.service) for each in found])
    zero = (0, 0, 0)
    return [
        SessionTurns(each, *numbers.get((each.session_id, each.service), zero)) for each in found
    ]


def rate(connection: Connection, query: SessionQuery) -> SessionRate:
    """Scored sessions that match `query`, whatever its limit, and unsupported ones of them."""
    unsupported = func.sum(case((SESSION.c.unsupported, 1), else_=0))
    statement = select(func.count(), func.coalesce(unsupported, 0))
    conditions = (*_conditions(query), SESSION.c.scored)
    row = connection.execute(statement.select_from(SESSION).where(*conditions)).one()
    return SessionRate(int(row[0]), int(row[1]))


def _key() -> ColumnElement[tuple[str, str]]:
    return tuple_(SESSION.c.session_id, SESSION.c.service)


def _numbers(
    connection: Connection, keys: Sequence[SessionKey]
) -> dict[SessionKey, tuple[int, int, int]]:
    """Turns, scored turns and flagged turns of sessions, by the index of their ids."""
    of_turn = (SCORE.c.turn_id == TURN.c.id) & (SCORE.c.evaluator == HEADLINE)
    scored = func.sum(case((SCORE.c.flagged.is_not(None), 1), else_=0))
    flagged = func.sum(case((SCORE.c.flagged.is_(True), 1), else_=0))
    number = func.count(TURN.c.id.distinct())
    found = {}
    wanted = set(keys)
    for batch in batched(list(keys)):
        query = (
            select(TURN.c.session_id, TURN.c.service, number, scored, flagged)
            .select_from(TURN.outerjoin(SCORE, of_turn))
            .where(TURN.c.session_id.in_({session_id for session_id, _ in batch}))
            .group_by(TURN.c.session_id, TURN.c.service)
        )
        for session_id, service, *counts in connection.execute(query):
            if (session_id, service) in wanted:
                found[session_id, service] = (int(counts[0]), int(counts[1]), int(counts[2]))
    return found


def _conditions(query: SessionQuery) -> list[ColumnElement[bool]]:
    equal = {
        SESSION.c.service: query.service,
        SESSION.c.session_id: query.session_id,
        SESSION.c.unsupported: query.unsupported,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if query.services is not None:
        conditions.append(SESSION.c.service.in_(query.services))
    if query.since_ns is not None:
        conditions.append(SESSION.c.last_ns >= query.since_ns)
    if query.until_ns is not None:
        conditions.append(SESSION.c.last_ns < query.until_ns)
    return conditions
