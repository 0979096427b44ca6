"""Recorded states: what their simulated collectors export."""

from itertools import pairwise
from pathlib import Path

import pytest
from dashboards.drawing.states import CHECKED, INCIDENTS, STATES, known, shown, simulate
from dashboards.drawing.timeline import Timeline

from groundwire_collector.metric_definitions import DRIFT_ALARM, all_metrics

# What a deployment without failures never exports.
RARE = {
    "groundwire_turns_reopened",
    "groundwire_evaluations_superseded",
    "groundwire_reader_claims",
    "groundwire_reader_seconds",
    "groundwire_traces_failed",
    "groundwire_series_overflowed",
    "groundwire_series_evicted",
    "groundwire_process_restarts",
    "groundwire_unpriced_turns",
}


def written(timeline: Timeline, folder: Path) -> str:
    timeline.write(folder / "samples.txt")
    return (folder / "samples.txt").read_text()


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(simulate("healthy"), tmp_path_factory.mktemp("healthy"))


def test_a_simulation_is_the_same_every_time(healthy: str, tmp_path: Path):
    assert written(simulate("healthy"), tmp_path) == healthy


def test_states_are_apart_in_time_and_hold_more_than_the_hour_that_is_shown():
    spans = [known(name) for name in STATES]
    assert all(one.end < other.start for one, other in pairwise(spans))
    assert all(known(name).start < shown(name).start for name in STATES)
    assert set(CHECKED) | set(INCIDENTS) == set(STATES)


def test_a_healthy_deployment_exports_every_metric_that_is_not_about_failures(healthy: str):
    lines = {line.split("{")[0] for line in healthy.splitlines()}
    missing = {
        metric.name
        for metric in all_metrics()
        if not any(name.startswith(metric.name) for name in lines)
    }
    about_alarms = {name for name in missing if "_drift_" in name}
    assert missing - about_alarms <= RARE


def test_only_the_alarm_state_has_an_alarm_open_at_its_end(healthy: str, tmp_path: Path):
    assert DRIFT_ALARM.name not in healthy
    assert DRIFT_ALARM.name in written(simulate("alarm"), tmp_path)


def test_without_a_collector_there_are_no_samples():
    assert not simulate("empty")
