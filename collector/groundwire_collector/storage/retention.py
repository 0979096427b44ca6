"""Retention: deletion by age, by size, and on request.

Rows go in small transactions, oldest first, so that the receiver and the worker wait little. On
SQLite the freed pages are handed back to the file system.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from time import monotonic, time_ns
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    PoolProxiedConnection,
    Table,
    delete,
    func,
    select,
    tuple_,
)

from groundwire_collector.settings import Settings
from groundwire_collector.storage import (
    counters,
    failed_traces,
    golden,
    judged_batches,
    judging,
    probe_runs,
    score_sums,
    search,
    sessions,
    trace_fragments,
    turn_listing,
    unanswered_traces,
    unused_texts,
)
from groundwire_collector.storage.shared_texts import DAY_NS, batched, forget_deleted
from groundwire_collector.storage.short_transactions import Portions
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import spans_of
from groundwire_collector.storage.tables.judging import JUDGE_TASK
from groundwire_collector.storage.tables.labels import LABEL
from groundwire_collector.storage.tables.reliance import CLOSED_BOOK_TURN
from groundwire_collector.storage.tables.spans import ARRIVAL, CONTENT, LOG_RECORD, SPAN
from groundwire_collector.storage.tables.turns import (
    CLAIM,
    PENDING_TRACE,
    SCORE,
    TURN,
    UNANSWERED_TRACE,
)

LEAST_STEP = 100  # spans per deletion beyond the size limit
TRACES = 200  # rows per read
WIPE_SECONDS = 3600  # a wipe that began before is one whose process was killed


@dataclass(slots=True)
class Removed:
    """Numbers of deleted rows."""

    spans: int = 0
    log_records: int = 0
    turns: int = 0
    texts: int = 0


# Called before turns are deleted with the time before which they would go; returns the time
# before which they may, at most that: what is to be archived first.
BeforeDeletion = Callable[[int], int]


def expire(
    engine: Engine,
    settings: Settings,
    now_ns: int | None,
    before_deletion: BeforeDeletion | None = None,
) -> Removed:
    """Delete what is older than `retention_days`, then the oldest while there is too much.

    `now_ns` None: the clock is not believed, and nothing is too old.
    """
    removed = Removed()
    _end_interrupted_wipe(engine)
    if now_ns is not None:
        cutoff_ns = now_ns - round(settings.retention_days * DAY_NS)
        _expire(engine, RetentionWindow(cutoff_ns, now_ns), removed, before_deletion)
    limit = settings.retention_bytes
    while limit is not None and (used := used_bytes(engine)) is not None and used > limit:
        step = _oldest_step(engine)
        if step is None:
            break
        _expire(engine, RetentionWindow(step), removed, before_deletion)
        # Texts of the days before are gone already, and nothing that uses later ones was deleted.
        removed.texts += unused_texts.sweep(engine, day=step // DAY_NS)
    if removed != Removed():
        reclaim(engine)
    return removed


def forget_traces(engine: Engine, traces: Iterable[bytes]) -> None:
    """Delete traces with their turns and scores, and wipe their texts.

    Where a call before was killed, what it left goes too: an unused text has no trace to name it.
    """
    _end_interrupted_wipe(engine, after_seconds=0)
    portions = Portions(engine, TRACES)
    wanted = sorted(traces)
    texts: set[unused_texts.TextName] = set()
    at = 0
    while at < len(wanted):
        batch = wanted[at : at + min(portions.size, TRACES)]
        at += len(batch)
        with portions.transaction() as connection:
            unused_texts.zero_what_is_deleted(connection)
            unused_texts.begin_wipe(connection, time_ns())
            texts |= unused_texts.names_referenced(connection, batch)
            _forget(connection, batch)
        if len(texts) >= unused_texts.PAGE or at >= len(wanted):
            unused_texts.sweep_among(engine, texts, wipe=True)
            texts.clear()
    if wanted:
        _end_wipe(engine)


def _end_interrupted_wipe(engine: Engine, after_seconds: int = WIPE_SECONDS) -> None:
    """Wipe all unused texts where a wipe began so long ago that its process must be gone."""
    with engine.connect() as connection:
        begun_ns = unused_texts.wipe_begun_ns(connection)
    if begun_ns is not None and time_ns() - begun_ns >= after_seconds * 10**9:
        unused_texts.sweep(engine, wipe=True)
        _end_wipe(engine)


def _end_wipe(engine: Engine) -> None:
    with engine.begin() as connection:
        unused_texts.zero_what_is_deleted(connection)
        search.wipe_deleted(connection)
        unused_texts.end_wipe(connection)
    reclaim(engine)


def _forget(connection: Connection, traces: Sequence[bytes]) -> None:
    names = [trace.hex() for trace in traces]
    connection.execute(delete(PENDING_TRACE).where(PENDING_TRACE.c.trace_id.in_(names)))
    judged_batches.forget(connection, names)
    for table in (SPAN, LOG_RECORD, ARRIVAL):
        connection.execute(delete(table).where(table.c.trace_id.in_(traces)))
    turns = _ids(connection, TURN.c.trace_id.in_(names))
    trace_fragments.forget(connection, names)
    trace_fragments.no_longer_await(connection, turns)
    failed_traces.forget(connection, names)
    counters.forget_exemplars(connection, set(names))
    unanswered_traces.forget(connection, names)
    delete_turns(connection, turns)


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
    """Return freed pages to the file system; on PostgreSQL autovacuum does it."""
    if engine.dialect.name != "sqlite":
        return
    portions = Portions(engine)
    with closing(engine.raw_connection()) as connection:
        while left := _pragma(connection, "freelist_count"):
            began = monotonic()
            # As a script: the execute() of Python 3.11 frees one page a call, whatever the number.
            script = f"PRAGMA incremental_vacuum({min(left, portions.size)})"
            connection.driver_connection.executescript(script)  # type: ignore[union-attr]
            portions.took(monotonic() - began)
        _pragma(connection, "wal_checkpoint(TRUNCATE)")


def _pragma(connection: PoolProxiedConnection, name: str) -> int:
    with closing(connection.cursor()) as cursor:
        cursor.execute(f"PRAGMA {name}")
        return int(cursor.fetchall()[0][0])


@dataclass(frozen=True, slots=True)
class RetentionWindow:
    """Times to retain; arrivals after `until` were stamped by a fast clock."""

    since: int
    until: int = 2**63 - 1


def _expire(
    engine: Engine,
    window: RetentionWindow,
    removed: Removed,
    before_deletion: BeforeDeletion | None,
) -> None:
    turns_until_ns = before_deletion(window.since) if before_deletion else window.since
    removed.spans += _expire_stream(engine, SPAN, SPAN.c.id, window)
    removed.log_records += _expire_stream(engine, LOG_RECORD, LOG_RECORD.c.id, window)
    _expire_stream(engine, ARRIVAL, ARRIVAL.c.seq, window)
    removed.turns += _expire_turns(engine, turns_until_ns)
    removed.texts += _expire_texts(engine, window.since // DAY_NS)
    portions = Portions(engine)
    for table_of in (probe_runs, judging, golden, failed_traces):
        with portions.transaction() as connection:
            table_of.expire(connection, window.since)
    with portions.transaction() as connection:
        score_sums.expire(connection, window.since, min(window.until, time_ns()))
    for table, old in trace_fragments.old(window.since):
        _delete_where(portions, table, old)
    _delete_where(portions, UNANSWERED_TRACE, unanswered_traces.older_than(window.since))


def _expire_stream(engine: Engine, table: Table, position: Any, window: RetentionWindow) -> int:
    """From the oldest, which have the lowest numbers, to the first that is kept.

    What came while the clock was ahead is passed over: it must not hide what follows.
    """
    portions = Portions(engine)
    gone, after = 0, 0
    while True:
        size = portions.size
        step = select(position, table.c.received_ns).where(position > after)
        with engine.connect() as connection:
            rows = connection.execute(step.order_by(position).limit(size)).all()
        old = [number for number, received in rows if received < window.since]
        done = 0
        if old:
            with portions.transaction() as connection:
                for part in portions.parts(old):
                    connection.execute(delete(table).where(position.in_(part)))
                    done += len(part)
        gone += done
        if done < len(old):
            continue
        if len(rows) < size or any(
            window.since <= received <= window.until for _, received in rows
        ):
            return gone
        after = rows[-1][0]


def _expire_turns(engine: Engine, cutoff_ns: int) -> int:
    portions = Portions(engine)
    gone = 0
    while True:
        with engine.connect() as connection:
            ids = _ids(connection, TURN.c.started_ns < cutoff_ns, limit=portions.size)
        if not ids:
            return gone
        with portions.transaction() as connection:
            for part in portions.parts(ids):
                delete_turns(connection, part)
                gone += len(part)


def _expire_texts(engine: Engine, day: int) -> int:
    portions = Portions(engine)
    return _delete_where(portions, CONTENT, CONTENT.c.day < day, then=forget_deleted)


def _delete_where(
    portions: Portions,
    table: Table,
    which: ColumnElement[bool],
    then: Callable[[Connection], None] = lambda _: None,
) -> int:
    """Delete in portions; candidates are read without a lock."""
    gone = 0
    while True:
        with portions.engine.connect() as connection:
            rows = connection.execute(select(*table.primary_key).where(which).limit(portions.size))
            keys = [tuple(row) for row in rows]
        if not keys:
            return gone
        with portions.transaction() as connection:
            for part in portions.parts(keys):
                connection.execute(delete(table).where(tuple_(*table.primary_key).in_(part)))
                gone += len(part)
            then(connection)


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
    """Delete turns with all their scores and labels, and sessions that have no other."""
    for batch in batched(ids):
        of_sessions = sessions.of_turns(connection, batch)
        for table, column in (
            (CLAIM, CLAIM.c.turn_id),
            (SCORE, SCORE.c.turn_id),
            (LABEL, LABEL.c.turn_id),
            (CLOSED_BOOK_TURN, CLOSED_BOOK_TURN.c.turn_id),
            (JUDGE_TASK, JUDGE_TASK.c.turn_id),
            (TURN, TURN.c.id),
        ):
            connection.execute(delete(table).where(column.in_(batch)))
        turn_listing.remove(connection, batch)
        search.delete(connection, batch)
        sessions.remove_empty(connection, of_sessions)


def each_trace(engine: Engine) -> Iterator[tuple[bytes, list[Span]]]:
    """All stored traces with their spans, in small batches (long reads block the WAL)."""
    after: bytes | None = b""
    while after is not None:
        with engine.connect() as connection:
            batch = _next_traces(connection, after)
            found = spans_of(connection, [trace.hex() for trace in batch])
        yield from ((bytes.fromhex(trace), spans) for trace, spans in found.items())
        after = batch[-1] if batch else None


def _next_traces(connection: Connection, after: bytes) -> list[bytes]:
    names = select(SPAN.c.trace_id).where(SPAN.c.trace_id > after)
    more = select(LOG_RECORD.c.trace_id).where(LOG_RECORD.c.trace_id > after)
    query = names.union(more).order_by("trace_id").limit(TRACES)
    return list(connection.scalars(query))
