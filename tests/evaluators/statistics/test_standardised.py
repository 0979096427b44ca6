"""Differences within shared strata: another mix is no difference, clusters widen."""

import numpy as np
import pytest

from groundwire_evaluators.statistics.standardised import Group, standardised


def drawn(rng, n, hard, right, sessions=None):
    """n turns, a share of them hard; `right` is the chance by stratum."""
    strata = np.where(rng.random(n) < hard, "hard", "easy")
    values = (rng.random(n) < np.where(strata == "hard", right["hard"], right["easy"])).astype(
        float
    )
    names = rng.integers(0, sessions or 10**9, n)
    return Group(values.tolist(), strata.tolist(), [names.tolist()])


def test_another_mix_of_hard_questions_is_no_difference():
    right = {"easy": 0.95, "hard": 0.5}
    rng = np.random.default_rng(1)
    before, after = drawn(rng, 2000, 0.2, right), drawn(rng, 2000, 0.7, right)
    assert np.mean(after.values) - np.mean(before.values) < -0.15
    found = standardised(before, after, share=True)
    assert found.interval().low < 0 < found.interval().high
    assert abs(found.change) < 0.04


def test_a_worse_version_is_found_although_its_mix_is_easier():
    rng = np.random.default_rng(2)
    before = drawn(rng, 2000, 0.7, {"easy": 0.95, "hard": 0.6})
    after = drawn(rng, 2000, 0.2, {"easy": 0.85, "hard": 0.5})
    assert np.mean(after.values) > np.mean(before.values)
    found = standardised(before, after, share=True)
    assert found.interval().high < 0
    assert found.p_below() < 1e-4


def test_a_stratum_that_one_side_lacks_counts_nothing():
    before = Group([1.0] * 50 + [0.0] * 50, ["a"] * 50 + ["b"] * 50)
    after = Group([1.0] * 50, ["a"] * 50)
    found = standardised(before, after, share=True)
    assert (found.before, found.after, found.n) == (1.0, 1.0, (50, 50))
    assert standardised(before, Group([1.0] * 50, ["c"] * 50), share=True) is None


@pytest.mark.parametrize(("share", "ratio"), [(True, False), (False, False), (False, True)])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(share, ratio):
    """Clusters of some ten turns with a common part, two mixes, 400 draws."""
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(400):
        groups = []
        for hard in (0.3, 0.6):
            session = rng.integers(0, 60, 600)
            common = rng.normal(0, 0.5, 60)[session]
            strata = rng.random(600) < hard
            level = common + np.where(strata, 0.0, 1.5)
            if share:
                values = (rng.random(600) < 1 / (1 + np.exp(-level))).astype(float)
            else:
                values = np.exp(level / 4 + rng.normal(0, 0.3, 600))
            names = [f"{hard} {each}" for each in session]
            groups.append(Group(values.tolist(), strata.astype(str).tolist(), [names]))
        low, high = standardised(*groups, share=share, ratio=ratio).interval()
        hits += low <= 0 <= high
    assert 0.92 <= hits / 400 <= 1.0


def test_turns_of_few_sessions_say_less_than_independent_ones():
    rng = np.random.default_rng(4)
    right = {"easy": 0.9, "hard": 0.6}

    def width(sessions):
        groups = [drawn(rng, 800, 0.4, right, sessions) for _ in range(2)]
        for group in groups:
            order = np.argsort(group.values)
            group.clusters[0][:] = np.array(sorted(group.clusters[0]))[np.argsort(order)].tolist()
        low, high = standardised(*groups, share=True).interval()
        return high - low

    assert width(20) > 2 * width(None)


def test_no_change_in_rare_failures_still_has_an_interval():
    found = standardised(Group([1.0] * 40, [""] * 40), Group([1.0] * 40, [""] * 40), share=True)
    assert found.change == 0.0
    assert found.interval().low < -0.05


def test_ratios_are_of_geometric_means():
    before = Group([1.0, 2.0, 4.0] * 20, [""] * 60)
    after = Group([2.0, 4.0, 8.0] * 20, [""] * 60)
    found = standardised(before, after, ratio=True)
    assert (round(found.before, 6), round(found.after, 6), round(found.change, 6)) == (
        2.0,
        4.0,
        1.0,
    )
    assert found.interval().low > 0.5


def test_shares_of_one_in_many_strata_stay_within_their_bounds():
    strata = [str(n % 49) for n in range(200)]
    found = standardised(Group([1.0] * 200, strata), Group([1.0] * 200, strata), share=True)
    assert found.interval() == pytest.approx((-0.0188, 0.0188), abs=1e-3)
