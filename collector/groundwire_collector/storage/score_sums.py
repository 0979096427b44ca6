"""Score sums per time bucket: updated with the turns, read for charts.

A chart of thirty days would read a row per turn and evaluator; of these it reads some per hour.
Why: docs/decisions/0142-score-sums-for-charts.md
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from groundwire_collector.storage.tables.score_sums import SCORE_SUM
from groundwire_evaluators.evaluation import Evaluation
from groundwire_evaluators.turn import Turn

FINE, HOUR = 10, 3600  # seconds of a bucket
FINE_LIFETIME_SECONDS = 26 * 3600
WIDTHS = (FINE, HOUR)
FRESH, CACHED, WRITTEN, OUTPUT = (
    "tokens:fresh",
    "tokens:cached",
    "tokens:cache_write",
    "tokens:output",
)
TOKENS = (FRESH, CACHED, WRITTEN, OUTPUT)
SegmentDimension = Literal["", "service", "model_version", "prompt_version", "index_version"]
JudgedPair = tuple[Turn, Sequence[Evaluation]]

Key = tuple[int, int, str, str, str, str, str, str]


@dataclass(slots=True)
class ScoreSums:
    """Number of evaluations, sums of values and squares, number flagged."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    flagged: int = 0

    def add(self, value: float, flagged: bool, sign: int) -> None:
        """Add one evaluation (`sign` 1) or take it out again (-1)."""
        self.n += sign
        self.total += sign * value
        self.squares += sign * value * value
        self.flagged += sign * flagged


class ScoreSumQuery(NamedTuple):
    """Buckets of `step` seconds, apart by values of a dimension."""

    since: int  # seconds since the epoch
    until: int
    step: int
    dimension: SegmentDimension = ""
    services: frozenset[str] | None = None  # what the key may read; None: all
    service: str | None = None
    segment: tuple[SegmentDimension, str] | None = None  # restricts to one value

    @property
    def width(self) -> int:
        """Stored width that the step is a multiple of."""
        return HOUR if self.step % HOUR == 0 else FINE


class SegmentSum(NamedTuple):
    """Sums of one measure and state in a bucket of a segment."""

    at: int  # start of the bucket, seconds since the epoch
    value: str  # of the dimension
    measure: str
    state: str
    sums: ScoreSums


def change(
    connection: Connection, added: Iterable[JudgedPair], removed: Iterable[JudgedPair] = ()
) -> None:
    """Add turns with their evaluations; take out what was stored before."""
    found: dict[Key, ScoreSums] = {}
    for turns, sign in ((removed, -1), (added, 1)):
        for turn, evaluations in turns:
            _count(found, turn, evaluations, sign)
            _count_tokens(found, turn, sign)
    _store(connection, found)


def change_evaluation(
    connection: Connection, turn: Turn, added: Evaluation, removed: Sequence[Evaluation]
) -> None:
    """Replace the evaluations of one evaluator."""
    found: dict[Key, ScoreSums] = {}
    _count(found, turn, removed, -1)
    _count(found, turn, [added], 1)
    _store(connection, found)


def find(connection: Connection, query: ScoreSumQuery) -> list[SegmentSum]:
    """Sums in order of time; without evaluations there is none."""
    c = SCORE_SUM.c
    at = (c.bucket - c.bucket % literal(query.step)).label("at")
    value = c[query.dimension] if query.dimension else literal("").label("value")
    sums = [func.sum(column) for column in (c.n, c.total, c.squares, c.flagged)]
    statement = select(at, value, c.measure, c.state, *sums).where(*_conditions(query))
    grouped = statement.group_by(at, *([value] if query.dimension else []), c.measure, c.state)
    rows = connection.execute(grouped.order_by(at))
    return [
        SegmentSum(int(row[0]), row[1], row[2], row[3], ScoreSums(int(row[4]), *_rest(row[5:])))
        for row in rows
        if row[4] > 0
    ]


def values(
    connection: Connection, services: frozenset[str] | None, since: int
) -> dict[str, list[str]]:
    """Values of each dimension since `since` (seconds), most turns first."""
    c, found = SCORE_SUM.c, {}
    for name in ("service", "model_version", "prompt_version", "index_version"):
        query = select(c[name]).where(c.width == HOUR, c.bucket >= since, c[name] != "")
        if services is not None:
            query = query.where(c.service.in_(services))
        ordered = query.group_by(c[name]).order_by(func.sum(c.n).desc()).limit(100)
        found[name] = list(connection.scalars(ordered))
    return found


def extent(connection: Connection, query: ScoreSumQuery) -> tuple[int, int] | None:
    """First and last bucket that `query` finds, in seconds; None without any."""
    c = SCORE_SUM.c
    first, last = connection.execute(
        select(func.min(c.bucket), func.max(c.bucket)).where(*_conditions(query))
    ).one()
    return None if first is None else (int(first), int(last))


def expire(connection: Connection, cutoff_ns: int, now_ns: int) -> None:
    """Delete hours before `cutoff_ns`, and fine buckets of yesterday."""
    c = SCORE_SUM.c
    hours, fine = cutoff_ns // 10**9 - HOUR, now_ns // 10**9 - FINE_LIFETIME_SECONDS
    connection.execute(delete(SCORE_SUM).where(c.width == HOUR, c.bucket < hours))
    connection.execute(delete(SCORE_SUM).where(c.width == FINE, c.bucket < max(hours, fine)))


def _rest(row: Sequence[Any]) -> tuple[float, float, int]:
    return float(row[0]), float(row[1]), int(row[2])


def _conditions(query: ScoreSumQuery) -> list[ColumnElement[bool]]:
    c = SCORE_SUM.c
    found = [c.width == query.width, c.bucket >= query.since, c.bucket < query.until]
    if query.services is not None:
        found.append(c.service.in_(query.services))
    if query.service is not None:
        found.append(c.service == query.service)
    if query.segment is not None and query.segment[0]:
        found.append(c[query.segment[0]] == query.segment[1])
    return found


def _keys(turn: Turn, measure: str, state: str) -> list[Key]:
    if turn.started_at is None or turn.closed_book or turn.probe:
        return []
    second = int(turn.started_at.timestamp())
    versions = (turn.model_version or "", turn.prompt_version or "", turn.index_version or "")
    return [
        (width, second - second % width, turn.service, *versions, measure, state)
        for width in WIDTHS
    ]


def _count(
    found: dict[Key, ScoreSums], turn: Turn, evaluations: Sequence[Evaluation], sign: int
) -> None:
    for evaluation in evaluations:
        state, flagged = evaluation.state.value, bool(evaluation.flagged)
        for key in _keys(turn, evaluation.evaluator, state):
            found.setdefault(key, ScoreSums()).add(evaluation.value or 0.0, flagged, sign)
        if (doubt := evaluation.signals.get("p_unsupported")) is not None:
            for key in _keys(turn, f"{evaluation.evaluator}:p_unsupported", state):
                found.setdefault(key, ScoreSums()).add(doubt, False, sign)


def _count_tokens(found: dict[Key, ScoreSums], turn: Turn, sign: int) -> None:
    """Tokens by model; cached ones may be part of the input tokens, or come beside them."""
    apart = (turn.cached_tokens or 0) + (turn.cache_write_tokens or 0)
    read = turn.input_tokens or 0
    numbers = {
        FRESH: read if apart > read else read - apart,
        CACHED: turn.cached_tokens or 0,
        WRITTEN: turn.cache_write_tokens or 0,
        OUTPUT: turn.output_tokens or 0,
    }
    for measure, number in numbers.items():
        if number:
            for key in _keys(turn, measure, turn.response_model or turn.model or ""):
                found.setdefault(key, ScoreSums()).add(number, False, sign)


def _store(connection: Connection, found: dict[Key, ScoreSums]) -> None:
    """Add the sums to those stored, in one order so that no two writers deadlock."""
    names = [column.name for column in SCORE_SUM.primary_key]
    rows = [
        dict(zip(names, key, strict=True))
        | {"n": s.n, "total": s.total, "squares": s.squares, "flagged": s.flagged}
        for key, s in sorted(found.items())
        if (s.n, s.total, s.flagged) != (0, 0.0, 0)
    ]
    if not rows:
        return
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(SCORE_SUM)
    added = {
        name: SCORE_SUM.c[name] + statement.excluded[name]
        for name in ("n", "total", "squares", "flagged")
    }
    connection.execute(statement.on_conflict_do_update(index_elements=names, set_=added), rows)
