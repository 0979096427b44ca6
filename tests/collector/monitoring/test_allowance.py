"""However the budget is shared, no more than the budget is handed out."""

import math

from hypothesis import given
from hypothesis import strategies as st

from groundwire_collector.monitoring.allowance import WHOLE, Allowance, share_of_nth
from groundwire_evaluators.drift import AlarmBudget

DAY_NS = 86_400 * 1_000_000_000


def test_shares_of_any_number_add_up_to_less_than_one():
    assert sum(map(share_of_nth, range(1, 10_001))) < 1
    assert math.isclose(sum(map(share_of_nth, range(1, 10_001))), 1, rel_tol=1e-3)


def test_a_quiet_month_hands_out_the_clock_half_of_a_share():
    allowance = Allowance(AlarmBudget.parse("1 per 30d"), share=0.5)
    masses = [allowance.by_clock(WHOLE, day * DAY_NS) for day in range(31)]
    assert math.isclose(sum(masses), 0.25)


def test_time_that_runs_backwards_buys_nothing():
    allowance = Allowance(AlarmBudget.parse("1 per 30d"), share=1)
    allowance.by_clock(WHOLE, 5 * DAY_NS)
    assert allowance.by_clock(WHOLE, 4 * DAY_NS) == 0
    assert math.isclose(allowance.by_clock(WHOLE, 6 * DAY_NS), 0.5 / 30)


@given(st.lists(st.integers(0, 29), max_size=50))
def test_deployments_of_a_period_spend_at_most_their_half(days):
    allowance = Allowance(AlarmBudget.parse("1 per 30d"), share=1)
    assert sum(allowance.at_deployment(day * DAY_NS) for day in sorted(days)) <= 0.5


def test_a_new_period_has_its_own_deployments():
    allowance = Allowance(AlarmBudget.parse("1 per 30d"), share=1)
    assert allowance.at_deployment(0) == allowance.at_deployment(30 * DAY_NS) == 0.25


def test_each_stream_has_its_own_clock():
    allowance = Allowance(AlarmBudget.parse("1 per 30d"), share=1)
    segment = ("model_version", "ft-2")
    allowance.by_clock(WHOLE, 0)
    allowance.by_clock(segment, 0)
    assert allowance.by_clock(WHOLE, DAY_NS) == allowance.by_clock(segment, DAY_NS) > 0
