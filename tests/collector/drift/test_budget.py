"""However the budget is shared, no period spends more than the budget."""

import json
import random
from collections import deque
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire_collector.drift.budget import AlarmBudgetAllocator, FairShare, RollingLimit
from groundwire_evaluators.drift import AlarmBudget

DAY_NS = 86_400 * 1_000_000_000
PERIOD_NS = 30 * DAY_NS
USUAL = 30 / 7  # deployments a period, before any was seen


def allocator(deploy_share: float = 0.5) -> AlarmBudgetAllocator:
    return AlarmBudgetAllocator(AlarmBudget.parse("1 per 30d"), deploy_share)


def most_in_a_period(spent: list[tuple[int, float]]) -> float:
    """The largest sum of what was spent in any 30 days in a row."""
    window: deque[tuple[int, float]] = deque()
    total = most = 0.0
    for at_ns, mass in spent:
        window.append((at_ns, mass))
        total += mass
        while window[0][0] <= at_ns - PERIOD_NS:
            total -= window.popleft()[1]
        most = max(most, total)
    return most


@given(
    st.lists(st.tuples(st.integers(0, 120 * 24), st.floats(0, 2)), max_size=80),
)
def test_no_period_of_a_rolling_limit_exceeds_its_limit(requested):
    rolling = RollingLimit(limit=0.5, seconds=30 * 86_400)
    spent = [
        (hour * DAY_NS // 24, rolling.draw(wanted, hour * DAY_NS // 24))
        for hour, wanted in sorted(requested)
    ]
    assert most_in_a_period(spent) <= 0.5 + 1e-9


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.floats(0, 1)), max_size=200))
def test_members_never_take_more_than_was_distributed(calls):
    share, distributed, taken = FairShare(idle_ns=10), 0.0, 0.0
    for moment, (name, amount) in enumerate(calls):
        share.distribute(amount, moment)
        distributed += amount
        taken += share.take(name, moment)
    assert taken <= distributed + 1e-9


def test_a_thousand_values_and_a_hundred_deployments_a_day_stay_within_the_budget():
    """Half a year: services come and go, each turn is of one of many watches."""
    rng, shared = random.Random(5), allocator()
    spent: list[tuple[int, float]] = []
    for hour in range(180 * 24):
        at_ns = hour * DAY_NS // 24
        first = hour // 24 * 5  # five new services a day, a thousand in all
        for _ in range(6):
            name = f"s{first + rng.randrange(100)}"
            spent.append((at_ns, shared.accrued_mass(f"{name}\x1fsignal", at_ns)))
        names = [f"s{first + rng.randrange(50)}" for _ in range(4 if hour % 24 else 8)]
        spent += [(at_ns, shared.at_deployment(name, at_ns)) for name in names]  # a hundred a day
    assert most_in_a_period(spent) <= 1 + 1e-9
    last_month = sum(mass for at_ns, mass in spent if at_ns >= 150 * DAY_NS)
    assert last_month > 0.6  # and it is not hoarded either


def test_a_watch_alone_gets_nearly_all_of_the_time():
    shared = allocator()
    masses = [shared.accrued_mass("bot\x1fp", hour * DAY_NS // 24) for hour in range(30 * 24 + 1)]
    assert 0.45 < sum(masses) <= 0.5


def test_a_service_that_is_gone_leaves_its_share_to_the_others():
    shared = allocator()
    for day in range(5):
        for name in ("stays\x1fp", "goes\x1fp"):
            shared.accrued_mass(name, day * DAY_NS)
    together = shared.accrued_mass("stays\x1fp", 5 * DAY_NS)
    for day in range(6, 20):
        alone = shared.accrued_mass("stays\x1fp", day * DAY_NS)
    assert alone == pytest.approx(2 * together)


def test_deployments_that_come_steadily_get_even_parts():
    shared = allocator()
    masses = [shared.at_deployment("bot", hour * DAY_NS // 24) for hour in range(0, 24 * 120, 8)]
    assert masses[0] == pytest.approx(0.5 / (2 + USUAL))  # of its service's share
    late = masses[-90:]
    assert min(late) > 0.4 * 0.5 / 90
    assert max(late) < 1.1 * 0.5 / 90


def test_many_deployments_at_once_draw_ever_less():
    shared = allocator()
    masses = [shared.at_deployment("bot", 0) for _ in range(100)]
    left = [0.5 * (1 + USUAL) / (j + USUAL) for j in range(1, 102)]
    expected = [before - after for before, after in pairwise(left)]
    assert masses == pytest.approx(expected)


def test_a_service_that_deploys_all_day_does_not_take_the_others_budget():
    shared = allocator()
    for hour in range(24 * 60):
        for name in ("busy\x1fp", "calm\x1fp"):
            shared.accrued_mass(name, hour * DAY_NS // 24)
        for _ in range(4):
            shared.at_deployment("busy", hour * DAY_NS // 24)
    assert shared.at_deployment("calm", 60 * DAY_NS) > 0.03


def test_a_deployment_may_draw_little_of_a_budget_of_many_years():
    masses = [
        AlarmBudgetAllocator(AlarmBudget.parse(budget)).at_deployment("bot", 0)
        for budget in ("1 per d", "1 per 30d", "1 per 3000d")
    ]
    assert masses[0] > 2 * masses[1] > 50 * masses[2]


def test_time_that_runs_backwards_buys_nothing_and_a_gap_little():
    shared = allocator()
    shared.accrued_mass("bot\x1fp", 5 * DAY_NS)
    assert shared.accrued_mass("bot\x1fp", 4 * DAY_NS) == 0
    assert shared.accrued_mass("bot\x1fp", 300 * DAY_NS) == 0  # gone for longer than the memory
    assert shared.accrued_mass("bot\x1fp", 301 * DAY_NS) == pytest.approx(0.95 * 0.5 / 30)


def test_an_allowance_that_is_written_down_goes_on_as_if_never_stopped():
    straight, stopped = allocator(), allocator()
    rng = random.Random(3)
    for step in range(500):
        at_ns, name = step * DAY_NS // 10, f"s{rng.randrange(5)}"
        expected = straight.accrued_mass(f"{name}\x1fp", at_ns), straight.at_deployment(name, at_ns)
        state = json.loads(json.dumps(stopped.to_state()))
        stopped = allocator()
        stopped.resume(state)
        assert (
            stopped.accrued_mass(f"{name}\x1fp", at_ns),
            stopped.at_deployment(name, at_ns),
        ) == (expected)
