"""The mean of clustered values, checked by what it promises: its interval covers."""

import numpy as np
import pytest

from groundwire_evaluators.statistics import mean


def test_values_in_clusters_of_their_own_give_the_usual_interval() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]
    found = mean(values, list(range(10)))
    assert found is not None
    assert found.value == pytest.approx(5.5)
    # t(0.975, 9) = 2.262, standard error sqrt(9.1667 / 10) = 0.9574
    assert found.interval == pytest.approx((5.5 - 2.166, 5.5 + 2.166), abs=0.01)


def test_too_few_clusters_give_nothing() -> None:
    assert mean([], []) is None
    assert mean([1.0, 2.0, 3.0, 4.0], ["a", "a", "b", "b"]) is None


def test_the_interval_covers_where_values_of_a_cluster_hang_together() -> None:
    """400 draws of 30 clusters of 3 with a common part; binomial error of the share is 1.1 %."""
    draw = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        common = np.repeat(draw.normal(0, 1, 30), 3)
        found = mean(list(common + draw.normal(0, 0.5, 90)), list(np.repeat(np.arange(30), 3)))
        assert found is not None
        covered += found.interval.low <= 0 <= found.interval.high
    assert 0.92 <= covered / 400 <= 0.98
