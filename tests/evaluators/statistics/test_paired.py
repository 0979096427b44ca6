"""Paired changes: exact sign flips, intervals that clusters widen."""

import numpy as np
import pytest

from groundwire_evaluators.statistics import compare_pairs
from groundwire_evaluators.statistics.paired import paired, sign_flip_p


def test_one_pair_a_cluster_is_mcnemars_test_and_newcombes_interval():
    rng = np.random.default_rng(1)
    before, after = rng.random(80) < 0.8, rng.random(80) < 0.7
    found = paired(before.astype(float), after.astype(float), range(80))
    known = compare_pairs(before.tolist(), after.tolist())
    assert found.p_below() == pytest.approx(min(known.p_value, 0.5))
    assert found.interval() == pytest.approx(known.interval)
    assert found.change == pytest.approx(known.change)


def test_the_same_pairs_drawn_again_say_nothing_new():
    rng = np.random.default_rng(2)
    before, after = (rng.random(60) < 0.8).astype(float), (rng.random(60) < 0.6).astype(float)
    once = paired(before, after, range(60))
    often = paired(np.repeat(before, 5), np.repeat(after, 5), np.repeat(np.arange(60), 5).tolist())
    assert often.p_below() == pytest.approx(once.p_below())
    low, high = often.interval()
    assert high - low == pytest.approx(once.interval().high - once.interval().low, rel=0.03)


def test_no_change_in_clusters_has_the_width_of_so_many_clusters():
    values = [1.0] * 200
    wide = paired(values, values, [n // 20 for n in range(200)]).interval()
    assert wide.low < -0.2 < -0.05 < paired(values, values, range(200)).interval().low


@pytest.mark.parametrize("size", [8, 40])
def test_sign_flips_of_any_numbers_hold_their_level(size):
    """Equal pairs of skewed differences: called lower at 5 % in about 5 % of 400 draws."""
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(400):
        differences = rng.exponential(1.0, size) * rng.choice([-1, 1], size)
        hits += sign_flip_p(differences, -1) <= 0.05
    assert 0.02 <= hits / 400 <= 0.08


def test_exact_and_drawn_flips_agree():
    whole = np.array([-1.0] * 14 + [1.0] * 6)
    assert sign_flip_p(whole + 1e-7, -1) == pytest.approx(sign_flip_p(whole, -1), abs=0.01)


def test_ratios_are_of_geometric_means_and_zero_is_the_smallest_value():
    found = paired([1.0, 2.0, 4.0] * 10, [2.0, 4.0, 8.0] * 10, range(30), ratio=True)
    assert found.change == pytest.approx(1.0)
    assert 2**-30 <= found.p_above() < 1e-6
    assert found.interval().low == pytest.approx(1.0)
    assert paired([0.0] * 10, [0.0] * 10, range(10), ratio=True) is None


def test_fewer_than_three_clusters_say_nothing():
    assert paired([1.0] * 40, [0.0] * 40, ["a", "b"] * 20) is None


def test_pairs_need_both_values():
    with pytest.raises(ValueError, match="both values"):
        paired([1.0], [1.0, 0.0], ["a"])
