"""Beside the pinned baseline, the last good week finds a return to an old level."""

import random
from collections.abc import Iterator

from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import MonitoredTurn, SignalLoss
from groundwire_collector.drift.recent_reference import MOST_PER_HOUR, GoodWeek
from groundwire_collector.drift.reference import ReferenceKind
from groundwire_collector.storage.drift import Alarm
from groundwire_evaluators.drift import AlarmBudget

PAUSE = 300 * 10**9  # 288 turns a day
DAY = 288
CONFIG = MonitorConfig(AlarmBudget.parse("1 per 30d"), baseline_turns=1500, baseline_days=2)


def turns(begin: int, end: int, chance: float, version: str = "m1") -> Iterator[MonitoredTurn]:
    rng = random.Random(begin)
    for number in range(begin, end):
        yield MonitoredTurn(
            service="bot",
            at_ns=(20_454 * DAY + number) * PAUSE,
            losses=[SignalLoss("p_unsupported", "1", float(rng.random() < chance))],
            tags={"model_version": version},
            route="chat",
        )


def feed(watched: Monitor, found: Iterator[MonitoredTurn]) -> list[Alarm]:
    return [alarm for turn in found for alarm in watched.take(turn)]


def improved() -> Monitor:
    """Pinned at .25, then at .03 for more than a week."""
    watched = Monitor(CONFIG)
    assert feed(watched, turns(0, 6 * DAY, 0.25)) == []
    assert feed(watched, turns(6 * DAY, 22 * DAY, 0.03)) == []
    return watched


def test_a_return_to_the_level_of_the_baseline_is_found_by_the_week_alone() -> None:
    watched = improved()
    [alarm] = feed(watched, turns(22 * DAY, 24 * DAY, 0.25))
    assert alarm.details["reference"] == "week"
    assert alarm.details["baseline"]["of"] == "recent"
    assert 0.1 < alarm.change.size < 0.35
    assert alarm.details["baseline"]["mean"] < 0.1


def test_a_version_that_undoes_an_improvement_is_named() -> None:
    watched = improved()
    [alarm] = feed(watched, turns(22 * DAY, 24 * DAY, 0.25, "m2"))
    assert alarm.details["reference"] == "week"
    assert alarm.change.segment == ("model_version", "m2")


def test_an_alarm_of_the_week_recovers_to_the_level_of_the_week() -> None:
    watched = improved()
    feed(watched, turns(22 * DAY, 24 * DAY, 0.25))
    [over] = feed(watched, turns(24 * DAY, 31 * DAY, 0.02))
    assert over.resolved_ns is not None


def test_a_monitor_goes_on_with_its_week_after_a_restart() -> None:
    watched = improved()
    [watch] = watched.signal_monitors.values()
    again = Monitor(CONFIG)
    again.allocator.resume(watched.allocator.to_state())
    found = again.restore(("bot", "p_unsupported", "1"), watch.state(), {})
    assert found.detectors is not None
    assert watch.detectors is not None
    assert found.detectors.week is not None
    assert watch.detectors.week is not None
    assert found.detectors.week.days.keys() == watch.detectors.week.days.keys()
    straight = feed(watched, turns(22 * DAY, 24 * DAY, 0.25))
    resumed = feed(again, turns(22 * DAY, 24 * DAY, 0.25))
    assert [each.raised_ns for each in resumed] == [each.raised_ns for each in straight]


def test_turns_during_an_alarm_are_in_no_week_and_busy_hours_give_a_part_of_theirs() -> None:
    observed = [LossObservation(float(n % 20 == 0), n * PAUSE) for n in range(2000)]
    pinned = StratifiedBaseline.of(observed, 0.03)
    week, references = GoodWeek(pinned), []
    for number in range(10 * DAY):
        good = number % DAY < DAY / 2
        at_ns = (2000 + number) * PAUSE
        references.append(week.add(LossObservation(0.0 if good else 1.0, at_ns), at_ns, good=good))
    [reference] = [each for each in references if each is not None]
    assert reference.kind is ReferenceKind.RECENT
    assert reference.mean == 0.0
    at_ns = (2000 + 11 * DAY) * PAUSE
    for number in range(5 * MOST_PER_HOUR):
        week.add(LossObservation(0.0, at_ns + number), at_ns + number, good=True)
    assert len(week.days[at_ns // (DAY * PAUSE)].losses) == MOST_PER_HOUR


def test_a_level_that_somebody_accepted_is_not_alarmed_about_again() -> None:
    watched = Monitor(CONFIG)
    assert feed(watched, turns(0, 6 * DAY, 0.05)) == []
    [alarm] = feed(watched, turns(6 * DAY, 8 * DAY, 0.3))
    [key] = watched.signal_monitors
    assert watched.renew(key, [], alarm.raised_ns + PAUSE, closed=False) == [alarm]
    assert feed(watched, turns(8 * DAY, 30 * DAY, 0.3)) == []
    found = watched.signal_monitors[key].detectors
    assert found is not None
    assert found.recent is not None
    assert found.recent.reference.mean > 0.25
