"""The database that goes away between any two commits of the pipeline costs and doubles nothing."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event
from tests.collector.processes.test_pipeline import (
    IDLE,
    LATER,
    SECOND,
    Length,
    count,
    received,
    stored,
    trace,
    work_off,
)

from groundwire_collector import metric_definitions
from groundwire_collector.processes.pipeline import Pipeline
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import PASSING, make_schema, open_engine
from groundwire_collector.storage.spans import SpanStore

TURNS = 8  # more than a batch has transactions
ANSWER = random.Random(1).randbytes(20_000).hex()  # too much for the pages that are there
Trouble = Callable[[Any], None]


@contextmanager
def trouble_at(
    engine: Engine, name: str, number: int, make: Callable[[Any], None]
) -> Iterator[Any]:
    """`make` at the n-th event of the engine; yields how many there were."""
    seen = [0]

    def hook(connection: Any) -> None:
        seen[0] += 1
        if seen[0] == number:
            make(connection)

    event.listen(engine, name, hook)
    yield seen
    event.remove(engine, name, hook)


def judged_despite(
    engine: Engine, settings: Settings, name: str, make: Callable[[Any], None]
) -> int:
    """Judge turn after turn, each batch with trouble one event later; how often there was any."""
    pipeline = Pipeline(settings, engine, [Length()], after_crash=True)
    troubles = 0
    for number in range(1, TURNS + 1):
        SpanStore(engine).add(trace(number, ANSWER))
        with trouble_at(engine, name, number, make):
            for _ in range(20):
                try:
                    work_off(pipeline)
                    break
                except PASSING:
                    troubles += 1
    return troubles


def assert_each_turn_once(engine: Engine, turns: int) -> None:
    assert len(stored(engine)) == turns
    assert count(engine, metric_definitions.TURNS) == turns
    assert count(engine, metric_definitions.EVALUATIONS) == turns
    assert count(engine, metric_definitions.TRACES_FAILED) == 0


@pytest.mark.needs("postgresql")
def test_postgresql_that_restarts_before_any_commit(cluster: Any, tmp_path: Any) -> None:
    cluster.create("restarts")
    settings = Settings(data_dir=tmp_path, database_url=cluster.url("restarts"))
    engine = open_engine(settings)
    make_schema(engine)

    def restart(_: Any) -> None:
        cluster.stop()
        cluster.start()

    assert judged_despite(engine, settings, "commit", restart) >= 2
    assert_each_turn_once(engine, TURNS)
    engine.dispose()


def test_a_disk_that_is_full_in_any_transaction(tmp_path: Any) -> None:
    settings = Settings(data_dir=tmp_path)
    engine = open_engine(settings)
    make_schema(engine)

    def free(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count=1073741823")

    def fill(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count=1")

    event.listen(engine, "begin", free)
    assert judged_despite(engine, settings, "begin", fill) >= 1
    assert_each_turn_once(engine, TURNS)
    engine.dispose()


@pytest.mark.parametrize("days", [-400, 0.1, 1000])
def test_a_clock_that_jumps_between_two_steps(
    settings: Settings, engine: Engine, days: float
) -> None:
    pipeline = Pipeline(settings, engine, [Length()])
    SpanStore(engine).add([span for n in range(TURNS) for span in trace(n, complete=n % 2 == 0)])
    now, jump = received(engine), round(days * 86_400) * SECOND
    for moment in (now, now + jump, now + jump + SECOND, now + 1, now + IDLE):
        pipeline.step(moment)
    work_off(pipeline, now + IDLE)
    assert_each_turn_once(engine, TURNS)
    work_off(pipeline, LATER)
    assert_each_turn_once(engine, TURNS)
