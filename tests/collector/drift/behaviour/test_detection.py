"""From judged batches to stored alarms, across restarts, recoveries and acceptance."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from groundwire_collector.drift.behaviour.detection import BehaviourDrift
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.rebaseline import carry_out
from groundwire_collector.evaluation.batch import JudgedBatch
from groundwire_collector.settings import Settings
from groundwire_collector.storage import baseline_actions, drift, turns
from groundwire_collector.storage.baseline_actions import BaselineAction, BaselineActionKind
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

START = datetime(2026, 11, 1, tzinfo=UTC)
BATCH = 50


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"baseline_turns": 400, "baseline_days": 0, "behaviour_alarm_budget": "1 per 1d"}
    )


def judged(
    number: int, first: int = 0, words: float = 1.0, loop: float = 0.0, **versions: str
) -> Iterator[JudgedTurn]:
    rng = random.Random(first)
    for index in range(first, first + number):
        at = START + timedelta(seconds=10 * index)
        turn = Turn(
            id=str(index),
            trace_id=f"{index:032x}",
            service="bot",
            answer="x",
            started_at=at,
            ended_at=at,
            **versions,  # type: ignore[arg-type]
        )
        signals = {
            "answer_words": round(rng.lognormvariate(4, 0.4) * words),
            "loop": float(rng.random() < loop),
        }
        found = Evaluation(
            evaluator="behaviour", revision="1", state=State.SCORED, value=1.0, signals=signals
        )
        yield JudgedTurn(turn, (found,))


def fed(detection: BehaviourDrift, engine: Engine, stream: Iterator[JudgedTurn]) -> None:
    every = list(stream)
    for at in range(0, len(every), BATCH):
        part = every[at : at + BATCH]
        now = int((START + timedelta(days=9)).timestamp() * 1e9)
        batch = JudgedBatch(part, part, [], {}, {}, now)
        with engine.begin() as connection:
            turns.save(connection, part)
            detection.take(batch, connection)


def alarms(engine: Engine) -> list[Alarm]:
    with engine.connect() as connection:
        return drift.alarms(connection)


def test_a_change_becomes_an_alarm_that_says_from_what_to_what(
    settings: Settings, engine: Engine
) -> None:
    detection = BehaviourDrift(settings, engine)
    fed(detection, engine, judged(800, model_version="v1"))
    assert alarms(engine) == []
    fed(detection, engine, judged(300, first=800, words=1.8, model_version="v1"))
    [alarm] = alarms(engine)
    assert (alarm.signal, alarm.cause, alarm.change.segment) == (
        "behaviour_answer_words",
        "unknown",
        ("", ""),
    )
    assert alarm.details["direction"] == "up"
    [finding] = alarm.details["findings"]
    assert finding.startswith("Length of answers rose from 5")
    assert "words on average over" in finding


def test_the_version_whose_turns_changed_is_named(settings: Settings, engine: Engine) -> None:
    detection = BehaviourDrift(settings, engine)
    fed(detection, engine, judged(800, model_version="v1"))
    mixed = (
        judged(1, first=index, words=2.2, model_version="v2")
        if index % 2
        else judged(1, first=index, model_version="v1")
        for index in range(800, 1400)
    )
    fed(detection, engine, (turn for one in mixed for turn in one))
    [alarm] = [each for each in alarms(engine) if each.signal == "behaviour_answer_words"]
    assert alarm.change.segment == ("model_version", "v2")
    assert alarm.cause == "model"


def test_a_restart_in_the_middle_of_a_change_loses_nothing(
    settings: Settings, engine: Engine
) -> None:
    fed(BehaviourDrift(settings, engine), engine, judged(800))
    for first in range(800, 1100, BATCH):
        fed(BehaviourDrift(settings, engine), engine, judged(BATCH, first, loop=0.3))
    [alarm] = alarms(engine)
    assert alarm.details["findings"][0].startswith(
        "The share of answers that end in a loop rose from 0.0% to"
    )
    fed(BehaviourDrift(settings, engine), engine, judged(1200, first=1100))
    [alarm] = alarms(engine)
    assert alarm.resolved_ns is not None


def test_an_accepted_alarm_starts_a_baseline_and_leaves_the_other_monitors_alone(
    settings: Settings, engine: Engine
) -> None:
    detection = BehaviourDrift(settings, engine)
    fed(detection, engine, judged(800))
    fed(detection, engine, judged(300, first=800, words=1.8))
    [alarm] = alarms(engine)
    monitor = Monitor(MonitorConfig.of(settings))
    with engine.begin() as connection:
        drift.accept_alarm(connection, alarm.id or 0, "ada", "shorter prompt", alarm.raised_ns)
        act = BaselineAction(
            kind=BaselineActionKind.ACCEPTED,
            service="bot",
            signal=alarm.signal,
            revision="1",
            since_ns=alarm.raised_ns,
            by="ada",
            why="shorter prompt",
            at_ns=alarm.raised_ns,
            alarm_id=alarm.id,
        )
        baseline_actions.record(connection, act)
        carry_out(connection, monitor, alarm.raised_ns)
        assert list(baseline_actions.waiting(connection)) == []
    assert monitor.signal_monitors == {}
    fed(detection, engine, judged(1500, first=1100, words=1.8))
    assert len(alarms(engine)) == 1
    fed(detection, engine, judged(300, first=2600, words=3.6))
    assert len(alarms(engine)) == 2


def test_a_batch_that_is_rolled_back_leaves_no_trace(settings: Settings, engine: Engine) -> None:
    detection = BehaviourDrift(settings, engine)
    fed(detection, engine, judged(100))
    part = list(judged(BATCH, first=100))
    with engine.connect() as connection:
        detection.take(JudgedBatch(part, part, [], {}, {}, 2**62), connection)
        connection.rollback()
    detection.restore()
    assert detection._monitor.services["bot"].turns == 100
