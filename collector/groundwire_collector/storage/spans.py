"""Span stream: append spans in arrival order, read traces."""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from time import time_ns
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as LogMessage
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from sqlalchemy import Column, Connection, Engine, Row, Table, delete, func, select

from groundwire_collector.storage.bulk import Inserter, Lookup
from groundwire_collector.storage.contents import DamagedError
from groundwire_collector.storage.encoding import event_of, message_of, span_of
from groundwire_collector.storage.records import LogRecord, SpanRecord, span_record
from groundwire_collector.storage.shared_texts import (
    DAY_NS,
    NewTexts,
    SharedTexts,
    Texts,
    batched,
    read_texts,
)
from groundwire_collector.storage.span import Span, SpanEvent
from groundwire_collector.storage.tables.spans import ARRIVAL, CONTENT, LOG_RECORD, SPAN
from groundwire_collector.storage.trust import writer_of

log = logging.getLogger(__name__)

WRITER_LOCK = 0x67_77_01  # PostgreSQL: `seq` must become visible in its order


@dataclass(frozen=True, slots=True)
class Arrival:
    """Spans of one trace in one commit, undecoded."""

    seq: int
    trace_id: str
    received_ns: int
    closes: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class WriteResult:
    """Outcome of a commit: spans and log records durable on disk."""

    new: int = 0
    replaced: int = 0  # an ended span came for one that had not ended
    duplicates: int = 0
    foreign: int = 0  # the span belongs to another service: unchanged
    logs: int = 0  # log records that were new


_Row = dict[str, Any]
_Carried = tuple[Span, SpanEvent]  # a span that could carry the event, and the event


@dataclass(frozen=True, slots=True)
class SpanBatch:
    """Rows of one request, ready to be written."""

    spans: Sequence[SpanRecord]
    span_rows: Sequence[_Row]
    log_rows: Sequence[_Row]
    texts: NewTexts
    text_rows: Sequence[_Row]

    def __len__(self) -> int:
        return len(self.span_rows) + len(self.log_rows)


@dataclass(slots=True)
class _Sifted:
    fresh: list[tuple[SpanRecord, _Row]]
    replaced: list[int]  # ids of rows
    duplicates: int = 0
    foreign: int = 0


class SpanStore:
    """Span store of one database; one writer thread per process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._shared = SharedTexts(engine)
        dialect = engine.dialect
        stored = select(SPAN.c.trace_id, SPAN.c.span_id, SPAN.c.id, SPAN.c.ended, SPAN.c.service)
        self._stored = Lookup(stored, SPAN.c.trace_id, dialect)
        self._texts = Inserter(CONTENT, dialect, missing_only=True)
        self._spans = Inserter(SPAN, dialect)
        self._logs = Inserter(LOG_RECORD, dialect)
        self._arrivals = Inserter(ARRIVAL, dialect)

    def add(self, spans: Sequence[Span]) -> int:
        """Store spans in one transaction; how many changed anything."""
        records = []
        for span in spans:
            message, origin = message_of(span)
            records.append(span_record(message, span.service, origin.SerializeToString()))
        written = self.write(records)
        return written.new + written.replaced

    def write(self, spans: Sequence[SpanRecord], logs: Sequence[LogRecord] = ()) -> WriteResult:
        """Store spans and log records in one transaction; see `commit`."""
        return self.commit([self.prepare(spans, logs)])

    def prepare(self, spans: Sequence[SpanRecord], logs: Sequence[LogRecord] = ()) -> SpanBatch:
        """Do the expensive work that needs no database and no lock; callable from any thread."""
        now = time_ns()
        texts = self._shared.begin(now // DAY_NS)
        span_rows = [_span_row(record, now, texts) for record in spans]
        log_rows = [_log_row(record, now, texts) for record in logs]
        return SpanBatch(spans, span_rows, log_rows, texts, texts.rows())

    def commit(self, batches: Sequence[SpanBatch]) -> WriteResult:
        """Store batches in one transaction, on disk when this returns. For one thread.

        A re-sent span changes nothing; an ended span replaces one of the same service that had
        not ended. Raises sqlalchemy's DBAPIError, and has then written nothing.
        """
        with self._engine.begin() as connection:
            take_turns(connection)
            forgotten = self._shared.forgotten(connection)
            text_rows = [b.texts.rows() if forgotten else b.text_rows for b in batches]
            sifted = self._sift(connection, batches)
            log_rows = _fresh_logs(connection, [row for b in batches for row in b.log_rows])
            _delete(connection, sifted.replaced)
            self._texts.insert(connection, list(chain.from_iterable(text_rows)))
            self._spans.insert(connection, [row for _, row in sifted.fresh])
            self._logs.insert(connection, log_rows)
            self._arrivals.insert(connection, _arrival_rows(sifted.fresh, log_rows))
        self._shared.committed([batch.texts for batch in batches])
        return WriteResult(
            new=len(sifted.fresh) - len(sifted.replaced),
            replaced=len(sifted.replaced),
            duplicates=sifted.duplicates,
            foreign=sifted.foreign,
            logs=len(log_rows),
        )

    def _sift(self, connection: Connection, batches: Sequence[SpanBatch]) -> _Sifted:
        """Keep the first span per id; an ended one replaces an unended one."""
        sifted = _Sifted([], [])
        stored = {
            (row.trace_id, row.span_id): row
            for ids in batched(list({span.trace_id for b in batches for span in b.spans}))
            for row in self._stored.rows(connection, ids)
        }
        fresh: dict[tuple[bytes, bytes], tuple[SpanRecord, _Row]] = {}
        for record, new in (
            pair for b in batches for pair in zip(b.spans, b.span_rows, strict=True)
        ):
            key = (record.trace_id, record.span_id)
            row = stored.get(key)
            before = fresh[key][0] if key in fresh else row
            if before is None:
                fresh[key] = (record, new)
            elif before.service != record.service:
                sifted.foreign += 1
            elif before.ended or not record.ended:
                sifted.duplicates += 1
            else:
                if row is not None:
                    sifted.replaced.append(row.id)
                fresh[key] = (record, new)
        sifted.fresh = list(fresh.values())
        return sifted


def arrivals(connection: Connection, after: int, limit: int) -> list[Arrival]:
    """Arrivals after position `after`, oldest first."""
    query = select(ARRIVAL).where(ARRIVAL.c.seq > after).order_by(ARRIVAL.c.seq).limit(limit)
    return [
        Arrival(row.seq, row.trace_id.hex(), row.received_ns, row.closes, row.complete)
        for row in connection.execute(query)
    ]


def spans_of(connection: Connection, trace_ids: Iterable[str]) -> dict[str, list[Span]]:
    """Spans of each trace by start time; log records become events.

    Where that span never came, a span without a name, and not ended, carries them. An event whose
    key shares no service with the key of its span is left out.
    """
    ids = [bytes.fromhex(trace_id) for trace_id in trace_ids]
    span_rows = list(_rows(connection, SPAN, ids))
    log_rows = list(_rows(connection, LOG_RECORD, ids))
    texts = read_texts(connection, [*span_rows, *log_rows])
    traces: dict[str, list[Span]] = {trace_id.hex(): [] for trace_id in ids}
    events = _events(log_rows, texts)
    for row in span_rows:
        span = _span(row, texts)
        if span is not None:
            found = _trusted(events.pop((row.trace_id, row.span_id), ()), span)
            traces[span.trace_id].append(replace(span, events=(*span.events, *found)))
    for carried in events.values():
        carrier, first = carried[0]
        found = _trusted(carried, carrier)
        carrier = replace(carrier, start_ns=first.time_ns, events=found)
        traces[carrier.trace_id].append(carrier)
    for found_spans in traces.values():
        found_spans.sort(key=lambda span: span.start_ns)
    return traces


def take_turns(connection: Connection) -> None:
    """Serialise span-writing transactions, so that `seq` becomes visible in order.

    SQLite has one writer anyway (docs/explanation/storage.md).
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(WRITER_LOCK)))


def _delete(connection: Connection, ids: Sequence[int]) -> None:
    for batch in batched(ids):
        connection.execute(delete(SPAN).where(SPAN.c.id.in_(batch)))


def _rows(
    connection: Connection, table: Table, trace_ids: Sequence[bytes], *columns: Column[Any]
) -> Iterator[Row[Any]]:
    for batch in batched(trace_ids):
        query = select(*(columns or (table,))).where(table.c.trace_id.in_(batch))
        yield from connection.execute(query)


def _span_row(record: SpanRecord, now: int, texts: NewTexts) -> _Row:
    skeleton, references = texts.take(record)
    return {
        "trace_id": record.trace_id,
        "span_id": record.span_id,
        "service": record.service,
        "received_ns": now,
        "start_ns": record.start_ns,
        "ended": record.ended,
        "contents": references,
        "body": skeleton,
    }


def _log_row(record: LogRecord, now: int, texts: NewTexts) -> _Row:
    skeleton, references = texts.take(record)
    return {
        "trace_id": record.trace_id,
        "span_id": record.span_id,
        "digest": texts.digest(record.body),
        "service": record.service,
        "received_ns": now,
        "contents": references,
        "body": skeleton,
    }


def _fresh_logs(connection: Connection, rows: Sequence[_Row]) -> list[_Row]:
    """Distinct spans that are not stored yet."""
    if not rows:
        return []
    columns = (LOG_RECORD.c.trace_id, LOG_RECORD.c.span_id, LOG_RECORD.c.digest)
    trace_ids = list({row["trace_id"] for row in rows})
    seen = {tuple(row) for row in _rows(connection, LOG_RECORD, trace_ids, *columns)}
    fresh = {(row["trace_id"], row["span_id"], row["digest"]): row for row in rows}
    return [row for key, row in fresh.items() if key not in seen]


def _arrival_rows(spans: Sequence[tuple[SpanRecord, _Row]], logs: Sequence[_Row]) -> list[_Row]:
    """One row a trace."""
    arrivals: dict[bytes, _Row] = {}
    for row in (*(row for _, row in spans), *logs):
        arrivals[row["trace_id"]] = {
            "trace_id": row["trace_id"],
            "received_ns": row["received_ns"],
            "closes": False,
            "complete": False,
        }
    for span, _ in spans:
        arrivals[span.trace_id]["closes"] |= span.closes
        arrivals[span.trace_id]["complete"] |= span.complete
    return list(arrivals.values())


def _span(row: Row[Any], texts: Texts) -> Span | None:
    try:
        body, origin = texts.assemble(row)
        return span_of(SpanMessage.FromString(body), ResourceSpans.FromString(origin))
    except (KeyError, DecodeError, DamagedError):
        # One unreadable row must not block the others.
        log.exception("span %s of trace %s cannot be read", row.span_id.hex(), row.trace_id.hex())
        return None


def _trusted(carried: Iterable[_Carried], span: Span) -> tuple[SpanEvent, ...]:
    writer = writer_of(span)
    return tuple(event for carrier, event in carried if writer.trusts(writer_of(carrier)))


def _events(rows: Iterable[Row[Any]], texts: Texts) -> dict[tuple[bytes, bytes], list[_Carried]]:
    """Log records by the span they name, in time order."""
    found: dict[tuple[bytes, bytes], list[_Carried]] = {}
    for row in rows:
        try:
            body, origin = texts.assemble(row)
            event = event_of(LogMessage.FromString(body))
            message = SpanMessage(trace_id=row.trace_id, span_id=row.span_id)
            carrier = span_of(message, ResourceSpans.FromString(origin))
        except (KeyError, DecodeError, DamagedError):
            log.exception("a log record of trace %s cannot be read", row.trace_id.hex())
            continue
        found.setdefault((row.trace_id, row.span_id), []).append((carrier, event))
    for carried in found.values():
        carried.sort(key=lambda pair: pair[1].time_ns)
    return found


def recent_traces(
    connection: Connection,
    limit: int,
    service: str | None = None,
    services: Collection[str] | None = None,
) -> list[str]:
    """Ids of the traces with the newest spans, newest first; of these services (None: any)."""
    latest = func.max(SPAN.c.received_ns)
    query = select(SPAN.c.trace_id).group_by(SPAN.c.trace_id).order_by(latest.desc()).limit(limit)
    if service is not None:
        query = query.where(SPAN.c.service == service)
    if services is not None:
        query = query.where(SPAN.c.service.in_(services))
    return [trace_id.hex() for trace_id in connection.scalars(query)]
