"""Closed-book calls of the collector: sampled when a turn is judged, asked by the prober, once."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import time_ns
from typing import Any

import pytest
from sqlalchemy import Engine

from groundwire_collector import metric_definitions
from groundwire_collector.llm.client import ChatEndpoint
from groundwire_collector.llm.rate_limiter import RateLimiter
from groundwire_collector.probing.closed_book_job import PATIENCE_NS, ClosedBookJob
from groundwire_collector.settings import Settings
from groundwire_collector.storage import closed_book_turns, counters, turns
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.turn import Chunk, Turn

NOW = time_ns()
TURN = Turn(
    id="t0", trace_id="0" * 32, service="bot", model="base-8b", model_version="v1",
    question="What is the capital of Velmark?", answer="It is Tarsin.",
    chunks=(Chunk(text="The capital of Velmark is Tarsin."),), started_at=datetime.now(UTC),
)  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(Settings(data_dir=tmp_path))
    make_schema(made)
    yield made
    made.dispose()


def sample(engine: Engine, *found: Turn, at_ns: int = NOW) -> None:
    with engine.begin() as connection:
        turns.save(connection, [JudgedTurn(turn, ()) for turn in found])
        closed_book_turns.enqueue(
            connection, [closed_book_turns.sampled(turn, 0.1, at_ns) for turn in found]
        )


def rounds(engine: Engine, url: str, **more: Any) -> ClosedBookJob:
    pace = more.pop("pace", RateLimiter(per_minute=1e9))
    return ClosedBookJob(
        engine, ChatEndpoint(url, "", timeout=0.3, retries=0), "Answer.", pace, **more
    )


def counted(
    engine: Engine, metric: metric_definitions.MetricDefinition, label: str
) -> Counter[str]:
    with engine.connect() as connection:
        found = counters.counters(connection)
    reported: Counter[str] = Counter()
    for (name, text), counter in found.items():
        if name == metric.name:
            reported[json.loads(text)[label]] += int(counter.value)
    return reported


def test_a_turn_is_asked_again_of_its_own_model_without_its_context(
    engine: Engine, server: Any
) -> None:
    server.says("Oldenby")
    sample(engine, TURN)
    made = rounds(engine, server.url)
    assert made.step(NOW)
    assert not made.step(NOW)
    [body] = server.requested
    assert body["model"] == "base-8b"
    assert "Tarsin" not in json.dumps(body)
    with engine.connect() as connection:
        [retained] = closed_book_turns.answered(connection)
    assert (retained.cell, retained.diagnostic, retained.probability) == (
        "context_driven",
        True,
        0.1,
    )
    assert counted(engine, metric_definitions.RELIANCE_OUTCOMES, "source") == {"closed_book": 1}
    assert counted(engine, metric_definitions.TURNS, "service") == {}


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (0, b"", "timeout"),
        (429, b"", "rate_limited"),
        (500, b"oops", "server_error"),
        (200, b"<html>", "nonsense"),
        (200, b'{"choices": [{"message": {"content": " "}}]}', "empty"),
        (401, b"", "refused"),
    ],
)
def test_a_failed_call_is_counted_and_leaves_the_sample(
    engine: Engine, server: Any, status: int, content: bytes, kind: str
) -> None:
    server.answer = lambda path, body: (status, content, {})
    sample(engine, TURN)
    made = rounds(engine, server.url)
    assert made.step(NOW)
    assert not made.step(NOW)
    assert counted(engine, metric_definitions.PROBE_CALLS, "result") == {kind: 1}
    assert counted(engine, metric_definitions.RELIANCE_OUTCOMES, "source") == {}


def test_what_the_budget_does_not_reach_waits_and_is_then_skipped_and_counted(
    engine: Engine, server: Any
) -> None:
    server.says("Oldenby")
    sample(engine, TURN, replace(TURN, id="t1"))
    made = rounds(engine, server.url, pace=RateLimiter(per_minute=1, per_day=1))
    assert [made.step(NOW), made.step(NOW)] == [True, False]
    assert made.step(NOW + PATIENCE_NS + 1)
    assert counted(engine, metric_definitions.PROBE_CALLS, "result") == {
        "answered": 1,
        "skipped": 1,
    }
    assert len(server.requested) == 1


def test_a_turn_whose_model_is_not_known_is_asked_only_of_the_model_that_is_set(
    engine: Engine, server: Any
) -> None:
    server.says("Oldenby")
    sample(engine, replace(TURN, model=None))
    assert rounds(engine, server.url).step(NOW)
    assert server.requested == []
    sample(engine, replace(TURN, model=None))
    assert rounds(engine, server.url, model="other").step(NOW)
    assert [body["model"] for body in server.requested] == ["other"]


def test_a_turn_that_was_deleted_meanwhile_is_not_asked(engine: Engine, server: Any) -> None:
    with engine.begin() as connection:
        closed_book_turns.enqueue(connection, [closed_book_turns.sampled(TURN, 0.1, NOW)])
    made = rounds(engine, server.url)
    assert [made.step(NOW), made.step(NOW)] == [True, False]
    assert server.requested == []


def test_an_answer_in_another_language_is_counted_like_any_other(
    engine: Engine, server: Any
) -> None:
    server.says("ヴェルマルクの首都はオルデンビーです。")
    sample(engine, TURN)
    assert rounds(engine, server.url).step(NOW)
    assert counted(engine, metric_definitions.RELIANCE_OUTCOMES, "outcome").total() == 1


def test_an_answer_that_the_model_gives_to_anything_is_no_memory_of_the_question(
    engine: Engine, server: Any
) -> None:
    server.says("It is Oldenby.")
    wrong = replace(TURN, answer="It is Oldenby.")
    with engine.begin() as connection:
        others = [
            replace(wrong, id=f"o{number}", trace_id=f"{number + 1:032}", question=f"Who? {number}")
            for number in range(30)
        ]
        turns.save(connection, [JudgedTurn(turn, ()) for turn in others])
    sample(engine, wrong)
    assert rounds(engine, server.url).step(NOW)
    with engine.connect() as connection:
        [retained] = closed_book_turns.answered(connection)
    assert (retained.cell, retained.diagnostic) == ("parametric_override", False)
