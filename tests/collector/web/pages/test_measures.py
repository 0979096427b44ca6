"""Measures over time: values, intervals and which segments are drawn."""

from groundwire_collector.storage.score_sums import ScoreSums, SegmentSum
from groundwire_collector.web.pages.measures import (
    MEASURES,
    charted_segments,
    mean_interval,
    series_of,
)
from groundwire_evaluators.statistics import wilson

BY_NAME = {measure.name: measure for measure in MEASURES}


def row(at: int, value: str, state: str, n: int, total: float = 0.0, flagged: int = 0):
    return SegmentSum(at, value, "grounding", state, ScoreSums(n, total, total, flagged))


ROWS = [
    row(0, "a", "scored", 8, 6.0, 2),
    row(0, "a", "refusal", 2),
    row(0, "a", "not_sampled", 90),
    row(60, "a", "refusal", 4),
    row(60, "b", "scored", 4, 4.0),
]


def points(name: str) -> dict[str, list[tuple[int, float, int]]]:
    found = series_of(BY_NAME[name], ROWS, charted_segments(ROWS))
    return {one.name: [(p.at, p.value, p.n) for p in one.points] for one in found}


def test_only_scored_turns_are_in_means_and_shares():
    assert points("faithfulness") == {"a": [(0, 0.75, 8)], "b": [(60, 1.0, 4)]}
    assert points("unsupported") == {"a": [(0, 0.25, 8)], "b": [(60, 0.0, 4)]}


def test_coverage_counts_turns_without_a_score_but_none_that_was_left_out_of_a_sample():
    assert points("coverage") == {"a": [(0, 0.8, 10), (60, 0.0, 4)], "b": [(60, 1.0, 4)]}


def test_the_whole_range_is_summed_once():
    [a, _] = series_of(BY_NAME["coverage"], ROWS, charted_segments(ROWS))
    assert (a.whole.value, a.whole.n) == (8 / 14, 14)


def test_a_segment_has_one_number_in_every_chart_and_five_are_drawn():
    many = [row(0, f"v{n}", "scored", n) for n in range(9)]
    assert charted_segments(many) == {"v4": 1, "v5": 2, "v6": 3, "v7": 4, "v8": 5}


def test_values_of_0_and_1_have_the_interval_of_their_share():
    share, low, high = mean_interval(ScoreSums(100, 90.0, 90.0, 0))
    assert (share, (low, high)) == (0.9, wilson(90, 100))


def test_values_that_vary_less_have_a_narrower_interval():
    _, low, high = mean_interval(ScoreSums(100, 50.0, 26.0, 0))
    wide = wilson(50, 100)
    assert wide.low < low < 0.5 < high < wide.high


def test_equal_values_of_few_turns_are_not_certain():
    _, low, high = mean_interval(ScoreSums(5, 5.0, 5.0, 0))
    assert low < 0.6
    assert high == 1.0
