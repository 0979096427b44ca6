"""Sums for charts equal the stored turns, however often these are stored or judged again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from groundwire_collector.storage import score_sums, turns
from groundwire_collector.storage.score_sums import FINE, HOUR, ScoreSumQuery
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

STEP = "groundwire_collector.storage.migrations.versions.0010_score_sums"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
START = int(NOON.timestamp())
DAY = ScoreSumQuery(START - HOUR, START + 24 * HOUR, HOUR)


def judged(number: int, value: float | None = 0.5, signals=None, **facts) -> JudgedTurn:
    state = State.REFUSAL if value is None else State.SCORED
    turn = Turn(
        id=f"{number:032x}-{1:016x}",
        trace_id=f"{number:032x}",
        service=facts.pop("service", "shop"),
        started_at=NOON + timedelta(minutes=number),
        **facts,
    )
    flagged = None if value is None else value < 0.5
    one = Evaluation(
        evaluator="grounding",
        revision="1",
        state=state,
        value=value,
        flagged=flagged,
        signals=signals or {},
    )
    return JudgedTurn(turn, (one,))


def save(engine, *judged: JudgedTurn) -> None:
    with engine.begin() as connection:
        turns.save(connection, judged)


def found(engine, query: ScoreSumQuery = DAY) -> dict[tuple, tuple]:
    with engine.connect() as connection:
        rows = score_sums.find(connection, query)
    return {
        ((row.at - START) // HOUR, row.value, row.measure, row.state): (
            row.sums.n,
            pytest.approx(row.sums.total),
            row.sums.flagged,
        )
        for row in rows
    }


def test_turns_are_summed_by_hour_and_state(engine):
    save(engine, judged(1, 0.2), judged(2, 0.8), judged(61, 0.4), judged(3, None))
    assert found(engine) == {
        (0, "", "grounding", "scored"): (2, 1.0, 1),
        (1, "", "grounding", "scored"): (1, 0.4, 1),
        (0, "", "grounding", "refusal"): (1, 0.0, 0),
    }


def test_a_turn_that_is_stored_again_is_counted_once(engine):
    save(engine, judged(1, 0.2), judged(2, 0.8))
    save(engine, judged(1, 0.9, input_tokens=7))
    save(engine, judged(1, 0.9, input_tokens=5))
    assert found(engine) == {
        (0, "", "grounding", "scored"): (2, 1.7, 0),
        (0, "", "tokens:fresh", ""): (1, 5, 0),
    }


def test_a_later_judgement_replaces_the_earlier_one(engine):
    item = judged(1, 0.2)
    save(engine, item)
    judge = Evaluation(evaluator="llm_judge", revision="1", state=State.SCORED, value=1.0)
    with engine.begin() as connection:
        turns.join(connection, item.turn, judge)
        turns.join(connection, item.turn, replace(judge, value=0.5))
    assert found(engine)[0, "", "llm_judge", "scored"] == (1, 0.5, 0)
    assert found(engine)[0, "", "grounding", "scored"] == (1, 0.2, 1)


def test_sums_are_divided_by_version_and_restricted_to_what_a_key_may_read(engine):
    save(
        engine,
        judged(1, 0.2, model_version="a"),
        judged(2, 0.4, model_version="b"),
        judged(3, 0.6, service="other"),
    )
    by_version = found(engine, DAY._replace(dimension="model_version", service="shop"))
    assert {key[1]: value[1] for key, value in by_version.items()} == {"a": 0.2, "b": 0.4}
    assert not found(engine, DAY._replace(services=frozenset({"nobody"})))
    [only] = found(engine, DAY._replace(segment=("model_version", "b"))).values()
    assert only == (1, 0.4, 1)


def test_p_unsupported_is_a_measure_of_its_own(engine):
    save(engine, judged(1, 0.2, signals={"p_unsupported": 0.7}))
    assert found(engine)[0, "", "grounding:p_unsupported", "scored"] == (1, 0.7, 0)


def test_probes_and_closed_book_calls_are_in_no_sum(engine):
    save(engine, judged(1, probe=True), judged(2, closed_book=True))
    assert not found(engine)


def test_cached_tokens_are_part_of_the_input_or_beside_it(engine):
    save(
        engine,
        judged(1, model="m", input_tokens=100, cached_tokens=30, output_tokens=9),
        judged(2, model="m", input_tokens=20, cached_tokens=30),
    )
    sums = {key[2]: value[1] for key, value in found(engine).items()}
    tokens = {name: sums[name] for name in score_sums.TOKENS if name in sums}
    assert tokens == {"tokens:fresh": 90, "tokens:cached": 60, "tokens:output": 9}


def test_ten_seconds_live_a_day_and_hours_as_long_as_turns(engine):
    save(engine, judged(1))
    fine = ScoreSumQuery(START, START + HOUR, FINE)
    assert found(engine, fine)
    two_days = (START + 48 * HOUR) * 10**9
    with engine.begin() as connection:
        score_sums.expire(connection, two_days - 30 * 24 * HOUR * 10**9, two_days)
    assert not found(engine, fine)
    assert found(engine)
    with engine.begin() as connection:
        score_sums.expire(connection, two_days, two_days)
    assert not found(engine)


def test_an_older_store_gets_the_sums_of_its_turns(engine):
    doubtful = judged(1, 0.2, model_version="a", signals={"p_unsupported": 0.7})
    save(engine, doubtful, judged(2, None), judged(3, probe=True))
    before = found(engine, DAY._replace(dimension="model_version"))
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE score_sum"))
        with Operations.context(MigrationContext.configure(connection)):
            import_module(STEP).upgrade()
    assert found(engine, DAY._replace(dimension="model_version")) == before
