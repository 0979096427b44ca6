"""The monitor of a signal, and the state that it gives and takes."""

import random
from dataclasses import replace

import pytest

from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import MonitoredTurn, SignalLoss
from groundwire_collector.drift.signal_monitor import SignalMonitor
from groundwire_collector.storage.drift import RECOVERY
from groundwire_evaluators.drift import AlarmBudget

MINUTE = 60 * 10**9
CONFIG = MonitorConfig(AlarmBudget.parse("1 per 30d"), baseline_turns=300, baseline_days=0)
KEY = ("bot", "p_unsupported", "1")


def turn(number: int, rng: random.Random) -> MonitoredTurn:
    worse = number >= 600
    return MonitoredTurn(
        service="bot",
        at_ns=(30_000_000 + number) * MINUTE,
        losses=[SignalLoss("p_unsupported", "1", float(rng.random() < (0.6 if worse else 0.05)))],
        tags={"model_version": "v2" if worse else "v1", "route": rng.choice("ab")},
        route="retrieval",
    )


@pytest.mark.parametrize("turns", [100, 450, 605, 700])  # collecting, pinned, rolled out, alarmed
def test_a_monitor_made_of_a_state_gives_the_same_state(turns: int) -> None:
    rng = random.Random(5)
    whole = Monitor(CONFIG)
    for number in range(turns):
        whole.take(turn(number, rng))
    [watch] = whole.signal_monitors.values()
    state = watch.state()
    again = SignalMonitor.from_state(KEY, whole.allocator, CONFIG, state, {}).state()
    assert again.rest == state.rest
    assert again.turns == state.turns
    assert list(again.detectors) == list(state.detectors)
    for stream, detector in state.detectors.items():
        assert again.detectors[stream].state() == detector.state()


def test_an_alarm_that_was_stored_without_a_test_of_recovery_gets_one() -> None:
    rng = random.Random(5)
    whole = Monitor(CONFIG)
    for number in range(700):
        whole.take(turn(number, rng))
    [watch] = whole.signal_monitors.values()
    [alarm] = watch.alarms
    stored = replace(alarm, id=7)
    state = watch.state()
    earlier = {row: each for row, each in state.detectors.items() if row[0] != RECOVERY}
    state = replace(state, detectors=earlier)
    again = SignalMonitor.from_state(KEY, whole.allocator, CONFIG, state, {7: stored})
    assert again.alarms == [stored]
    for number in range(700, 2500):
        good = replace(turn(number, rng), losses=[SignalLoss("p_unsupported", "1", 0.0)])
        again.observe(good.observation(good.losses[0]))
        if closed := list(again.recovered()):
            break
    assert [each.id for each in closed] == [7]


def test_only_detectors_that_were_fed_have_another_version() -> None:
    rng = random.Random(5)
    monitor = Monitor(CONFIG)
    for number in range(450):
        monitor.take(turn(number, rng))
    [watch] = monitor.signal_monitors.values()
    before = watch.state().detectors
    monitor.take(turn(450, rng))
    changed = {
        stream
        for stream, each in watch.state().detectors.items()
        if each.version != before[stream].version
    }
    assert ("", "") in changed
    assert len(changed & {("route", "a"), ("route", "b")}) == 1
