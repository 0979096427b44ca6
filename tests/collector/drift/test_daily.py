"""The slow clock: day means against pinned day means."""

import random
from collections.abc import Iterator

from groundwire_collector.drift.daily import DAY_NS, LEAST_DAYS, DailyMonitor, DayWindow

START = 20_000 * DAY_NS
EFFECT = 0.03


def turns(days: int, mean: float, begin: int = 0, seed: int = 1) -> Iterator[tuple[int, float]]:
    """Fifty turns a day, whose mean differs a little from day to day."""
    rng = random.Random(seed)
    for day in range(begin, begin + days):
        today = mean + rng.gauss(0, 0.006)
        for turn in range(50):
            loss = min(max(rng.gauss(today, 0.02), 0.0), 1.0)
            yield START + day * DAY_NS + turn * DAY_NS // 50, loss


def days_until_alarm(mean: float, seed: int, longest: int = 60) -> int | None:
    reference = DayWindow.of(turns(30, 0.1, seed=seed), EFFECT)
    assert reference is not None
    watch = DailyMonitor(reference, EFFECT)
    for at_ns, loss in turns(longest, mean, 40, seed + 1000):
        watch.observe(loss, 1e-3 / 50, at_ns)
        if watch.statistic >= 1:
            return (at_ns - START) // DAY_NS - 40
    return None


def test_a_growth_by_the_smallest_effect_is_found_within_weeks():
    found = [days_until_alarm(0.1 + EFFECT, seed) for seed in range(5)]
    assert all(days is not None and days <= 30 for days in found)


def test_days_that_are_as_before_raise_nothing():
    assert [days_until_alarm(0.1, seed) for seed in range(10)] == [None] * 10


def test_too_few_whole_days_are_no_reference():
    assert (
        DayWindow.of(turns(LEAST_DAYS + 1, 0.1), EFFECT) is None
    )  # the first and the last are parts
    assert DayWindow.of(turns(LEAST_DAYS + 2, 0.1), EFFECT) is not None


def test_a_day_of_few_turns_waits_for_no_verdict_and_keeps_its_mass():
    reference = DayWindow.of(turns(30, 0.1), EFFECT)
    assert reference is not None
    watch = DailyMonitor(reference, EFFECT)
    for day in (40, 41, 42):
        watch.observe(1.0, 0.5, START + day * DAY_NS)
    assert watch.statistic == 0.0
    assert watch.mass == 1.5


def false_alarms(before: int, after: int, runs: int) -> int:
    """Of histories whose mean is always .05, where only the number of turns a day changes."""
    count = 0
    for seed in range(runs):
        rng = random.Random(seed)

        def day_of(number: int, size: int, rng: random.Random = rng) -> list[tuple[int, float]]:
            return [(number * DAY_NS + turn, float(rng.random() < 0.05)) for turn in range(size)]

        reference = DayWindow.of(
            [turn for day in range(25) for turn in day_of(day, before)], EFFECT
        )
        assert reference is not None
        watch = DailyMonitor(reference, EFFECT)
        for day in range(25, 145):
            for at_ns, loss in day_of(day, after):
                watch.observe(loss, 9e-4 / after, at_ns)
        count += watch.statistic >= 1
    return count


def test_fewer_turns_a_day_are_no_drift():
    assert false_alarms(before=300, after=12, runs=20) <= 4  # 0.11 of mass each


def test_days_of_too_few_turns_are_taken_together():
    reference = DayWindow.of(turns(30, 0.1), EFFECT)
    assert reference is not None
    watch = DailyMonitor(reference, EFFECT)
    for at_ns, loss in turns(30, 0.5, 40):
        if (at_ns // (DAY_NS // 50)) % 5 == 0:
            watch.observe(loss, 1e-3, at_ns)
    assert watch.detector.last is not None


def test_a_daily_clock_that_was_written_down_goes_on_as_it_was():
    reference = DayWindow.of(turns(30, 0.1), EFFECT)
    assert reference is not None
    one, other = DailyMonitor(reference, EFFECT), DailyMonitor(reference, EFFECT)
    later = list(turns(12, 0.13, 40))
    for number, (at_ns, loss) in enumerate(later):
        one.observe(loss, 1e-4, at_ns)
        other.observe(loss, 1e-4, at_ns)
        if number % 77 == 0:
            state = other.to_state()
            other = DailyMonitor(reference, EFFECT)
            other.resume(state)
    assert one.to_state() == other.to_state()
