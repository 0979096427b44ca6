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
    assert watch.day.mass == 1.5
