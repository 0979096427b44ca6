"""The interval of a bounded mean holds at every look."""

import numpy as np
import pytest

from groundwire_evaluators.statistics.mean_sequence import mean_interval


@pytest.mark.parametrize("mean", [0.02, 0.1, 0.5, 0.9])
def test_it_holds_at_every_look_of_nearly_all_streams(mean: float) -> None:
    rng = np.random.default_rng(5)
    streams = (rng.random((60, 200)) < mean).astype(float)
    missed = 0
    for values in streams:
        looks = [mean_interval(values[:n]) for n in (5, 20, 60, 120, 200)]
        missed += any(not low <= mean <= high for low, high in looks)
    assert missed <= 6


def test_it_narrows_with_the_values_and_more_so_where_they_hardly_differ() -> None:
    rng = np.random.default_rng(1)
    values = rng.beta(20, 180, 800)
    low, high = mean_interval(values)
    assert low < 0.1 < high
    few, coins = mean_interval(values[:100]), mean_interval(rng.random(800) < 0.1)
    assert high - low < (few.high - few.low) / 2
    assert high - low < coins.high - coins.low


def test_without_values_anything_is_possible_and_what_is_no_value_is_refused() -> None:
    assert mean_interval([]) == (0.0, 1.0)
    with pytest.raises(ValueError, match="must lie in"):
        mean_interval([0.5, 1.5])
