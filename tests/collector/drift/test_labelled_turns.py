"""Drawn labels reach the monitor as losses of true faithfulness, once nothing waits any more."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from groundwire_collector.drift.alarm_origin import origin_of
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.labelled_turns import LONGEST_WAIT_NS, LabelledBlocks
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import UNFAITHFUL, MonitoredTurn
from groundwire_collector.storage import labels, turns
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.drift import AlarmBudget
from groundwire_evaluators.drift.labelled_loss import mean_of
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

START = datetime(2026, 11, 1, tzinfo=UTC)
START_NS = int(START.timestamp()) * 10**9
HOUR_NS = 3600 * 10**9


def monitor() -> Monitor:
    return Monitor(
        MonitorConfig(AlarmBudget.parse("1 per 30d"), baseline_turns=800, baseline_days=0)
    )


def stored(engine: Engine, begin: int, end: int, version: str = "m1") -> None:
    """Turns a minute apart, all with the same score."""
    score = Evaluation(
        evaluator="grounding", revision="1", state=State.SCORED, signals={"p_unsupported": 0.1}
    )
    found = []
    for number in range(begin, end):
        at = START + timedelta(minutes=number)
        name = f"{number:05}"
        turn = Turn(
            id=name,
            trace_id=name,
            service="bot",
            started_at=at,
            ended_at=at,
            model_version=version,
        )
        found.append(JudgedTurn(turn, (score,)))
    with engine.begin() as connection:
        turns.save(connection, found)


def label(engine: Engine, begin: int, end: int, bad_every: int) -> None:
    with engine.begin() as connection:
        labels.add(
            connection,
            [
                Label(
                    turn_id=f"{number:05}",
                    labeller="ada",
                    labelled_ns=number,
                    service="bot",
                    verdict="unsupported" if number % bad_every == 0 else "supported",
                )
                for number in range(begin, end)
            ],
        )


def read(engine: Engine, watched: Monitor, now_ns: int) -> list[MonitoredTurn]:
    with engine.begin() as connection:
        return list(LabelledBlocks(1.0).readings(connection, watched, now_ns))


def test_a_block_is_read_once_and_not_before_its_labels_are_there(engine: Engine) -> None:
    stored(engine, 0, 6)
    label(engine, 0, 3, bad_every=2)
    watched = monitor()
    [first] = read(engine, watched, START_NS + HOUR_NS)
    assert (first.service, first.losses[0].signal) == ("bot", UNFAITHFUL)
    assert mean_of(first.losses[0].value) == pytest.approx(0.5)
    assert first.tags == {"model_version": "m1"}
    label(engine, 3, 4, bad_every=9)
    [second] = read(engine, watched, START_NS + HOUR_NS)
    assert mean_of(second.losses[0].value) == pytest.approx(0.5)
    assert read(engine, watched, START_NS + HOUR_NS) == []


def test_a_label_that_never_comes_counts_as_bad_while_the_baseline_is_collected(
    engine: Engine,
) -> None:
    stored(engine, 0, 2)
    label(engine, 0, 1, bad_every=9)
    [late] = read(engine, monitor(), START_NS + LONGEST_WAIT_NS + HOUR_NS)
    assert mean_of(late.losses[0].value) == pytest.approx(1.0)


def test_answers_that_get_worse_by_their_labels_alone_raise_an_alarm(engine: Engine) -> None:
    watched, alarms = monitor(), list[Alarm]()
    stored(engine, 0, 1300)
    label(engine, 0, 800, bad_every=20)
    label(engine, 800, 1300, bad_every=2)
    for _ in range(2):  # so many turns at once
        for reading in read(engine, watched, START_NS + 1000 * HOUR_NS):
            alarms += watched.take(reading)
    [alarm] = alarms
    assert alarm.signal == UNFAITHFUL
    assert 0.2 < alarm.change.size < 0.7
    assert alarm.details["baseline"]["mean"] == pytest.approx(0.05, abs=0.02)
    with engine.connect() as connection:
        assert origin_of(connection, alarm, 1.0).verdict == "system"
