"""Turns with their evaluations, saved by the worker, queried by the API."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    func,
    literal_column,
    or_,
    select,
)

from groundwire_collector.storage import score_sums, search, turn_listing
from groundwire_collector.storage.tables.turns import (
    CLAIM,
    RARE_STATES,
    SCORE,
    TURN,
    TURN_LISTING,
)
from groundwire_collector.storage.upsert import upsert
from groundwire_evaluators.evaluation import (
    Citation,
    CitationOutcome,
    Claim,
    Evaluation,
    Extent,
    State,
    Verdict,
)
from groundwire_evaluators.turn import Chunk, CitedSource, Route, Turn

NANOSECONDS = 1_000_000_000
_LATEST_NS = 2**63 - 1
LISTED = TURN_LISTING.c
_OF_FEW_TURNS = {"session_id", "user_id"}  # facts with an index of their own
_COLUMNS = {
    "id",
    "trace_id",
    "session_id",
    "service",
    "model_version",
    "prompt_version",
    "index_version",
    "question",
    "answer",
    "not_evaluable_reason",
}
_TIMES = {"started_at", "ended_at"}
_FACTS = [f.name for f in fields(Turn) if f.name not in _COLUMNS | {"chunks", "started_at"}]


@dataclass(frozen=True, slots=True)
class JudgedTurn:
    """A turn with all its evaluations."""

    turn: Turn
    evaluations: tuple[Evaluation, ...]

    @property
    def p_unsupported(self) -> float | None:
        found = (e.signals.get("p_unsupported") for e in self.evaluations)
        return next((value for value in found if value is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOutcome:
    """Route and evaluation states of a turn; `states` by evaluator and revision."""

    p_unsupported: float | None = None
    route: str = ""
    states: dict[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnQuery:
    """Filter for turns; None does not restrict. Nanoseconds since the epoch."""

    service: str | None = None
    services: frozenset[str] | None = None  # what the key may read; None: all
    model_version: str | None = None
    prompt_version: str | None = None
    index_version: str | None = None
    state: str | None = None
    verdict: str | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    trace_id: str | None = None
    facts: tuple[tuple[str, str], ...] = ()  # session_id, user_id, route, model: equal to these
    least_score: float | None = None  # of `p_unsupported`
    most_score: float | None = None
    least_seconds: float | None = None  # from question to answer
    error: bool | None = None  # whether a step of the turn failed
    words: str | None = None  # all of them are in the question or the answer
    order: Literal["worst", "newest", "oldest"] = "newest"
    limit: int = 50
    cursor: tuple[float | None, int, str] | None = None  # of the last turn of the page before
    backwards: bool = False  # the turns before the cursor, the nearest first


def of_traces(connection: Connection, trace_ids: Iterable[str]) -> list[Turn]:
    """The turns of these traces that are stored already."""
    query = select(TURN).where(TURN.c.trace_id.in_(list(trace_ids)))
    return [_turn(dict(row)) for row in connection.execute(query).mappings()]


def traces_with_turns(connection: Connection, trace_ids: Iterable[str]) -> set[str]:
    """Traces among these with a stored turn."""
    query = select(TURN.c.trace_id).where(TURN.c.trace_id.in_(list(trace_ids)))
    return set(connection.scalars(query))


def before(connection: Connection, turn: Turn, most: int) -> list[Turn]:
    """The stored turns of the same session and service that began before it, the latest first."""
    c = TURN.c
    query = select(TURN).where(
        c.session_id == turn.session_id,
        c.service == turn.service,
        c.started_ns < _nanoseconds(turn.started_at),
    )
    rows = connection.execute(query.order_by(c.started_ns.desc()).limit(most)).mappings()
    return [_turn(dict(row)) for row in rows]


def outcomes(connection: Connection, turn_ids: Sequence[str]) -> dict[str, StoredOutcome]:
    """Stored evaluations of these turns, by turn id."""
    columns = (TURN.c.id, TURN.c.p_unsupported, TURN.c.facts["route"].as_string())
    rows = connection.execute(select(*columns).where(TURN.c.id.in_(turn_ids)))
    found = {row[0]: StoredOutcome(p_unsupported=row[1], route=row[2] or "") for row in rows}
    c = SCORE.c
    query = select(c.turn_id, c.evaluator, c.revision, c.state).where(c.turn_id.in_(turn_ids))
    for turn_id, evaluator, revision, state in connection.execute(query):
        if turn_id in found:
            found[turn_id].states[evaluator, revision] = state
    return found


def save(connection: Connection, judged: Sequence[JudgedTurn]) -> None:
    """Store turns with evaluations, replacing earlier ones."""
    ids = [item.turn.id for item in judged]
    stored = _of_ids(connection, ids)
    score_sums.change(
        connection,
        added=[(item.turn, item.evaluations) for item in judged],
        removed=[(item.turn, item.evaluations) for item in stored],
    )
    for table in (SCORE, CLAIM):
        connection.execute(delete(table).where(table.c.turn_id.in_(ids)))
    rows = [_turn_row(item) for item in judged]
    upsert(connection, TURN, rows)
    turn_listing.save(
        connection,
        [
            turn_listing.row_of(row, item.evaluations)
            for row, item in zip(rows, judged, strict=True)
        ],
    )
    search.save(connection, [(i.turn.id, i.turn.question, i.turn.answer) for i in judged])
    scores = [_score_row(item.turn.id, e) for item in judged for e in item.evaluations]
    claims = [
        _claim_row(item.turn.id, evaluation.evaluator, position, claim)
        for item in judged
        for evaluation in item.evaluations
        for position, claim in enumerate(evaluation.claims)
    ]
    upsert(connection, SCORE, scores)
    upsert(connection, CLAIM, claims)


def join(connection: Connection, turn: Turn, evaluation: Evaluation) -> None:
    """Add a late evaluation, replacing an earlier one of the same evaluator."""
    stored = [
        each
        for each in _evaluations_of(connection, turn.id)
        if each.evaluator == evaluation.evaluator
    ]
    score_sums.change_evaluation(connection, turn, evaluation, stored)
    for table in (SCORE, CLAIM):
        earlier = and_(table.c.turn_id == turn.id, table.c.evaluator == evaluation.evaluator)
        connection.execute(delete(table).where(earlier))
    name = evaluation.evaluator
    claims = [_claim_row(turn.id, name, at, claim) for at, claim in enumerate(evaluation.claims)]
    upsert(connection, SCORE, [_score_row(turn.id, evaluation)])
    upsert(connection, CLAIM, claims)
    turn_listing.refresh(connection, turn.id)


def find(connection: Connection, query: TurnQuery) -> list[JudgedTurn]:
    """The turns of `query`, worst or newest first."""
    return _of_ids(connection, _ids(connection, query))


def _ids(connection: Connection, query: TurnQuery) -> list[str]:
    """Ids of the turns of `query`, in its order."""
    conditions = [*_conditions(query), *_of_facts(query)]
    if query.words is not None:
        search.prefer_indexes(connection)
        conditions.append(search.matches(connection, query.words))
    return list(connection.scalars(_ordered(select(LISTED.turn_id).where(*conditions), query)))


def _of_ids(connection: Connection, ids: Sequence[str]) -> list[JudgedTurn]:
    """The stored ones of these turns, in this order."""
    rows = connection.execute(select(TURN).where(TURN.c.id.in_(ids))).mappings()
    by_id = {row["id"]: dict(row) for row in rows}
    return _judged(connection, [by_id[turn_id] for turn_id in ids if turn_id in by_id])


def _evaluations_of(connection: Connection, turn_id: str) -> list[Evaluation]:
    """Stored evaluations of a turn, without their claims."""
    rows = connection.execute(select(SCORE).where(SCORE.c.turn_id == turn_id)).mappings()
    return [_evaluation(dict(row), ()) for row in rows]


def _of_facts(query: TurnQuery) -> list[ColumnElement[bool]]:
    """Conditions on facts of the turn and its score."""
    found = [LISTED[name] == value for name, value in query.facts if name != "session_id"]
    for name, value in query.facts:
        if name == "session_id":  # by the index of the turns
            found.append(LISTED.turn_id.in_(select(TURN.c.id).where(TURN.c.session_id == value)))
    if query.least_score is not None:
        found.append(LISTED.p_unsupported >= query.least_score)
    if query.most_score is not None:
        found.append(LISTED.p_unsupported <= query.most_score)
    if query.least_seconds is not None:
        found.append(LISTED.seconds >= query.least_seconds)
    if query.error is not None:
        found.append(LISTED.failed.is_(query.error))
    return found


def count(connection: Connection, query: TurnQuery) -> int:
    """Number of turns that match `query`, ignoring limit and cursor."""
    conditions = _conditions(replace(query, cursor=None))
    found = connection.scalar(select(func.count()).select_from(TURN_LISTING).where(*conditions))
    return found or 0


def closed_book_of(connection: Connection, turn: Turn) -> JudgedTurn | None:
    """The application's closed-book call that repeats this turn; None without one."""
    if turn.trace_id is None:
        return None
    c = LISTED.closed_book_of  # "trace id:span id", the span being that of the observed function
    of_trace = (c >= f"{turn.trace_id}:", c < f"{turn.trace_id};")
    query = select(LISTED.turn_id).where(*of_trace).order_by(c).limit(1)
    return next(iter(_of_ids(connection, list(connection.scalars(query)))), None)


def neighbours(
    connection: Connection, query: TurnQuery, judged: JudgedTurn
) -> tuple[str | None, str | None]:
    """Ids of the turns before and after this one in a list."""
    at = cursor_of(judged)
    if query.order == "worst" and at[0] is None:
        return None, None
    around = [replace(query, cursor=at, limit=1, backwards=back) for back in (True, False)]
    before, after = (next(iter(_ids(connection, each)), None) for each in around)
    return before, after


def newest_values(
    connection: Connection, name: str, services: frozenset[str] | None, among: int = 500
) -> list[str]:
    """Values of a listed fact among the newest turns, for suggestions."""
    query = select(LISTED[name]).order_by(LISTED.started_ns.desc()).limit(among)
    if services is not None:
        query = query.where(LISTED.service.in_(services))
    return list(dict.fromkeys(value for value in connection.scalars(query) if value))


def get(
    connection: Connection, turn_id: str, services: frozenset[str] | None = None
) -> JudgedTurn | None:
    """One turn; None if there is none that may be read."""
    query = select(TURN).where(TURN.c.id == turn_id)
    if services is not None:
        query = query.where(TURN.c.service.in_(services))
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return next(iter(_judged(connection, rows)), None)


def other_answers(connection: Connection, turn: Turn, limit: int) -> list[str]:
    """The newest answers of the turn's model version and service to other questions."""
    query = TurnQuery(service=turn.service, model_version=turn.model_version, limit=limit)
    newest = select(LISTED.turn_id).where(*_conditions(query), LISTED.diagnostic.is_(False))
    ids = list(connection.scalars(_ordered(newest, query)))
    chosen = TURN.c.id.in_(ids) & (TURN.c.question != turn.question)
    answers = connection.scalars(select(TURN.c.answer).where(chosen).order_by(TURN.c.id))
    return [answer for answer in answers if answer]


def cursor_of(judged: JudgedTurn) -> tuple[float | None, int, str]:
    """Cursor of the page after this turn."""
    return judged.p_unsupported, _nanoseconds(judged.turn.started_at), judged.turn.id


def _conditions(query: TurnQuery) -> list[ColumnElement[bool]]:
    equal = {
        LISTED.service: query.service,
        LISTED.model_version: query.model_version,
        LISTED.prompt_version: query.prompt_version,
        LISTED.index_version: query.index_version,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if query.trace_id is not None:
        of_trace = select(TURN.c.id).where(TURN.c.trace_id == query.trace_id)
        conditions.append(LISTED.turn_id.in_(of_trace))
    if query.services is not None:
        conditions.append(LISTED.service.in_(query.services))
    if query.since_ns is not None:
        conditions.append(LISTED.started_ns >= _storable(query.since_ns))
    if query.until_ns is not None:
        conditions.append(LISTED.started_ns < _storable(query.until_ns))
    if query.state is not None:
        conditions.append(_state(query.state))
    if query.verdict is not None:
        bit = turn_listing.VERDICT_BITS.get(query.verdict, 0)
        conditions.append(LISTED.verdicts.op("&")(bit) != 0)
    if query.order == "worst":
        conditions.append(_doubt(query).is_not(None))
        # The worst answers that users got: not those to questions of our own.
        conditions.append(LISTED.diagnostic.is_(False))
    if query.cursor is not None:
        follows = _before if query.backwards else _after
        conditions.append(follows(query.order, query.cursor))
    return conditions


def _state(state: str) -> ColumnElement[bool]:
    """Whether any evaluator said so; of a rare state as its partial index has it."""
    if state in RARE_STATES:
        bits = LISTED.states.op("&")(literal_column(str(RARE_STATES[state])))
        return bits.op("!=", is_comparison=True)(literal_column("0"))
    return LISTED.states.op("&")(turn_listing.STATE_BITS.get(state, 0)) != 0


def _after(order: str, cursor: tuple[float | None, int, str]) -> ColumnElement[bool]:
    p_unsupported, started, turn_id = cursor[0], _storable(cursor[1]), cursor[2]
    earlier = or_(
        LISTED.started_ns < started, and_(LISTED.started_ns == started, LISTED.turn_id < turn_id)
    )
    if order == "oldest":
        return or_(
            LISTED.started_ns > started,
            and_(LISTED.started_ns == started, LISTED.turn_id > turn_id),
        )
    if order == "newest":
        return earlier
    return or_(
        LISTED.p_unsupported < p_unsupported,
        and_(LISTED.p_unsupported == p_unsupported, earlier),
    )


def _before(order: str, cursor: tuple[float | None, int, str]) -> ColumnElement[bool]:
    """Turns that precede the cursor's in an order."""
    opposite = {"newest": "oldest", "oldest": "newest"}
    if order in opposite:
        return _after(opposite[order], cursor)
    p_unsupported = cursor[0]
    return or_(
        LISTED.p_unsupported > p_unsupported,
        and_(LISTED.p_unsupported == p_unsupported, _after("oldest", cursor)),
    )


def _storable(nanoseconds: int) -> int:
    """Clamp a time to the range of the column (until 2262)."""
    return max(-_LATEST_NS, min(_LATEST_NS, nanoseconds))


def _ordered(statement: Select[Any], query: TurnQuery) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [LISTED.started_ns, LISTED.turn_id]
    if query.order == "worst":
        columns.insert(0, _doubt(query))
    ascending = (query.order == "oldest") != query.backwards
    ordered = [column.asc() if ascending else column.desc() for column in columns]
    return statement.order_by(*ordered).limit(query.limit)


def _doubt(query: TurnQuery) -> ColumnElement[Any]:
    """`p_unsupported`; for few turns so that SQLite does not walk the index of all by it."""
    column: ColumnElement[Any] = LISTED.p_unsupported
    few = query.state in RARE_STATES or {name for name, _ in query.facts} & _OF_FEW_TURNS
    return column + literal_column("0.0") if few else column


def _judged(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[JudgedTurn]:
    if not rows:
        return []
    ids = [row["id"] for row in rows]
    claims: dict[tuple[str, str], list[Claim]] = {}
    query = select(CLAIM).where(CLAIM.c.turn_id.in_(ids)).order_by(CLAIM.c.position)
    answers = {row["id"]: row["answer"] or "" for row in rows}
    for row in connection.execute(query).mappings():
        key = (row["turn_id"], row["evaluator"])
        claims.setdefault(key, []).append(_claim(dict(row), answers[row["turn_id"]]))
    evaluations: dict[str, list[Evaluation]] = {}
    query = select(SCORE).where(SCORE.c.turn_id.in_(ids)).order_by(SCORE.c.evaluator)
    for row in connection.execute(query).mappings():
        key = (row["turn_id"], row["evaluator"])
        evaluations.setdefault(row["turn_id"], []).append(
            _evaluation(dict(row), claims.get(key, []))
        )
    return [JudgedTurn(_turn(row), tuple(evaluations.get(row["id"], ()))) for row in rows]


def to_rows(
    judged: JudgedTurn,
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of a judged turn, its scores and its claims, which `from_rows` undoes."""
    turn_id = judged.turn.id
    claims = [
        _claim_row(turn_id, each.evaluator, at, claim) | {"revision": each.revision}
        for each in judged.evaluations
        for at, claim in enumerate(each.claims)
    ]
    scores = [_score_row(turn_id, each) for each in judged.evaluations]
    return _turn_row(judged), scores, claims


def from_rows(
    turn: Mapping[str, Any],
    scores: Iterable[Mapping[str, Any]],
    claims: Sequence[Mapping[str, Any]],
) -> JudgedTurn:
    """A judged turn of rows as they are stored; claims in order, with their `revision`."""
    evaluations = []
    for score in scores:
        judgement = (score["evaluator"], score["revision"])
        of_score = [row for row in claims if (row["evaluator"], row["revision"]) == judgement]
        found = [_claim(row, turn["answer"] or "") for row in of_score]
        evaluations.append(_evaluation(score, found))
    return JudgedTurn(_turn(turn), tuple(evaluations))


def _turn_row(judged: JudgedTurn) -> dict[str, Any]:
    turn = judged.turn
    return (
        {name: getattr(turn, name) for name in _COLUMNS}
        | {"started_ns": _nanoseconds(turn.started_at), "p_unsupported": judged.p_unsupported}
        | {"chunks": [_chunk_row(chunk) for chunk in turn.chunks]}
        | {"facts": {name: _plain(getattr(turn, name)) for name in _FACTS}}
    )


def _chunk_row(chunk: Chunk) -> dict[str, Any]:
    row = asdict(chunk)
    if not chunk.earlier:  # nearly all: a shorter row
        del row["earlier"]
    return row


def _turn(row: Mapping[str, Any]) -> Turn:
    facts = dict(row["facts"])
    facts["cited"] = tuple(
        CitedSource(**{**cited, "names": tuple(cited["names"])}) for cited in facts.get("cited", ())
    )
    for name in _TIMES & facts.keys():
        facts[name] = datetime.fromisoformat(facts[name]) if facts[name] else None
    started = datetime.fromtimestamp(row["started_ns"] / NANOSECONDS, UTC)
    return Turn(
        **{name: row[name] for name in _COLUMNS},
        **facts | {"route": Route(facts["route"])},
        chunks=tuple(Chunk(**chunk) for chunk in row["chunks"]),
        started_at=started if row["started_ns"] else None,
    )


def _score_row(turn_id: str, evaluation: Evaluation) -> dict[str, Any]:
    return {
        "turn_id": turn_id,
        "evaluator": evaluation.evaluator,
        "revision": evaluation.revision,
        "state": evaluation.state.value,
        "value": evaluation.value,
        "flagged": evaluation.flagged,
        "reason": evaluation.reason,
        "probability": evaluation.probability,
        "signals": dict(evaluation.signals),
        "citations": [asdict(citation) for citation in evaluation.citations],
    }


def _evaluation(row: Mapping[str, Any], claims: Sequence[Claim]) -> Evaluation:
    citations = (
        Citation(**citation | {"outcome": CitationOutcome(citation["outcome"])})
        for citation in row["citations"]
    )
    return Evaluation(
        evaluator=row["evaluator"],
        revision=row["revision"],
        state=State(row["state"]),
        value=row["value"],
        reason=row["reason"],
        flagged=row["flagged"],
        claims=tuple(claims),
        citations=tuple(citations),
        signals=row["signals"],
        probability=row["probability"],
    )


def _claim_row(turn_id: str, evaluator: str, position: int, claim: Claim) -> dict[str, Any]:
    return {
        "turn_id": turn_id,
        "evaluator": evaluator,
        "position": position,
        "start": claim.start,
        "end": claim.end,
        "verdict": claim.verdict.value,
        "support": claim.support,
        "chunk": claim.chunk,
        "reason": claim.reason,
        "spans": [[extent.start, extent.end] for extent in claim.spans],
    }


def _claim(row: Mapping[str, Any], answer: str) -> Claim:
    return Claim(
        start=row["start"],
        end=row["end"],
        text=answer[row["start"] : row["end"]],
        verdict=Verdict(row["verdict"]),
        support=row["support"],
        chunk=row["chunk"],
        spans=tuple(Extent(start, end) for start, end in row["spans"]),
        reason=row["reason"],
    )


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [asdict(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _nanoseconds(moment: datetime | None) -> int:
    return round(moment.timestamp() * NANOSECONDS) if moment else 0
