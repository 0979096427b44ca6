"""Streams have baselines of their own; alarms hide no others; recovery is judged where due."""

import random
from collections.abc import Callable, Iterator

import pytest

from groundwire_collector.drift import checkpoint
from groundwire_collector.drift.baseline_collector import MOST_PER_HOUR
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.dimensions import DIMENSIONS
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import MonitoredTurn, SignalLoss
from groundwire_collector.settings import Settings
from groundwire_collector.storage import drift
from groundwire_collector.storage.drift import Alarm
from groundwire_evaluators.drift import AlarmBudget

MINUTE = 60 * 10**9
DAY = 24 * 60 * MINUTE
BEGIN = 20_454 * DAY
Tags = dict[str, str]
Turn = Callable[[int, random.Random], tuple[float, Tags]]  # chance of a bad turn, and tags


def monitor(turns: int = 1000, days: float = 0.0) -> Monitor:
    return Monitor(
        MonitorConfig(
            AlarmBudget.parse("1 per 30d"),
            baseline_turns=turns,
            baseline_days=days,
            dimensions=DIMENSIONS,
        )
    )


def traffic(
    turn: Turn, begin: int, end: int, seed: int = 1, pause: int = MINUTE
) -> Iterator[MonitoredTurn]:
    rng = random.Random(f"{seed} {begin}")
    for number in range(begin, end):
        chance, tags = turn(number, rng)
        yield MonitoredTurn(
            service="bot",
            at_ns=BEGIN + number * pause,
            losses=[SignalLoss("p_unsupported", "1", float(rng.random() < chance))],
            tags=tags,
            route=tags.get("route", "chat"),
        )


def feed(watched: Monitor, turns: Iterator[MonitoredTurn]) -> list[Alarm]:
    return [alarm for turn in turns for alarm in watched.take(turn)]


def named(alarms: list[Alarm]) -> list[tuple[str, str, bool]]:
    return [(*each.change.segment, each.resolved_ns is not None) for each in alarms]


def hard_route(_: int, rng: random.Random) -> tuple[float, Tags]:
    hard = rng.random() < 0.08
    return (0.3 if hard else 0.05), {"route": "tool" if hard else "chat", "model_version": "m1"}


def two_prompts(_: int, rng: random.Random) -> tuple[float, Tags]:
    second = rng.random() < 0.3
    return (0.12 if second else 0.05), {"prompt_version": "summary" if second else "qa"}


def many_tenants(_: int, rng: random.Random) -> tuple[float, Tags]:
    which = rng.randrange(10)
    return 0.01 + 0.01 * which, {"tenant": f"t{which}"}


@pytest.mark.parametrize("turn", [hard_route, two_prompts, many_tenants])
@pytest.mark.parametrize("turns", [500, 2000])
def test_parts_of_unequal_difficulty_are_no_drift(turn: Turn, turns: int) -> None:
    assert feed(monitor(turns), traffic(turn, 0, 12_000)) == []


def test_a_tenant_that_comes_later_may_be_harder_without_an_alarm() -> None:
    def turn(number: int, rng: random.Random) -> tuple[float, Tags]:
        new = number > 3000 and rng.random() < 0.02
        return (0.4 if new else 0.05), {"tenant": "new" if new else "old"}

    watched = monitor()
    assert feed(watched, traffic(turn, 0, 12_000)) == []
    [watch] = watched.signal_monitors.values()
    assert ("tenant", "new") in watch.collecting


def test_a_value_that_has_collected_its_own_turns_is_watched_by_itself() -> None:
    def turn(number: int, rng: random.Random) -> tuple[float, Tags]:
        new = number > 1500 and rng.random() < 0.2
        chance = 0.4 if new and number > 6000 else 0.05
        return chance, {"tenant": "new" if new else "old"}

    watched = monitor()
    assert feed(watched, traffic(turn, 0, 6000)) == []
    alarms = feed(watched, traffic(turn, 6000, 9000))
    assert named(alarms) == [("tenant", "new", False)]
    assert alarms[0].details["baseline"]["of"] == "collected"


def test_a_change_of_the_whole_says_which_segments_were_compared_with_nothing() -> None:
    def turn(number: int, rng: random.Random) -> tuple[float, Tags]:
        new = number > 1500 and rng.random() < 0.3
        return (0.5 if new else 0.05), {"tenant": "new" if new else "old"}

    watched = monitor(1200)
    [alarm] = feed(watched, traffic(turn, 0, 2300))
    assert alarm.change.segment == ("", "")
    assert any("tenant new is too new" in each for each in alarm.details["findings"])


def small_tenant_gets_worse(number: int, rng: random.Random) -> tuple[float, Tags]:
    """A tenant of a tenth from turn 2,000 on, and another of a fifth from turn 5,000 on."""
    u = rng.random()
    if u < 0.1:
        return (0.4 if number > 2000 else 0.05), {"tenant": "small"}
    if u < 0.3:
        return (0.4 if number > 5000 else 0.05), {"tenant": "other"}
    return 0.05, {"tenant": "big"}


@pytest.mark.parametrize("seed", range(3))
def test_a_drift_that_stays_is_reported_once_and_does_not_hide_another_one(seed: int) -> None:
    watched = monitor(2000)
    assert feed(watched, traffic(small_tenant_gets_worse, 0, 2000, seed)) == []
    first = feed(watched, traffic(small_tenant_gets_worse, 2000, 5000, seed))
    assert named(first) == [("tenant", "small", False)]
    second = feed(watched, traffic(small_tenant_gets_worse, 5000, 9000, seed))
    assert named(second) == [("tenant", "other", False)]


def test_a_drift_of_the_whole_service_does_not_hide_a_segment_that_gets_worse_still() -> None:
    def turn(number: int, rng: random.Random) -> tuple[float, Tags]:
        other = rng.random() < 0.3
        worse = 0.1 if number > 2000 else 0.0
        chance = 0.6 if other and number > 5000 else 0.05 + worse
        return chance, {"tenant": "other" if other else "big", "model_version": "m1"}

    watched = monitor(2000)
    assert named(feed(watched, traffic(turn, 0, 5000))) == [("", "", False)]
    assert ("tenant", "other", False) in named(feed(watched, traffic(turn, 5000, 8000)))


def test_recovery_is_judged_on_the_stream_that_the_alarm_names() -> None:
    def turn(number: int, rng: random.Random) -> tuple[float, Tags]:
        small = rng.random() < 0.1
        bad = small and 2000 < number <= 8000
        return (0.4 if bad else 0.05), {"tenant": "small" if small else "big"}

    watched = monitor(2000)
    assert named(feed(watched, traffic(turn, 0, 8000))) == [("tenant", "small", False)]
    assert named(feed(watched, traffic(turn, 8000, 14_000))) == [("tenant", "small", True)]


def test_a_version_that_was_rolled_back_has_recovered() -> None:
    def turn(number: int, rng: random.Random) -> tuple[float, Tags]:
        new = 1500 < number < 1900
        return (0.4 if new else 0.05), {"model_version": "m2" if new else "m1"}

    watched = monitor()
    assert named(feed(watched, traffic(turn, 0, 2500))) == [
        ("model_version", "m2", False),
        ("model_version", "m2", True),
    ]


def test_a_version_that_is_sent_the_harder_questions_is_no_worse() -> None:
    def turn(number: int, rng: random.Random) -> tuple[float, Tags]:
        hard = rng.random() < 0.5
        new = hard and number > 3000
        return (0.12 if hard else 0.01), {"model_version": "m2" if new else "m1"}

    assert feed(monitor(3000), traffic(turn, 0, 12_000)) == []


def test_a_version_that_is_worse_at_several_tasks_is_named_before_the_tasks() -> None:
    def turn(number: int, rng: random.Random) -> tuple[float, Tags]:
        task = rng.randrange(4)
        new = number > 3000
        chance = 0.03 + 0.02 * task + (0.05 + 0.1 * task if new else 0.0)
        return chance, {"route": f"task{task}", "model_version": "m2" if new else "m1"}

    for seed in range(3):
        alarms = feed(monitor(3000), traffic(turn, 0, 5000, seed))
        assert named(alarms)[:1] == [("model_version", "m2", False)]


def test_one_bad_turn_after_a_clean_baseline_is_not_yet_an_alarm() -> None:
    def clean(number: int, _: random.Random) -> tuple[float, Tags]:
        return float(number == 605), {"model_version": "m1" if number < 600 else "m2"}

    def two(number: int, _: random.Random) -> tuple[float, Tags]:
        return float(number in (605, 607)), {"model_version": "m1" if number < 600 else "m2"}

    assert feed(monitor(500), traffic(clean, 0, 700)) == []
    [alarm] = feed(monitor(500), traffic(two, 0, 610))
    assert (alarm.change.value, alarm.details["bad_turns"]) == ("m2", 2.0)
    assert 0 <= alarm.change.size_interval[0] < alarm.change.size < 0.5


def test_a_list_of_the_segments_that_changed_comes_with_the_alarm() -> None:
    def turn(number: int, rng: random.Random) -> tuple[float, Tags]:
        tenant = rng.choice("abcd")
        bad = number > 2000 and tenant in "ab"
        return (0.5 if bad else 0.05), {"tenant": tenant}

    [alarm, *_] = feed(monitor(2000), traffic(turn, 0, 4000))
    listed = {tuple(each) for each in alarm.details["segments"]}
    assert listed <= {("tenant", "a"), ("tenant", "b")}
    assert listed


def test_the_first_days_are_watched_for_large_changes_only() -> None:
    def turn(number: int, _: random.Random) -> tuple[float, Tags]:
        return (0.5 if number > 1200 else 0.05), {"model_version": "m1" if number <= 1200 else "m2"}

    def season(number: int, _: random.Random) -> tuple[float, Tags]:
        return (0.02 if number // 60 % 24 < 12 else 0.08), {"model_version": "m1"}

    alarms = feed(monitor(2000, days=7), traffic(turn, 0, 1400))
    assert [(each.change.value, each.details["provisional"]) for each in alarms] == [("m2", True)]
    watched = monitor(2000, days=7)
    assert feed(watched, traffic(season, 0, 7 * 24 * 60 - 100)) == []
    [watch] = watched.signal_monitors.values()
    assert watch.pinned is not None
    assert watch.pinned.provisional


def test_a_baseline_spans_its_days_and_takes_no_more_than_so_many_turns_of_an_hour() -> None:
    def turn(number: int, _: random.Random) -> tuple[float, Tags]:
        return 0.05, {"model_version": "m1"}

    watched = monitor(2000, days=2)
    feed(watched, traffic(turn, 0, 2 * 24 * 600 + 2, pause=MINUTE // 10))
    [watch] = watched.signal_monitors.values()
    assert watch.pinned is not None
    assert not watch.pinned.provisional
    assert watch.pinned.n <= 49 * MOST_PER_HOUR
    assert watch.pinned.days_spanned >= 2


def test_turns_under_an_open_alarm_are_no_part_of_the_baseline() -> None:
    def turn(number: int, _: random.Random) -> tuple[float, Tags]:
        return (0.6 if 1000 < number < 2000 else 0.05), {"model_version": "m1"}

    watched = monitor(2000, days=2)
    alarms = feed(watched, traffic(turn, 0, 5000))
    assert [each.resolved_ns is not None for each in alarms] == [False, True]
    [watch] = watched.signal_monitors.values()
    assert watch.pinned is not None
    assert not watch.pinned.provisional
    assert watch.pinned.mean < 0.08


def test_a_baseline_is_completed_at_the_level_of_an_alarm_that_lasts() -> None:
    """The first 200 turns were better than all that follow, and nobody accepts or mends it."""

    def turn(number: int, _: random.Random) -> tuple[float, Tags]:
        return (0.5 if number > 400 else 0.05), {"model_version": "m1"}

    watched = monitor(1500, days=2)
    [raised, closed, *later] = feed(watched, traffic(turn, 0, 9000))
    assert raised.details["provisional"]
    assert (closed.state, closed.accepted_by) == ("accepted", "groundwire")
    assert later == []
    [watch] = watched.signal_monitors.values()
    assert watch.pinned is not None
    assert not watch.pinned.provisional
    assert watch.pinned.mean == pytest.approx(0.5, abs=0.05)


def test_turns_under_a_provisional_alarm_that_ends_are_no_part_of_the_baseline() -> None:
    def turn(number: int, _: random.Random) -> tuple[float, Tags]:
        return (0.5 if 400 < number < 4500 else 0.05), {"model_version": "m1"}

    watched = monitor(1500, days=2)
    alarms = feed(watched, traffic(turn, 0, 9500))
    assert [each.state for each in alarms] == ["open", "recovered"]
    [watch] = watched.signal_monitors.values()
    assert watch.pinned is not None
    assert not watch.pinned.provisional
    assert watch.pinned.mean < 0.08


@pytest.mark.parametrize("batch", [1, 311])
def test_open_alarms_and_collecting_segments_go_on_as_if_never_stopped(batch, engine) -> None:
    def turn(number: int, rng: random.Random) -> tuple[float, Tags]:
        chance, tags = small_tenant_gets_worse(number, rng)
        return chance, tags | ({"tenant": "late"} if number > 2500 and rng.random() < 0.02 else {})

    settings = Settings(baseline_turns=1500, baseline_days=0, tenant_metrics=True)
    length = 3200 if batch > 1 else 2300
    stream = list(traffic(turn, 0, length, 1))
    skip = 0 if batch > 1 else 2200  # in single steps only the end
    alarms: list[Alarm] = []
    begins = [*range(0, skip, max(skip, 1)), *range(skip, length, batch)]
    for begin, end in zip(begins, [*begins[1:], length], strict=True):
        with engine.begin() as connection:
            recalled = checkpoint.recall(connection, settings)
            for reading in stream[begin:end]:
                for alarm in recalled.take(reading):
                    recalled.identify(alarm, drift.raise_alarm(connection, alarm))
                    alarms.append(alarm)
            checkpoint.keep(connection, recalled)
    straight = Monitor(MonitorConfig.of(settings))
    assert named(alarms) == named(feed(straight, iter(stream)))
    with engine.begin() as connection:
        [again] = checkpoint.recall(connection, settings).signal_monitors.values()
    [watch] = straight.signal_monitors.values()
    assert again.evidence == watch.evidence
    assert again.open.keys() == watch.open.keys()
    assert again.collecting.keys() == watch.collecting.keys()
    for stream_name, found in watch.open.items():
        assert again.open[stream_name].recovery.statistic == found.recovery.statistic
