"""Golden set replays, checkpointed so that a restart resumes them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from groundwire_collector.storage.tables.judging import GOLDEN_ANSWER, GOLDEN_RUN
from groundwire_collector.storage.upsert import upsert


@dataclass(frozen=True, slots=True)
class GoldenRun:
    """A replay; nanoseconds since the epoch, `summary` empty until it ends."""

    judge: str
    evaluator: str
    revision: str
    digest: str
    started_ns: int
    ended_ns: int | None = None
    summary: Mapping[str, Any] | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A judge's decision on one golden turn."""

    key: str
    state: str
    judged_unsupported: bool | None
    unsupported: bool


def last(connection: Connection, like: GoldenRun) -> GoldenRun | None:
    """The newest replay of the same judge, revision and set."""
    found = _runs(connection, _same(like).order_by(GOLDEN_RUN.c.started_ns.desc()).limit(1))
    return found[0] if found else None


def first(connection: Connection, like: GoldenRun) -> GoldenRun | None:
    """First finished replay, the reference for later ones."""
    ended = _same(like).where(GOLDEN_RUN.c.ended_ns.is_not(None))
    found = _runs(connection, ended.order_by(GOLDEN_RUN.c.started_ns).limit(1))
    return found[0] if found else None


def begin(connection: Connection, run: GoldenRun) -> GoldenRun:
    """Store a new replay; it with its id."""
    row = {f.name: getattr(run, f.name) for f in fields(run) if f.name not in ("id", "summary")}
    row["summary"] = {}
    [identity] = connection.execute(insert(GOLDEN_RUN).values(row)).inserted_primary_key or (0,)
    return replace(run, id=int(identity))


def save(connection: Connection, run: GoldenRun, answer: StoredAnswer) -> None:
    row = {f.name: getattr(answer, f.name) for f in fields(answer)}
    upsert(connection, GOLDEN_ANSWER, [{"run_id": run.id, **row}])


def answers(connection: Connection, run: GoldenRun) -> list[StoredAnswer]:
    c = GOLDEN_ANSWER.c
    query = select(c.key, c.state, c.judged_unsupported, c.unsupported).where(c.run_id == run.id)
    return [StoredAnswer(*row) for row in connection.execute(query.order_by(c.key))]


def end(connection: Connection, run: GoldenRun, summary: Mapping[str, Any], ended_ns: int) -> None:
    ended = update(GOLDEN_RUN).where(GOLDEN_RUN.c.id == run.id)
    connection.execute(ended.values(ended_ns=ended_ns, summary=dict(summary)))


def ended(connection: Connection, evaluator: str, revision: str) -> list[GoldenRun]:
    """The replays of an evaluator's revision that ended, oldest first."""
    c = GOLDEN_RUN.c
    query = select(GOLDEN_RUN).where(
        c.evaluator == evaluator, c.revision == revision, c.ended_ns.is_not(None)
    )
    return _runs(connection, query.order_by(c.started_ns, c.id))


def newest(connection: Connection) -> list[GoldenRun]:
    """Newest finished replay of every judge."""
    c = GOLDEN_RUN.c
    latest = (
        select(c.judge, func.max(c.id).label("id"))
        .where(c.ended_ns.is_not(None))
        .group_by(c.judge)
        .subquery()
    )
    return _runs(connection, select(GOLDEN_RUN).where(c.id.in_(select(latest.c.id))))


def expire(connection: Connection, cutoff_ns: int) -> None:
    """Delete old replays but the first that ended of each judge, revision and set."""
    c = GOLDEN_RUN.c
    groups = (c.judge, c.revision, c.digest)
    baselines = select(func.min(c.id)).where(c.ended_ns.is_not(None)).group_by(*groups)
    firsts = set(connection.scalars(baselines))
    old = set(connection.scalars(select(c.id).where(c.started_ns < cutoff_ns))) - firsts
    connection.execute(delete(GOLDEN_ANSWER).where(GOLDEN_ANSWER.c.run_id.in_(old)))
    connection.execute(delete(GOLDEN_RUN).where(c.id.in_(old)))


def _same(like: GoldenRun) -> Select[Any]:
    c = GOLDEN_RUN.c
    return select(GOLDEN_RUN).where(
        c.judge == like.judge, c.revision == like.revision, c.digest == like.digest
    )


def _runs(connection: Connection, query: Select[Any]) -> list[GoldenRun]:
    names = [field.name for field in fields(GoldenRun)]
    rows = connection.execute(query).mappings()
    return [GoldenRun(**{name: row[name] for name in names}) for row in rows]
