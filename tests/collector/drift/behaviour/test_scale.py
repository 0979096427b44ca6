"""Ranks among the values of a baseline."""

import random

import pytest

from groundwire_collector.drift.behaviour.scale import MOST_POINTS, RankScale


def test_ranks_of_the_same_distribution_average_one_half() -> None:
    rng = random.Random(0)
    scale = RankScale.of([rng.lognormvariate(3, 1) for _ in range(200)])
    assert len(scale.values) == MOST_POINTS
    ranks = [scale.rank(rng.lognormvariate(3, 1)) for _ in range(5000)]
    assert sum(ranks) / 5000 == pytest.approx(0.5, abs=0.05)


def test_ties_count_half() -> None:
    scale = RankScale.of([0.0] * 90 + [1.0] * 10)
    assert scale.rank(0.0) == pytest.approx(0.45)
    assert scale.rank(1.0) == pytest.approx(0.95)
    assert (scale.rank(-1.0), scale.rank(2.0)) == (0.0, 1.0)


def test_a_constant_baseline_ranks_it_in_the_middle() -> None:
    scale = RankScale.of([3.0] * 200)
    assert (scale.rank(2.9), scale.rank(3.0), scale.rank(3.1)) == (0.0, 0.5, 1.0)


def test_ranks_grow_with_values() -> None:
    scale = RankScale.of([1.0, 2.0, 4.0, 8.0])
    ranks = [scale.rank(value / 10) for value in range(100)]
    assert ranks == sorted(ranks)
