"""The span stream: spans in, in the order of their arrival, and traces out."""

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from time import time_ns

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects.sqlite import insert

from groundwire import attributes
from groundwire_collector.span import Span, SpanEvent
from groundwire_collector.storage.tables.spans import SPAN

_EVENT_FIELDS = {field.name for field in fields(SpanEvent)}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A stored span as the worker first sees it, undecoded."""

    seq: int
    trace_id: str
    received_ns: int
    closes: bool
    complete: bool


class SpanStore:
    """Spans of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, spans: Sequence[Span]) -> int:
        """Store spans in one transaction; how many were new. A re-sent span changes nothing."""
        if not spans:
            return 0
        now = time_ns()
        rows = [_row(span, now) for span in spans]
        with self._engine.begin() as connection:
            statement = insert(SPAN).on_conflict_do_nothing()
            return connection.execute(statement, rows).rowcount


def arrivals(connection: Connection, after: int, limit: int) -> list[Arrival]:
    """What came after position `after`, oldest first."""
    columns = (SPAN.c.seq, SPAN.c.trace_id, SPAN.c.received_ns, SPAN.c.closes, SPAN.c.complete)
    query = select(*columns).where(SPAN.c.seq > after).order_by(SPAN.c.seq).limit(limit)
    return [Arrival(row[0], row[1].hex(), *row[2:]) for row in connection.execute(query)]


def spans_of(connection: Connection, trace_ids: Iterable[str]) -> dict[str, list[Span]]:
    """The spans of each trace, by start time."""
    ids = [bytes.fromhex(trace_id) for trace_id in trace_ids]
    query = select(SPAN.c.trace_id, SPAN.c.body).where(SPAN.c.trace_id.in_(ids))
    traces: dict[str, list[Span]] = {trace_id.hex(): [] for trace_id in ids}
    for trace_id, body in connection.execute(query.order_by(SPAN.c.start_ns)):
        traces[trace_id.hex()].append(_decode(body))
    return traces


def _row(span: Span, now: int) -> dict[str, object]:
    return {
        "trace_id": bytes.fromhex(span.trace_id),
        "span_id": bytes.fromhex(span.span_id),
        "service": span.service,
        "received_ns": now,
        "start_ns": span.start_ns,
        "closes": span.parent_span_id is None and span.end_ns > 0,
        "complete": bool(span.attributes.get(attributes.ANSWER_COMPLETE)),
        "body": zlib.compress(json.dumps(asdict(span)).encode(), 1),
    }


def _decode(body: bytes) -> Span:
    stored = json.loads(zlib.decompress(body))
    events = tuple(SpanEvent(**event) for event in stored.pop("events"))
    return Span(**stored, events=events)
