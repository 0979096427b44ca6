"""Decisions: worse by Holm's procedure, pass by the margin, undecided between."""

import pytest

from groundwire_evaluators.gate.decision import MeasureOutcome, decide, holm, overall
from groundwire_evaluators.gate.margins import Better, MeasureRule, load_rules
from groundwire_evaluators.statistics import difference
from groundwire_evaluators.statistics.contrast import Contrast

RULES = load_rules()


def shares(before: float, after: float, n: int = 400) -> Contrast:
    hits = (round(before * n), round(after * n))
    return Contrast(before, after, (n, n), lambda level: difference(hits[1], n, hits[0], n, level))


@pytest.mark.parametrize(
    ("before", "after", "n", "outcome"),
    [
        (0.9, 0.7, 400, MeasureOutcome.WORSE),
        (0.9, 0.9, 4000, MeasureOutcome.PASS),
        (0.8, 0.9, 4000, MeasureOutcome.BETTER),
        (0.9, 0.89, 60, MeasureOutcome.UNDECIDED),
    ],
)
def test_a_share_is_worse_within_the_margin_better_or_undecided(before, after, n, outcome):
    assert decide({"faithful": shares(before, after, n)}, RULES)["faithful"].outcome is outcome


def test_more_of_a_measure_that_should_be_low_is_worse():
    found = decide({"p_unsupported": shares(0.1, 0.3)}, RULES)["p_unsupported"]
    assert found.outcome is MeasureOutcome.WORSE


def test_a_measure_that_should_stay_the_same_changes_in_either_direction():
    rules = RULES.with_rule("mine", MeasureRule(better=Better.SAME, margin=0.05))
    for after in (0.3, 0.7):
        assert decide({"mine": shares(0.5, after)}, rules)["mine"].outcome is MeasureOutcome.CHANGED
    assert decide({"mine": shares(0.5, 0.5, 9000)}, rules)["mine"].outcome is MeasureOutcome.PASS


def test_a_measure_that_only_is_shown_does_not_decide():
    found = decide({"faithful": shares(0.9, 0.9, 4000), "seconds": shares(0.1, 0.9)}, RULES)
    assert found["seconds"].outcome is MeasureOutcome.WORSE
    assert overall(found) is MeasureOutcome.PASS


def test_what_could_not_be_compared_says_why_and_leaves_the_others_to_decide():
    found = decide({"faithful": "3 values", "answered": shares(0.9, 0.1)}, RULES)
    assert found["faithful"].reason == "3 values"
    assert overall(found) is MeasureOutcome.WORSE
    assert overall(decide({"faithful": "3 values"}, RULES)) is MeasureOutcome.NOT_COMPARABLE


def test_many_measures_share_one_alpha():
    p_values = {"a": 0.004, "b": 0.2, "c": 0.3}
    even = holm(p_values, dict.fromkeys(p_values, 1.0), 0.01)
    assert p_values["a"] > even["a"]
    heavy = holm(p_values, {"a": 3.0, "b": 1.0, "c": 1.0}, 0.01)
    assert p_values["a"] <= heavy["a"]
