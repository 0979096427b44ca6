"""Paired runs: only changed items tell, and a change that is none is seldom called one."""

import numpy as np
import pytest

from groundwire_evaluators.statistics import compare_pairs
from groundwire_evaluators.statistics.mcnemar import upper_tail


def test_the_p_value_counts_losses_among_the_changed_items() -> None:
    before = [True] * 10 + [False] * 2 + [True] * 88
    after = [False] * 10 + [True] * 2 + [True] * 88
    compared = compare_pairs(before, after)
    assert (compared.n, compared.lost, compared.gained) == (100, 10, 2)
    assert compared.p_value == pytest.approx(79 / 4096)  # P(X >= 10 of 12)
    assert compared.change == pytest.approx(-0.08)
    assert compared.interval.low < -0.08 < compared.interval.high < 0


def test_equal_runs_and_no_runs_are_no_change() -> None:
    assert compare_pairs([True, False], [True, False]).p_value == 1.0
    assert compare_pairs([], []).p_value == 1.0


def test_an_improvement_is_never_a_loss() -> None:
    assert compare_pairs([False] * 20, [True] * 20).p_value == 1.0


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="both outcomes"):
        compare_pairs([True], [])


def test_the_tail_is_exact() -> None:
    assert upper_tail(0, 5) == 1.0
    assert upper_tail(5, 5) == 1 / 32


def test_its_false_alarm_rate_holds_under_noise() -> None:
    generator = np.random.default_rng(3)
    alarms = 0
    for _ in range(2000):
        base = generator.random(150)
        before, after = (generator.random(150) < base for _ in range(2))
        alarms += compare_pairs(list(before), list(after)).p_value <= 0.05
    assert alarms / 2000 <= 0.05 + 3 * (0.05 * 0.95 / 2000) ** 0.5
