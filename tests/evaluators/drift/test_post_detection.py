"""Start and size are in their guaranteed intervals, whatever moment an alarm chose to look."""

import numpy as np
import pytest

from groundwire_evaluators.drift import Baseline, PostDetection, TwoSampleESR
from groundwire_evaluators.drift.blocking import Dependence

QUIET = 600


def alarm(seed: int, before: float, after: float, later: int = 0, n: int = 1000) -> PostDetection:
    """Read when the alarm is raised, or so many turns later."""
    rng = np.random.default_rng(seed)
    baseline = Baseline.from_losses((rng.random(n) < before).astype(float))
    detector = TwoSampleESR(baseline=baseline)
    chance = np.r_[np.full(QUIET, before), np.full(4000, after)]
    losses = (rng.random(chance.size) < chance).astype(float).tolist()
    fed = detector.update_many(losses, [1e-5] * len(losses), range(len(losses)))
    assert fed < len(losses)
    for at in range(fed, fed + later):
        detector.update(losses[at], 1e-5, at)
    found = detector.after_detection()
    assert found is not None
    return found


@pytest.mark.parametrize("later", [0, 150])
def test_start_and_size_are_covered_in_nine_of_ten_alarms_and_more(later: int) -> None:
    found = [alarm(seed, 0.05, 0.20, later) for seed in range(30)]
    assert sum(each.since[0] <= QUIET <= each.since[1] for each in found) >= 27
    assert sum(each.size[0] <= 0.15 <= each.size[1] for each in found) >= 27


def test_more_turns_after_the_alarm_narrow_both_intervals() -> None:
    at_once, later = alarm(1, 0.05, 0.4), alarm(1, 0.05, 0.4, later=300)
    assert later.size[0] > max(at_once.size[0], 0.15)
    assert later.since[1] - later.since[0] <= at_once.since[1] - at_once.since[0]


def test_dependent_turns_say_less() -> None:
    losses = [0.0, 0.0, 0.0, 0.0, 1.0] * 400
    plain = Baseline.from_losses(losses)
    dependent = Baseline.from_losses(losses, Dependence(block=8, inflation=4.0))
    widths = []
    for baseline in (plain, dependent):
        detector = TwoSampleESR(baseline=baseline)
        for at in range(400):
            detector.update(float(at % 5 == 0 or at > 200), 1e-5, at)
        found = detector.after_detection()
        assert found is not None
        widths.append(found.size[1] - found.size[0])
    assert widths[1] > widths[0]


def test_without_turns_or_after_a_budget_is_spent_nothing_is_said() -> None:
    detector = TwoSampleESR(baseline=Baseline.from_losses([0.0, 1.0] * 50))
    assert detector.after_detection() is None
    detector.update(1.0, 0.99, 0)
    assert detector.after_detection() is None
