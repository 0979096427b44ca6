"""From judged turns to alarms: silent while nothing changes, named when something does."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from groundwire_collector.drift import checkpoint
from groundwire_collector.drift.baseline import MOST_SEGMENTS
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.monitor import MOST_SERVICES, Monitor
from groundwire_collector.settings import Settings
from groundwire_collector.storage import drift
from groundwire_collector.storage.drift import Alarm, StoredDetector
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.drift import AlarmBudget
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

START = datetime(2026, 11, 1, tzinfo=UTC)
BASELINE = 300


def monitor(**terms: object) -> Monitor:
    return Monitor(
        MonitorConfig(
            AlarmBudget.parse("1 per 30d"), baseline_turns=BASELINE, baseline_days=0, **terms
        )
    )


def turns(
    number: int,
    share_bad: float,
    seed: int = 0,
    after: int = 0,
    service: str = "bot",
    state: State = State.SCORED,
    **versions: str,
) -> Iterator[JudgedTurn]:
    """One turn every ten seconds; of a bad one the evaluator is sure."""
    rng = random.Random(seed)
    for index in range(after, after + number):
        loss = rng.uniform(0.7, 1.0) if rng.random() < share_bad else rng.uniform(0.0, 0.2)
        at = START + timedelta(seconds=10 * index)
        turn = Turn(id=str(index), service=service, started_at=at, ended_at=at, **versions)
        evaluation = Evaluation(
            evaluator="grounding", revision="1", state=state, signals={"p_unsupported": loss}
        )
        yield JudgedTurn(turn, (evaluation,))


def drifting(**versions: str) -> list[JudgedTurn]:
    """600 quiet turns, then 300 of which half are bad."""
    return [
        *turns(600, 0.05, model_version="ft-1"),
        *turns(300, 0.5, seed=1, after=600, **{"model_version": "ft-1"} | versions),
    ]


def test_a_stream_that_does_not_change_raises_no_alarm():
    assert monitor().observe(turns(5000, 0.05, model_version="ft-1")) == []


def test_a_new_model_version_that_is_worse_is_named_with_the_time_it_began():
    [alarm] = monitor().observe(drifting(model_version="ft-2"))
    assert (alarm.signal, *alarm.change.segment) == (
        "p_unsupported",
        "model_version",
        "ft-2",
    )
    assert alarm.cause == "model"
    began = int((START + timedelta(seconds=6000)).timestamp() * 1e9)
    assert alarm.change.interval[0] <= began <= alarm.change.interval[1]
    assert abs(alarm.change.since - began) < 300 * 1e9
    assert alarm.change.size_interval[0] <= 0.35 <= alarm.change.size_interval[1]


def test_a_change_without_a_deployment_names_no_cause():
    [alarm] = monitor().observe(drifting())
    assert (alarm.change.dimension, alarm.cause) == ("", "unknown")


def test_a_change_in_one_segment_names_the_segment():
    def mixed(share_bad: float, number: int, after: int) -> list[JudgedTurn]:
        good = turns(number, 0.05, after=after, model_version="a")
        other = turns(number, share_bad, seed=2, after=after, model_version="b")
        return [*good, *other]

    [alarm] = monitor().observe([*mixed(0.05, 400, 0), *mixed(0.4, 600, 400)])
    assert alarm.change.segment == ("model_version", "b")


def test_turns_that_are_not_scored_say_nothing_of_the_answers():
    watched = monitor()
    watched.observe(turns(400, 0.05, model_version="ft-1"))
    refused = watched.observe(turns(500, 1.0, after=400, state=State.REFUSAL))
    assert {alarm.signal for alarm in refused} == {"unscored"}


def test_an_open_alarm_is_reported_once_and_resolved_after_recovery():
    watched = monitor()
    [alarm] = watched.observe(drifting())
    watched.identify(alarm, 7)
    assert watched.observe(turns(500, 0.5, seed=3, after=900)) == []
    [resolved] = watched.observe(turns(500, 0.05, seed=4, after=1400))
    assert resolved.id == 7
    assert resolved.resolved_ns is not None
    assert resolved.resolved_ns > alarm.raised_ns
    [again] = watched.observe(turns(500, 0.5, seed=5, after=1900))
    assert again.resolved_ns is None


def test_services_are_watched_apart():
    watched = monitor()
    watched.observe(turns(600, 0.05, service="quiet"))
    alarms = watched.observe([*drifting(), *turns(600, 0.05, after=600, service="quiet")])
    assert [alarm.service for alarm in alarms] == ["bot"]


@pytest.mark.parametrize("batch", [1, 37])
def test_a_monitor_that_is_written_down_after_every_batch_goes_on_as_if_never_stopped(
    batch, engine
):
    settings = Settings(baseline_turns=BASELINE, baseline_days=0)
    stream = drifting(model_version="ft-2")[: 750 if batch == 37 else 380]
    alarms: list[Alarm] = []
    for begin in range(0, len(stream), batch):
        with engine.begin() as connection:
            recalled = checkpoint.recall(connection, settings)
            alarms += recalled.observe(stream[begin : begin + batch])
            checkpoint.keep(connection, recalled)
    straight = monitor()
    assert alarms == straight.observe(stream)
    with engine.begin() as connection:
        watches = checkpoint.recall(connection, settings).signal_monitors
    statistics = {key: watch.statistic for key, watch in watches.items()}
    assert statistics == {key: watch.statistic for key, watch in straight.signal_monitors.items()}


def test_a_maximum_within_a_batch_is_stored_though_the_detector_starts_anew(engine):
    settings = Settings(baseline_turns=BASELINE, baseline_days=0)
    stream, minute = drifting(model_version="ft-2"), 60 * 1_000_000_000
    with engine.begin() as connection:
        recalled = checkpoint.recall(connection, settings)
        assert recalled.observe(stream[:800])  # the alarm comes, and the detectors start anew
        checkpoint.keep(connection, recalled, 100 * minute)
        largest = max(row.peak for row in stored_detectors(connection))
        assert largest > 0.5 > max(row.statistic for row in stored_detectors(connection))
    with engine.begin() as connection:  # another process, a minute later
        recalled = checkpoint.recall(connection, settings)
        recalled.observe(stream[800:])
        checkpoint.keep(connection, recalled, 101 * minute)
        rows = stored_detectors(connection)
    assert max(row.recent_peak for row in rows) == largest > max(row.peak for row in rows)
    assert all(row.recent_peak >= row.peak >= row.statistic for row in rows)


def stored_detectors(connection: Connection) -> list[StoredDetector]:
    return [row for row in drift.detectors(connection) if row.peak_window]


def test_sessions_under_way_are_remembered_over_a_restart(engine):
    settings = Settings(baseline_turns=BASELINE, baseline_days=0)
    [first, again] = turns(2, 0.05, session_id="s1", question="How long?")
    for judged in (first, again):
        with engine.begin() as connection:
            recalled = checkpoint.recall(connection, settings)
            recalled.observe([judged])
            checkpoint.keep(connection, recalled)
    watch = recalled.signal_monitors["bot", "p_unsupported", "1"]
    assert len(watch.collected) == 1  # the second is a retry


def test_a_turn_from_the_future_buys_no_evidence():
    watched = monitor()
    watched.observe(turns(400, 0.05, model_version="ft-1"))
    [far] = turns(1, 1.0, after=10**8, model_version="ft-1")
    now = int((START + timedelta(days=1)).timestamp() * 1e9)
    assert watched.observe([far], now) == []
    assert watched.observe(turns(2000, 0.05, seed=1, after=400, model_version="ft-1"), now) == []


def test_a_flood_of_versions_is_watched_within_bounds_and_hides_no_drift():
    watched = monitor()
    watched.observe(turns(400, 0.05, model_version="ft-1"))
    for number in range(200):
        watched.observe(turns(1, 0.05, after=400 + number, model_version=f"v{number}"))
    watch = watched.signal_monitors["bot", "p_unsupported", "1"]
    assert len(watch.streams) == 2 + MOST_SEGMENTS  # the whole service, and its one route
    [alarm] = watched.observe(turns(300, 0.6, seed=1, after=600, model_version="ft-2"))
    assert alarm.change.segment == ("model_version", "ft-2")


def test_services_beyond_the_most_are_not_watched():
    watched = monitor()
    for number in range(MOST_SERVICES + 5):
        watched.observe(turns(1, 0.05, service=f"s{number}"))
    assert len({service for service, _, _ in watched.signal_monitors}) == MOST_SERVICES


def rare(number: int, share_bad: float, seed: int, after: int, version: str) -> list[JudgedTurn]:
    """One turn a second, nearly without spread but for the bad ones."""
    rng = random.Random(seed)
    found = []
    for index in range(after, after + number):
        loss = rng.uniform(0.8, 0.9) if rng.random() < share_bad else rng.uniform(0.01, 0.03)
        at = START + timedelta(seconds=index)
        turn = Turn(id=str(index), service="bot", started_at=at, ended_at=at, model_version=version)
        evaluation = Evaluation(
            evaluator="grounding",
            revision="1",
            state=State.SCORED,
            signals={"p_unsupported": loss},
        )
        found.append(JudgedTurn(turn, (evaluation,)))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_an_alarm_raised_by_a_few_bad_turns_in_a_row_is_not_resolved_by_the_good_between(seed):
    """An eighth of the turns is bad; those that raise the alarm look as if all were."""
    watched = monitor()
    watched.observe(rare(600, 0.0, 99, 0, "ft-1"))
    [alarm] = watched.observe(rare(1000, 0.12, seed, 600, "ft-2"))
    assert alarm.resolved_ns is None
    assert alarm.change.size_interval[0] < 0.4
