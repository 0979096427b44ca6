"""Calls are spaced by rate, and a burst is what a pause has saved."""

import pytest

from groundwire_collector.llm.rate_limiter import DAY, RateLimiter


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(limiter: RateLimiter, tries: int) -> int:
    return sum(limiter.take() for _ in range(tries))


def test_without_a_burst_calls_are_evenly_spaced(clock: Clock) -> None:
    limiter = RateLimiter(per_minute=60, clock=clock)
    assert taken(limiter, 3) == 1
    clock.now += 0.9
    assert not limiter.take()
    clock.now += 0.1
    assert limiter.take()


def test_a_burst_may_come_at_once_and_is_saved_again_by_a_pause(clock: Clock) -> None:
    limiter = RateLimiter(per_minute=600, burst=10, clock=clock)
    assert taken(limiter, 20) == 10
    clock.now += 0.3
    assert taken(limiter, 20) == 3
    clock.now += 3600
    assert taken(limiter, 20) == 10


def test_waiting_takes_as_long_as_the_rate_says(clock: Clock) -> None:
    limiter = RateLimiter(per_minute=30, burst=2, clock=clock, sleep=clock.sleep)
    assert all(limiter.wait() for _ in range(5))
    assert clock.now == pytest.approx(6.0)  # two at once, then one every two seconds


def test_a_day_s_budget_is_spent_until_the_next_day(clock: Clock) -> None:
    limiter = RateLimiter(per_minute=6000, per_day=2, burst=10, clock=clock)
    assert taken(limiter, 5) == 2
    assert not limiter.wait()
    clock.now += DAY
    assert taken(limiter, 5) == 2


@pytest.mark.parametrize("wrong", [{"per_minute": 0.0}, {"burst": 0.5}])
def test_what_allows_no_call_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        RateLimiter(**wrong)
