"""How much of its sources changed since a model was trained, from the times of chunks."""

from datetime import UTC, datetime, timedelta

import pytest

from groundwire_collector import metric_definitions
from groundwire_collector.estimates.refresh import EstimateRefresher
from groundwire_collector.estimates.training_age import TRAINING, training_ages
from groundwire_collector.metrics.estimates import training_values
from groundwire_collector.storage import estimates, rollouts, turns
from groundwire_collector.storage.rollouts import Rollout
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Chunk, Turn

NOW = datetime.now(UTC)
NOW_NS = int(NOW.timestamp() * 1e9)
TRAINED = NOW - timedelta(days=30)
DAY = 86_400.0


def answered(number, version, age_days, *, hours=5.0):
    turn = Turn(
        id=f"{version}-{number}",
        trace_id=f"{number:032x}",
        service="bot",
        question="why?",
        answer="yes",
        chunks=(Chunk(text="a"),),
        model_version=version,
        started_at=NOW - timedelta(hours=hours),
    )
    signals = {} if age_days is None else {"chunk_age_seconds": age_days * DAY}
    retrieval = Evaluation(
        evaluator="retrieval", revision="1", state=State.SCORED, value=0.9, signals=signals
    )
    return JudgedTurn(turn, (retrieval,))


def announced(connection, version, trained=TRAINED):
    rollouts.announce(
        connection,
        Rollout(
            service="bot",
            dimension="model_version",
            value=version,
            at_ns=NOW_NS,
            announced_ns=NOW_NS,
            announced_by="ci",
            trained_ns=None if trained is None else int(trained.timestamp() * 1e9),
        ),
    )


@pytest.fixture
def filled(engine):
    with engine.begin() as connection:
        found = [answered(n, "ft-1", 10.0 if n < 20 else 90.0) for n in range(50)]
        found += [answered(100 + n, "ft-1", None) for n in range(40)]
        found += [answered(200 + n, "ft-2", 10.0) for n in range(10)]
        found += [answered(300 + n, "ft-3", 10.0) for n in range(40)]
        found += [answered(400 + n, "ft-4", 10.0, hours=24 * 20) for n in range(40)]
        turns.save(connection, found)
        for version in ("ft-1", "ft-2", "ft-4"):
            announced(connection, version)
        announced(connection, "ft-3", None)
    return engine


def test_the_share_is_of_turns_with_dated_chunks_that_changed_since_the_training(filled):
    with filled.connect() as connection:
        found = {each.value: each.estimate for each in training_ages(connection, NOW_NS)}
    assert set(found) == {"ft-1", "ft-2"}  # ft-3 names no time, ft-4 is no longer in use
    assert (found["ft-1"]["value"], found["ft-1"]["turns"]) == (0.4, 50)
    assert found["ft-1"]["interval"][0] < 0.4 < found["ft-1"]["interval"][1]
    assert (found["ft-2"]["value"], found["ft-2"]["turns"]) == (None, 10)


def test_a_version_that_is_announced_again_has_its_newest_training_time(filled):
    with filled.begin() as connection:
        announced(connection, "ft-1", NOW - timedelta(days=100))
    with filled.connect() as connection:
        found = {each.value: each.estimate for each in training_ages(connection, NOW_NS)}
    assert found["ft-1"]["value"] == 1.0


def test_the_refresh_stores_it_for_the_gauges(filled, settings):
    EstimateRefresher(settings, filled).step(NOW_NS)
    with filled.connect() as connection:
        values = training_values(estimates.newest(connection, TRAINING))
    trained = dict(values[metric_definitions.MODEL_TRAINED])
    assert trained["bot", "ft-1"] == pytest.approx(TRAINED.timestamp())
    shares = dict(values[metric_definitions.CHANGED_SINCE_TRAINING])
    assert shares["bot", "ft-1", "mean"] == 0.4
    assert ("bot", "ft-2", "mean") not in shares
