"""Queries for estimates: scored turns, judgements, and stored estimates for gauges."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, delete, func, select

from groundwire_collector.storage.shared_texts import batched
from groundwire_collector.storage.tables.drift import BASELINE
from groundwire_collector.storage.tables.labels import ESTIMATE, LABEL
from groundwire_collector.storage.tables.turns import CLAIM, SCORE, TURN_LISTING
from groundwire_collector.storage.upsert import upsert
from groundwire_evaluators.evaluation import State, Verdict

Dimension = Literal["model_version", "prompt_version", "index_version"]
MISSED_CHUNKS = "missed_chunks"  # kind of estimate
NEWEST = 50_000  # turns that one estimate is made of, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateFilter:
    """Filter for estimates; None does not restrict. Nanoseconds since the epoch."""

    service: str | None = None
    services: frozenset[str] | None = None  # what the key may read; None: all
    model_version: str | None = None
    prompt_version: str | None = None
    index_version: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None


class ScoredTurn(NamedTuple):
    """Production turn with p_unsupported; turns of a session form a cluster.

    A tuple, as rows come: 50,000 of them are made for one estimate.
    """

    id: str
    trace_id: str
    service: str
    value: str  # of the dimension; "" where none is known
    session: str
    started_ns: int
    p_unsupported: float


@dataclass(frozen=True, slots=True)
class SampledScore:
    """Judgement of a randomly sampled turn.

    `faithful` is None where the judge decided nothing (it failed, declined, or found no claim).
    """

    turn_id: str
    started_ns: int
    evaluator: str
    revision: str
    probability: float
    faithful: bool | None
    p_unsupported: float | None


@dataclass(frozen=True, slots=True)
class DecidedScore:
    """Binary decision of an evaluator on an answer."""

    turn_id: str
    evaluator: str
    revision: str
    probability: float | None
    faithful: bool
    p_unsupported: float | None


@dataclass(frozen=True, slots=True)
class StoredEstimate:
    """Newest estimate of a segment, with the state of its confidence sequence.

    `value` is the model_version of the kind `faithfulness`, the index_version of `retrieval`.
    """

    kind: str
    service: str
    value: str
    reference: str
    evaluator: str
    updated_ns: int
    estimate: dict[str, Any]
    sequence: dict[str, Any]


def scored_turns(
    connection: Connection, part: EstimateFilter, dimension: Dimension, limit: int = NEWEST
) -> list[ScoredTurn]:
    """The newest scored turns of production traffic, oldest first."""
    query = _scored(_conditions(part), dimension).order_by(*_NEWEST_FIRST).limit(limit)
    return _scored_turns(connection, query)[::-1]


def scored_turns_of(
    connection: Connection, part: EstimateFilter, turn_ids: Iterable[str]
) -> list[ScoredTurn]:
    """Scored production turns of the filter among these turns."""
    found: list[ScoredTurn] = []
    query = _scored(_conditions(part, by_id=True), "model_version")
    for batch in batched(sorted(set(turn_ids))):
        found += _scored_turns(connection, query.where(TURN_LISTING.c.turn_id.in_(batch)))
    return found


def drawn_turns(
    connection: Connection,
    part: EstimateFilter,
    is_drawn: Callable[[str], bool],
    limit: int = NEWEST,
) -> tuple[Counter[str], list[ScoredTurn]]:
    """Number of newest scored turns by service, and those with a drawn trace."""
    query = _scored(_conditions(part), "model_version").order_by(*_NEWEST_FIRST).limit(limit)
    query = query.with_only_columns(*(TURN_LISTING.c[name] for name in _DRAWN))
    rows = connection.execute(query).all()
    drawn = [turn_id for turn_id, trace_id, _ in rows if is_drawn(trace_id)]
    found = {turn.id: turn for turn in scored_turns_of(connection, part, drawn)}
    services = Counter([service for _, _, service in rows])
    return services, [found[turn_id] for turn_id in reversed(drawn) if turn_id in found]


def following_turns(
    connection: Connection,
    service: str,
    model_version: str | None,
    after: tuple[int, str],
    limit: int,
) -> list[ScoredTurn]:
    """Scored turns of a segment that started after one, oldest first; None: of every version."""
    c = TURN_LISTING.c
    started_ns, turn_id = after
    later = (c.started_ns > started_ns) | ((c.started_ns == started_ns) & (c.turn_id > turn_id))
    version = c.model_version == model_version if model_version else c.model_version.is_(None)
    query = _scored(_conditions(EstimateFilter(service=service)), "model_version")
    if model_version is not None:
        query = query.where(version)
    query = query.where(later).order_by(c.started_ns, c.turn_id).limit(limit)
    return _scored_turns(connection, query)


def drawn_scores(
    connection: Connection, part: EstimateFilter, evaluator: str | None = None
) -> list[SampledScore]:
    """Judge scores of the turns sampled for judges."""
    c = SCORE.c
    columns = (c.turn_id, c.evaluator, c.revision, c.probability, c.state, c.flagged)
    query = select(*columns, TURN_LISTING.c.started_ns, TURN_LISTING.c.p_unsupported)
    query = query.join(TURN_LISTING, TURN_LISTING.c.turn_id == c.turn_id)
    # Not only by the join: with statistics of all tables SQLite would begin with all turns.
    few = TURN_LISTING.c.turn_id.in_(select(c.turn_id).where(c.probability.is_not(None)))
    query = query.where(few, c.probability.is_not(None), *_conditions(part, by_id=True))
    if evaluator is not None:
        query = query.where(c.evaluator == evaluator)
    return [
        SampledScore(turn_id, at_ns, name, revision, chance, _faithful(state, flagged), p)
        for turn_id, name, revision, chance, state, flagged, at_ns, p in connection.execute(query)
    ]


def scores_of(connection: Connection, turn_ids: Iterable[str]) -> list[DecidedScore]:
    """Decisions of all evaluators on these turns."""
    c = SCORE.c
    columns = (c.turn_id, c.evaluator, c.revision, c.probability, c.flagged, c.signals)
    decided = select(*columns).where(c.flagged.is_not(None), c.state == State.SCORED.value)
    found = []
    for batch in batched(sorted(set(turn_ids))):
        rows = connection.execute(decided.where(c.turn_id.in_(batch))).all()
        for turn_id, name, revision, chance, flagged, signals in rows:
            doubt = signals.get("p_unsupported")
            found.append(DecidedScore(turn_id, name, revision, chance, not flagged, doubt))
    return found


def claims_of(connection: Connection, turn_ids: Iterable[str]) -> dict[str, set[tuple[int, int]]]:
    """The ranges of the claims that an evaluator found in each answer."""
    found: dict[str, set[tuple[int, int]]] = {}
    c = CLAIM.c
    for batch in batched(sorted(set(turn_ids))):
        query = select(c.turn_id, c.start, c.end)
        query = query.where(c.turn_id.in_(batch), c.verdict != Verdict.NOT_A_CLAIM.value)
        for turn_id, start, end in connection.execute(query):
            found.setdefault(turn_id, set()).add((start, end))
    return found


def labelled_services(connection: Connection) -> set[str]:
    """Services with labels, or with scores of a sampling judge."""
    # A join would begin with all turns on SQLite; few scores have a probability.
    drawn = select(SCORE.c.turn_id).where(SCORE.c.probability.is_not(None))
    judged = select(TURN_LISTING.c.service).distinct().where(TURN_LISTING.c.turn_id.in_(drawn))
    people = select(LABEL.c.service).distinct()
    return {*connection.scalars(people), *connection.scalars(judged)}


def baseline_ns(connection: Connection, service: str, signal: str) -> int:
    """When the newest baseline of a signal was pinned; 0 where none is."""
    query = select(func.max(BASELINE.c.pinned_ns))
    query = query.where(BASELINE.c.service == service, BASELINE.c.signal == signal)
    return connection.scalar(query) or 0


def store(connection: Connection, estimates: Sequence[StoredEstimate]) -> None:
    upsert(
        connection,
        ESTIMATE,
        [{name: getattr(each, name) for name in _COLUMNS} for each in estimates],
    )


def newest(
    connection: Connection,
    kind: str,
    services: frozenset[str] | None = None,
    limit: int | None = None,
) -> list[StoredEstimate]:
    """Newest estimate of every segment, latest first."""
    query = select(ESTIMATE).where(ESTIMATE.c.kind == kind)
    if services is not None:
        query = query.where(ESTIMATE.c.service.in_(services))
    query = query.order_by(ESTIMATE.c.updated_ns.desc()).limit(limit)
    rows = connection.execute(query).mappings()
    return [StoredEstimate(**{name: row[name] for name in _COLUMNS}) for row in rows]


def drop_before(connection: Connection, cutoff_ns: int) -> None:
    """Delete estimates not refreshed since `cutoff_ns`."""
    old = ESTIMATE.c.updated_ns < cutoff_ns
    connection.execute(delete(ESTIMATE).where(old))


_COLUMNS = [column.name for column in ESTIMATE.columns]


_NEWEST_FIRST = (TURN_LISTING.c.started_ns.desc(), TURN_LISTING.c.turn_id.desc())
_DRAWN = ("turn_id", "trace_id", "service")


def _scored(conditions: Iterable[ColumnElement[bool]], dimension: Dimension) -> Select[Any]:
    """Scored turns, with the columns of `ScoredTurn`."""
    c = TURN_LISTING.c
    columns = (
        *(c.turn_id, c.trace_id, c.service),
        func.coalesce(c[dimension], ""),
        func.coalesce(func.nullif(c.session_id, ""), c.turn_id),
        *(c.started_ns, c.p_unsupported),
    )
    return select(*columns).where(c.p_unsupported.is_not(None), *conditions)


def _scored_turns(connection: Connection, query: Select[Any]) -> list[ScoredTurn]:
    return list(map(ScoredTurn._make, connection.execute(query).all()))


def _conditions(part: EstimateFilter, *, by_id: bool = False) -> list[ColumnElement[bool]]:
    """SQL conditions of the filter; `by_id`: for rows found by id, so no index is chosen.

    SQLite, which knows no frequencies, takes the index of a service that has most of the turns.
    """
    c = TURN_LISTING.c
    equal = {
        c.service: part.service,
        c.model_version: part.model_version,
        c.prompt_version: part.prompt_version,
        c.index_version: part.index_version,
    }
    started = c.started_ns + 0 if by_id else c.started_ns
    found = [
        (column.concat("") if by_id else column) == value
        for column, value in equal.items()
        if value is not None
    ]
    if part.services is not None:
        found.append((c.service.concat("") if by_id else c.service).in_(part.services))
    if part.since_ns is not None:
        found.append(started >= part.since_ns)
    if part.until_ns is not None:
        found.append(started < part.until_ns)
    return [*found, c.diagnostic.is_(False)]


def _faithful(state: str, flagged: bool | None) -> bool | None:
    """None where the turn was not scored, or its evaluator decides nothing."""
    return None if flagged is None or state != State.SCORED.value else not flagged
