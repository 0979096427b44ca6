"""The intervals hold what they promise, checked by simulation with fixed seeds."""

import numpy as np
import pytest

from groundwire_evaluators.statistics import Interval, difference, hajek, wilson
from groundwire_evaluators.statistics.interval import student_quantile


def test_wilson_is_the_published_interval() -> None:
    # Newcombe 1998, table I, method 3: 81 of 263 and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


def test_the_difference_of_two_shares_is_the_published_interval() -> None:
    # Newcombe 1998b, table II, method 10: 56 of 70 less 48 of 80, and 9 of 10 less 3 of 10.
    assert difference(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert difference(9, 10, 3, 10) == pytest.approx((0.1705, 0.8090), abs=1e-4)
    assert difference(0, 0, 3, 10) == Interval(-1.0, 1.0)


def test_nothing_counted_says_nothing() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)
    assert hajek([]).value is None


@pytest.mark.parametrize(("hits", "total"), [(-1, 3), (4, 3), (0, -1)])
def test_what_is_no_proportion_is_refused(hits: int, total: int) -> None:
    with pytest.raises(ValueError, match="is not a proportion"):
        wilson(hits, total)


# Student's t, two-sided 95 %, from printed tables.
@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.706), (2, 4.303), (5, 2.571), (10, 2.228), (60, 2.000)]
)
def test_student_quantiles_are_those_of_the_tables(freedom: int, quantile: float) -> None:
    assert student_quantile(0.95, freedom) == pytest.approx(quantile, rel=3e-3)


# To eight digits, from the closed forms at 1 and 2 degrees and from tables at 3 and 4.
@pytest.mark.parametrize(
    ("level", "freedom", "quantile"),
    [
        (0.999, 1, 636.6192488),
        (0.999, 2, 31.59905458),
        (0.999, 3, 12.92397864),
        (0.999, 4, 8.610302),
    ],
)
def test_student_quantiles_are_exact_far_out_in_the_tail(
    level: float, freedom: int, quantile: float
) -> None:
    assert student_quantile(level, freedom) == pytest.approx(quantile, rel=1e-6)


def test_weights_undo_the_sampling() -> None:
    # Hits are sampled four times as often as misses.
    estimate = hajek([True] * 4 + [False], [0.8] * 4 + [0.2])
    assert estimate.value == pytest.approx(0.5)
    assert estimate.n == 5


@pytest.mark.parametrize("probability", [0.0, -0.1, 1.5])
def test_a_probability_outside_its_range_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        hajek([True], [probability])


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_hajek_covers_under_unequal_sampling_and_clusters(share: float) -> None:
    generator = np.random.default_rng(7)
    covered = 0
    runs = 1500
    for _ in range(runs):
        # 150 questions asked one to five times; answers to one question agree more than chance.
        sizes = generator.integers(1, 6, 150)
        cluster = np.repeat(np.arange(150), sizes)
        base = generator.beta(share * 4, (1 - share) * 4, 150)[cluster]
        hit = generator.random(len(cluster)) < base
        probability = np.where(generator.random(len(cluster)) < 0.4, 0.9, 0.3)
        drawn = generator.random(len(cluster)) < probability
        estimate = hajek(hit[drawn], probability[drawn], cluster[drawn])
        covered += estimate.interval.low <= share <= estimate.interval.high
    assert 0.93 <= covered / runs <= 0.97
