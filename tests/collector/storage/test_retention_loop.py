"""When the wall clock is believed."""

import time

import pytest

from groundwire_collector.storage.retention_loop import DOUBT_NS, JUMP_NS, WallClock


class Machine:
    """Both clocks, and how wrong the one on the wall is."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.up_ns, self.wrong_ns = 5 * 10**9, 0
        patch.setattr(time, "clock_gettime_ns", lambda _clock: self.up_ns)
        patch.setattr(time, "time_ns", lambda: 1_700_000_000 * 10**9 + self.up_ns + self.wrong_ns)

    def wait(self, ns: int) -> None:
        self.up_ns += ns


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_a_clock_that_is_corrected_a_little_is_believed(machine: Machine) -> None:
    clock = WallClock()
    for correction in (0, JUMP_NS - 1, -JUMP_NS + 1):
        machine.wait(10**12)
        machine.wrong_ns += correction
        assert clock.now_ns() == time.time_ns()


@pytest.mark.parametrize("jump", [40 * DOUBT_NS, -40 * DOUBT_NS])
def test_a_clock_that_jumped_is_not_believed_for_a_day(machine: Machine, jump: int) -> None:
    clock = WallClock()
    machine.wrong_ns = jump
    assert clock.now_ns() is None
    machine.wait(DOUBT_NS - 1)
    assert clock.now_ns() is None
    machine.wait(1)
    assert clock.now_ns() == time.time_ns()


def test_setting_it_right_is_a_jump_too(machine: Machine) -> None:
    clock = WallClock()
    machine.wrong_ns = 40 * DOUBT_NS
    assert clock.now_ns() is None
    machine.wait(DOUBT_NS - 1)
    machine.wrong_ns = 0
    assert clock.now_ns() is None
    machine.wait(DOUBT_NS)
    assert clock.now_ns() == time.time_ns()
