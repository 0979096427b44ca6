"""Spans, turns and scores of a chosen age in a store, for tests of retention and deletion."""

from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import SpanStore, spans_of
from groundwire_collector.storage.tables.spans import CONTENT, SPAN
from groundwire_collector.storage.tables.turns import CLAIM, SCORE, TURN

DAY_NS = 86_400 * 10**9
NOW = 20_000 * DAY_NS + 5
CHUNK = "Refunds are paid within fourteen days of the return. " * 8


def a_span(trace: int, **attributes: Any) -> Span:
    return Span(
        trace_id=f"{trace:032x}", span_id=f"{1:016x}", service="shop", attributes=attributes
    )


def add_at(engine: Engine, days_ago: float, *spans: Span) -> None:
    with pytest.MonkeyPatch.context() as patch:
        moment = NOW - round(days_ago * DAY_NS)
        patch.setattr("groundwire_collector.storage.spans.time_ns", lambda: moment)
        SpanStore(engine).add(spans)


def add_turn(engine: Engine, trace: int, days_ago: float = 0.0) -> None:
    turn = f"{trace:032x}-1"
    with engine.begin() as connection:
        started = NOW - round(days_ago * DAY_NS)
        row = {"id": turn, "trace_id": f"{trace:032x}", "service": "shop", "started_ns": started}
        connection.execute(insert(TURN).values(**row, chunks=[], facts={}))
        score = {"turn_id": turn, "evaluator": "e", "revision": "1", "state": "scored"}
        connection.execute(insert(SCORE).values(**score, signals={}, citations=[]))
        claim = {"turn_id": turn, "evaluator": "e", "position": 0, "start": 0, "end": 1}
        connection.execute(insert(CLAIM).values(**claim, verdict="supported", spans=[]))


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (SPAN, CONTENT, TURN, SCORE, CLAIM)
        }


def readable(engine: Engine, trace: int) -> bool:
    with engine.connect() as connection:
        return bool(spans_of(connection, [f"{trace:032x}"])[f"{trace:032x}"])
