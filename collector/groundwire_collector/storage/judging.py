"""Queue of the judges: sampled turns are enqueued, leased and finished."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update

from groundwire_collector.storage.tables.judging import EVALUATOR_REVISION, JUDGE_DAY, JUDGE_TASK
from groundwire_collector.storage.tables.labels import LABEL
from groundwire_collector.storage.tables.turns import SCORE, TURN
from groundwire_collector.storage.upsert import insert_missing

DAY_NS = 86_400 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class JudgeTask:
    """A sampled turn that waits for `judge`; nanoseconds since the epoch."""

    turn_id: str
    judge: str
    service: str
    probability: float | None  # None: not drawn, but chosen by a person
    sampled_ns: int
    due_ns: int
    attempts: int = 0
    counts: bool = True
    lease: str = ""


@dataclass(frozen=True, slots=True)
class JudgeSpending:
    """Calls and cost of a judge per day, in the configured currency."""

    judgements: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """Length of a judge's queue and age of its oldest turn."""

    judge: str
    length: int
    oldest_ns: int


def enqueue(connection: Connection, tasks: Sequence[JudgeTask]) -> None:
    """Queue turns for a judge.

    A turn already queued becomes due again and loses its lease: it has changed, and a judge that
    works on it judges the old version.
    """
    insert_missing(
        connection,
        JUDGE_TASK,
        [asdict(task) | {"lease": "", "leased_until_ns": 0} for task in tasks],
    )
    for task in tasks:
        connection.execute(update(JUDGE_TASK).where(_is(task)).values(lease="", leased_until_ns=0))


def referenced(
    connection: Connection, judge: str, evaluator: str, limit: int
) -> list[tuple[str, str]]:
    """Turns with a reference answer that this judge has not judged yet.

    As (turn id, service); neither judged by `evaluator` nor queued for it.
    """
    judged = select(SCORE.c.turn_id).where(SCORE.c.evaluator == evaluator)
    waits = select(JUDGE_TASK.c.turn_id).where(JUDGE_TASK.c.judge == judge)
    query = select(TURN.c.id, TURN.c.service).where(
        TURN.c.id.in_(select(LABEL.c.turn_id).where(LABEL.c.reference.is_not(None))),
        TURN.c.id.not_in(judged),
        TURN.c.id.not_in(waits),
    )
    return [(row.id, row.service) for row in connection.execute(query.limit(limit))]


def is_due(connection: Connection, judge: str, now_ns: int) -> bool:
    """Whether a task can be leased."""
    c = JUDGE_TASK.c
    free = (c.judge == judge, c.due_ns <= now_ns, c.leased_until_ns <= now_ns)
    return connection.scalar(select(c.turn_id).where(*free).limit(1)) is not None


def take(
    connection: Connection, judge: str, lease: str, now_ns: int, until_ns: int, limit: int
) -> list[JudgeTask]:
    """Lease due, unleased tasks, oldest first."""
    c = JUDGE_TASK.c
    free = (c.judge == judge, c.due_ns <= now_ns, c.leased_until_ns <= now_ns)
    query = select(*_columns()).where(*free).order_by(c.sampled_ns).limit(limit)
    tasks = [JudgeTask(*row) for row in connection.execute(query.with_for_update(skip_locked=True))]
    for task in tasks:
        leased = update(JUDGE_TASK).where(_is(task))
        connection.execute(leased.values(lease=lease, leased_until_ns=until_ns))
    return tasks


def finish(connection: Connection, task: JudgeTask, lease: str) -> bool:
    """Take a task out of the queue; False where the lease was void, and its result is none."""
    done = delete(JUDGE_TASK).where(_is(task), JUDGE_TASK.c.lease == lease)
    return connection.execute(done).rowcount == 1


def release(connection: Connection) -> None:
    """Void every lease: for a process that knows it is the only one, at its start."""
    connection.execute(update(JUDGE_TASK).values(lease="", leased_until_ns=0))


def put_back(connection: Connection, task: JudgeTask, lease: str, due_ns: int) -> None:
    """Retry a task from `due_ns` on."""
    again = update(JUDGE_TASK).where(_is(task), JUDGE_TASK.c.lease == lease)
    connection.execute(
        again.values(lease="", leased_until_ns=0, due_ns=due_ns, attempts=task.attempts + 1)
    )


def overdue(
    connection: Connection, judge: str, sampled_before_ns: int, now_ns: int, limit: int
) -> list[JudgeTask]:
    """Unleased tasks that have waited too long."""
    c = JUDGE_TASK.c
    late = (c.judge == judge, c.sampled_ns < sampled_before_ns, c.leased_until_ns <= now_ns)
    query = select(*_columns()).where(*late).order_by(c.sampled_ns).limit(limit)
    return [JudgeTask(*row) for row in connection.execute(query)]


def spent(connection: Connection, judge: str, now_ns: int) -> JudgeSpending:
    """Spending of a judge today (UTC)."""
    c = JUDGE_DAY.c
    query = select(c.judgements, c.cost).where(c.judge == judge, c.day == now_ns // DAY_NS)
    row = connection.execute(query).first()
    return JudgeSpending(*row) if row else JudgeSpending()


def spend(connection: Connection, judge: str, judgements: int, cost: float, now_ns: int) -> None:
    """Add to a judge's spending of today."""
    c, day = JUDGE_DAY.c, now_ns // DAY_NS
    row = {"day": day, "judge": judge, "judgements": 0, "cost": 0.0}
    insert_missing(connection, JUDGE_DAY, [row])
    today = update(JUDGE_DAY).where(c.judge == judge, c.day == day)
    connection.execute(today.values(judgements=c.judgements + judgements, cost=c.cost + cost))


def cost_today(connection: Connection, now_ns: int) -> float:
    """Cost of all judges today (UTC)."""
    query = select(func.sum(JUDGE_DAY.c.cost)).where(JUDGE_DAY.c.day == now_ns // DAY_NS)
    return connection.scalar(query) or 0.0


def waiting(connection: Connection) -> list[QueueStatus]:
    """The queue of every judge that has one."""
    c = JUDGE_TASK.c
    query = select(c.judge, func.count(), func.min(c.sampled_ns)).group_by(c.judge)
    return [QueueStatus(*row) for row in connection.execute(query)]


def waiting_turns(connection: Connection, service: str) -> set[str]:
    """The turns of a service that any judge has still to judge."""
    c = JUDGE_TASK.c
    return set(connection.scalars(select(c.turn_id).where(c.service == service)))


def note_revisions(connection: Connection, seen: Iterable[tuple[str, str]], now_ns: int) -> None:
    """Remember when each (evaluator, revision) was first seen."""
    rows = [
        {"evaluator": evaluator, "revision": revision, "first_seen_ns": now_ns}
        for evaluator, revision in seen
    ]
    insert_missing(connection, EVALUATOR_REVISION, rows)


def revisions(connection: Connection, limit: int) -> list[tuple[str, str, int]]:
    """(evaluator, revision, first seen), the newest first."""
    c = EVALUATOR_REVISION.c
    query = select(c.evaluator, c.revision, c.first_seen_ns)
    rows = connection.execute(query.order_by(c.first_seen_ns.desc()).limit(limit))
    return [(row[0], row[1], row[2]) for row in rows]


def expire(connection: Connection, cutoff_ns: int) -> None:
    """Delete spending records of past days."""
    old = JUDGE_DAY.c.day < cutoff_ns // DAY_NS
    connection.execute(delete(JUDGE_DAY).where(old))


def _columns() -> list[ColumnElement[Any]]:
    return [JUDGE_TASK.c[field.name] for field in fields(JudgeTask)]


def _is(task: JudgeTask) -> ColumnElement[bool]:
    return and_(JUDGE_TASK.c.turn_id == task.turn_id, JUDGE_TASK.c.judge == task.judge)
