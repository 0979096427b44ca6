"""Budget of reading on live traffic: what it admits after work, backlog and pauses."""

from groundwire_evaluators.grounding.reading_budget import ReadingBudget


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def backlog(budget: ReadingBudget, clock: Clock, turns: int, cost: float) -> tuple[int, float]:
    """How many turns of a backlog are read, and the seconds that reading took."""
    read, seconds = 0, 0.0
    for _ in range(turns):
        if budget.admits(1):
            read += 1
            seconds += cost
            clock.now += cost
            budget.spend(cost)
        clock.now += 0.008  # the turn by words
    return read, seconds


def test_a_reader_within_its_share_reads_every_turn_of_any_backlog() -> None:
    clock = Clock()
    read, _ = backlog(ReadingBudget(0.04, 10.0, clock), clock, 10_000, 0.035)
    assert read == 10_000


def test_a_slow_reader_delays_a_backlog_by_no_more_than_what_was_saved() -> None:
    clock = Clock()
    read, seconds = backlog(ReadingBudget(0.04, 10.0, clock), clock, 5_000, 0.5)
    assert 0 < read < 5_000
    assert seconds <= 5_000 * 0.04 + 10.0 + 0.5


def test_a_pause_saves_up_what_it_lasts_but_no_more_than_the_most() -> None:
    clock = Clock()
    budget = ReadingBudget(0.0, 10.0, clock)
    budget.spend(25.0)
    clock.now += 5.0
    assert not budget.admits(1)
    clock.now += 11.0
    assert budget.admits(1)
    budget.spend(10.0)
    clock.now += 1_000.0
    assert budget.admits(1)
    budget.spend(10.0)
    assert not budget.admits(1)


def test_the_time_between_turns_of_a_backlog_saves_nothing() -> None:
    clock = Clock()
    budget = ReadingBudget(0.0, 10.0, clock)
    budget.spend(10.5)
    for _ in range(100):
        clock.now += 0.1
        assert not budget.admits(1)
