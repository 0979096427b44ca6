"""Retention: deletion by age, by size, and on request.

Rows go in small transactions, oldest first, so that the receiver and the worker wait little. On
SQLite the freed pages are handed back to the file system.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, func, select

from groundwire_collector.settings import Settings
from groundwire_collector.storage import (
    contents,
    failed_traces,
    golden,
    judging,
    probe_runs,
    search,
    trace_fragments,
)
from groundwire_collector.storage.shared_texts import DAY_NS, batched, forget_deleted
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import spans_of, take_turns
from groundwire_collector.storage.tables.judging import JUDGE_TASK
from groundwire_collector.storage.tables.labels import LABEL
from groundwire_collector.storage.tables.reliance import CLOSED_BOOK_TURN
from groundwire_collector.storage.tables.spans import ARRIVAL, CONTENT, LOG_RECORD, SPAN
from groundwire_collector.storage.tables.turns import CLAIM, PENDING_TRACE, SCORE, TURN

ROWS = 2000  # deleted in one transaction
LEAST_STEP = 100  # spans that go at once where there is too much
PAGES = 1000  # handed back in one step

SESSION_KEYS = frozenset(
    {
        "session.id",
        "gen_ai.conversation.id",
        "langfuse.session.id",
        "langsmith.trace.session_id",
        "langsmith.metadata.session_id",
        "langsmith.metadata.thread_id",
        "langsmith.metadata.conversation_id",
        "traceloop.association.properties.session_id",
        "traceloop.association.properties.thread_id",
        "traceloop.association.properties.conversation_id",
        "session_id",
        "pydantic_ai.conversation.id",
    }
)
USER_KEYS = frozenset(
    {
        "user.id",
        "enduser.id",
        "enduser.pseudo.id",
        "user",
        "gen_ai.user",
        "llm.user",
        "langfuse.user.id",
        "langsmith.metadata.user_id",
        "traceloop.association.properties.user_id",
        "traceloop.association.properties.customer_id",
    }
)


@dataclass(slots=True)
class Removed:
    """Numbers of deleted rows."""

    spans: int = 0
    log_records: int = 0
    turns: int = 0
    texts: int = 0


def expire(engine: Engine, settings: Settings, now_ns: int | None) -> Removed:
    """Delete what is older than `retention_days`, then the oldest while there is too much.

    `now_ns` None: the clock is not believed, and nothing is too old.
    """
    removed = Removed()
    if now_ns is not None:
        oldest_kept = now_ns - round(settings.retention_days * DAY_NS)
        _expire(engine, RetentionWindow(oldest_kept, now_ns), removed)
    limit = settings.retention_bytes
    while limit is not None and (used := used_bytes(engine)) is not None and used > limit:
        step = _oldest_step(engine)
        if step is None:
            break
        _expire(engine, RetentionWindow(step), removed)
        removed.texts += _sweep(engine)
    if removed != Removed():
        reclaim(engine)
    return removed


def forget(engine: Engine, *, session: str | None = None, user: str | None = None) -> int:
    """Delete every trace of a session or a user, and the texts that only they had; how many.

    Reads every stored span, so it takes a while; it is the whole trace that goes.
    """
    wanted = [(SESSION_KEYS, session)] * (session is not None) + [(USER_KEYS, user)] * (
        user is not None
    )
    traces = sorted(_traces_with(engine, wanted))
    for batch in batched(traces):
        with engine.begin() as connection:
            _zero_what_is_deleted(connection)
            for table in (SPAN, LOG_RECORD, ARRIVAL):
                connection.execute(delete(table).where(table.c.trace_id.in_(batch)))
            names = [trace.hex() for trace in batch]
            connection.execute(delete(PENDING_TRACE).where(PENDING_TRACE.c.trace_id.in_(names)))
            trace_fragments.forget(connection, names)
            failed_traces.forget(connection, names)
            delete_turns(connection, _ids(connection, TURN.c.trace_id.in_(names)))
    if traces:
        _sweep(engine, wipe=True)
        with engine.begin() as connection:
            _zero_what_is_deleted(connection)
            search.wipe_deleted(connection)
        reclaim(engine)
    return len(traces)


def used_bytes(engine: Engine) -> int | None:
    """Bytes that rows take, pages already freed not counted; None where that is not known."""
    if engine.dialect.name != "sqlite":
        return None
    with engine.connect() as connection:
        pages, free, size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * size)


def reclaim(engine: Engine) -> None:
    """Hand freed pages back to the file system; PostgreSQL's autovacuum does it by itself."""
    if engine.dialect.name != "sqlite":
        return
    while True:
        with engine.begin() as connection:
            # Through the driver: SQLite frees a page a step, and SQLAlchemy sees no rows to step.
            driver: Any = connection.connection.driver_connection
            driver.execute(f"PRAGMA incremental_vacuum({PAGES})").fetchall()
            if connection.exec_driver_sql("PRAGMA freelist_count").scalar_one() == 0:
                break
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@dataclass(frozen=True, slots=True)
class RetentionWindow:
    """Times to retain; arrivals after `until` were stamped by a fast clock."""

    since: int
    until: int = 2**63 - 1


def _expire(engine: Engine, kept: RetentionWindow, removed: Removed) -> None:
    removed.spans += _expire_stream(engine, SPAN, SPAN.c.id, kept)
    removed.log_records += _expire_stream(engine, LOG_RECORD, LOG_RECORD.c.id, kept)
    _expire_stream(engine, ARRIVAL, ARRIVAL.c.seq, kept)
    removed.turns += _expire_turns(engine, kept.since)
    removed.texts += _expire_texts(engine, kept.since // DAY_NS)
    with engine.begin() as connection:
        probe_runs.expire(connection, kept.since)
        judging.expire(connection, kept.since)
        golden.expire(connection, kept.since)
        trace_fragments.expire(connection, kept.since)
        failed_traces.expire(connection, kept.since)


def _expire_stream(engine: Engine, table: Table, position: Any, kept: RetentionWindow) -> int:
    """From the oldest, which have the lowest numbers, to the first that is kept.

    What came while the clock was ahead is passed over: it must not hide what follows.
    """
    gone, after = 0, 0
    while True:
        step = select(position, table.c.received_ns).where(position > after)
        with engine.begin() as connection:
            rows = connection.execute(step.order_by(position).limit(ROWS)).all()
            old = [number for number, received in rows if received < kept.since]
            for batch in batched(old):
                connection.execute(delete(table).where(position.in_(batch)))
        gone += len(old)
        if len(rows) < ROWS or any(kept.since <= received <= kept.until for _, received in rows):
            return gone
        after = rows[-1][0]


def _expire_turns(engine: Engine, oldest_kept: int) -> int:
    gone = 0
    while True:
        with engine.begin() as connection:
            ids = _ids(connection, TURN.c.started_ns < oldest_kept, limit=ROWS)
            delete_turns(connection, ids)
        gone += len(ids)
        if not ids:
            return gone


def _expire_texts(engine: Engine, day: int) -> int:
    gone = 0
    while True:
        with engine.begin() as connection:
            old = select(CONTENT.c.id).where(CONTENT.c.day < day).limit(ROWS).subquery()
            count = connection.execute(
                delete(CONTENT).where(CONTENT.c.id.in_(select(old)))
            ).rowcount
            if count:
                forget_deleted(connection)
        gone += count
        if count == 0:
            return gone


def _oldest_step(engine: Engine) -> int | None:
    """The time up to which the oldest twentieth of the spans came."""
    with engine.connect() as connection:
        spans = connection.scalar(select(func.count()).select_from(SPAN)) or 0
        rows = max(LEAST_STEP, spans // 20)
        oldest = select(SPAN.c.received_ns).order_by(SPAN.c.id).limit(rows).subquery()
        step = connection.scalar(select(func.max(oldest.c.received_ns)))
    return None if step is None else int(step) + 1


def _ids(connection: Connection, which: Any, limit: int | None = None) -> list[str]:
    return list(connection.scalars(select(TURN.c.id).where(which).limit(limit)))


def delete_turns(connection: Connection, ids: Sequence[str]) -> None:
    """Delete turns with everything that was said of them."""
    for batch in batched(ids):
        for table, column in (
            (CLAIM, CLAIM.c.turn_id),
            (SCORE, SCORE.c.turn_id),
            (LABEL, LABEL.c.turn_id),
            (CLOSED_BOOK_TURN, CLOSED_BOOK_TURN.c.turn_id),
            (JUDGE_TASK, JUDGE_TASK.c.turn_id),
            (TURN, TURN.c.id),
        ):
            connection.execute(delete(table).where(column.in_(batch)))
        search.delete(connection, batch)


def _sweep(engine: Engine, *, wipe: bool = False) -> int:
    """Delete the texts that no span and no log record refers to any more.

    They are looked for without a lock; what came meanwhile is looked at again where they go, and
    what comes later brings its texts itself (`forget_deleted`).
    """
    with engine.connect() as connection:
        newest = {table: connection.scalar(select(func.max(table.c.id))) for table in _REFERRING}
        used = _used_texts(connection, {})
        rows = connection.execute(select(CONTENT.c.id, CONTENT.c.day, CONTENT.c.digest))
        unused = [row for row in rows if (row.day, row.digest) not in used]
    for batch in batched(unused):
        with engine.begin() as connection:
            take_turns(connection)
            if wipe:
                _zero_what_is_deleted(connection)
            came = _used_texts(connection, newest)
            ids = [row.id for row in batch if (row.day, row.digest) not in came]
            connection.execute(delete(CONTENT).where(CONTENT.c.id.in_(ids)))
            forget_deleted(connection)
    return len(unused)


_REFERRING = (SPAN, LOG_RECORD)


def _used_texts(
    connection: Connection, newest: Mapping[Table, int | None]
) -> set[tuple[int, bytes]]:
    """Day and digest of the texts that rows after the newest known of each table refer to."""
    used: set[tuple[int, bytes]] = set()
    for table in _REFERRING:
        query = select(table.c.received_ns, table.c.contents).where(
            table.c.id > (newest.get(table) or 0)
        )
        for received, packed in connection.execute(query):
            day = received // DAY_NS
            used.update((day, name) for _, name in contents.references_of(packed))
    return used


def _zero_what_is_deleted(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


Wanted = Sequence[tuple[frozenset[str], str | None]]


def _traces_with(engine: Engine, wanted: Wanted) -> set[bytes]:
    found: set[bytes] = set()
    after: bytes | None = b""
    while after is not None:
        with engine.connect() as connection:  # one a batch: a long reader holds up the WAL
            batch = _next_traces(connection, after)
            for trace, spans in spans_of(connection, [trace.hex() for trace in batch]).items():
                if any(_belongs(span, wanted) for span in spans):
                    found.add(bytes.fromhex(trace))
        after = batch[-1] if batch else None
    return found


def _next_traces(connection: Connection, after: bytes) -> list[bytes]:
    names = select(SPAN.c.trace_id).where(SPAN.c.trace_id > after)
    more = select(LOG_RECORD.c.trace_id).where(LOG_RECORD.c.trace_id > after)
    query = names.union(more).order_by("trace_id").limit(ROWS // 10)
    return list(connection.scalars(query))


def _belongs(span: Span, wanted: Wanted) -> bool:
    given: Iterable[tuple[str, Any]] = (*span.attributes.items(), *span.resource.items())
    return any(key in keys and str(value) == name for key, value in given for keys, name in wanted)
