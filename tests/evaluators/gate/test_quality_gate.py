"""The gate over answers: pairs, two samples, the best version so far, what is lost."""

import numpy as np
import pytest

from groundwire_evaluators.gate import MeasuredAnswer, NotComparableError, load_rules, run_gate
from groundwire_evaluators.gate.best_version import best_version
from groundwire_evaluators.gate.decision import MeasureOutcome

RULES = load_rules()


def side(right, *, faithful=None, prefix="", **more):
    """Answers with these values of `right`; `faithful` beside them."""
    return [
        MeasuredAnswer(
            f"{prefix}{at}",
            f"question {at}",
            "scored",
            {"answered": 1.0, "right": float(hit), "faithful": float((faithful or right)[at])}
            | {name: values[at] for name, values in more.items()},
            {"id": at},
        )
        for at, hit in enumerate(right)
    ]


def test_right_answers_overrule_verdicts_on_their_wording():
    before = side([1] * 60 + [0] * 60, faithful=[1] * 120)
    after = side([1] * 110 + [0] * 10, faithful=[1] * 90 + [0] * 30)
    found = run_gate(before, after, RULES)
    assert found.baseline.decisions["faithful"].outcome is MeasureOutcome.WORSE
    assert found.baseline.decisions["right"].outcome is MeasureOutcome.BETTER
    assert found.outcome is not MeasureOutcome.WORSE


def test_answers_that_were_right_and_are_not_are_lost():
    found = run_gate(side([1] * 40), side([0] * 3 + [1] * 37), RULES)
    assert [after.id for _, after in found.lost] == ["0", "1", "2"]


def test_ids_of_their_own_are_two_samples():
    found = run_gate(side([1] * 100), side([1] * 50 + [0] * 50, prefix="x"), RULES)
    assert found.baseline.pairs == 0
    assert found.outcome is MeasureOutcome.WORSE
    assert found.lost == []


def test_the_best_version_is_the_one_that_is_surely_good():
    """A lucky small set is not better than a large one that is nearly as good."""
    versions = {"lucky": side([1] * 33), "sure": side([1] * 390 + [0] * 10)}
    assert best_version(versions) == "sure"
    assert best_version({"few": side([1] * 10)}) is None


def test_the_best_of_many_equal_versions_flags_few_equal_candidates():
    """Eight earlier versions and the candidate are drawn alike, 150 times."""
    rng = np.random.default_rng(5)
    chance = rng.beta(2, 1, 200)

    def drawn():
        return side((rng.random(200) < chance).astype(int).tolist())

    rules = RULES.__class__(0.1, 0.95, RULES.measures)
    worse = sum(
        run_gate(drawn(), drawn(), rules, {str(n): drawn() for n in range(8)}).outcome
        is MeasureOutcome.WORSE
        for _ in range(150)
    )
    assert worse / 150 <= 0.13


def test_half_of_alpha_goes_to_each_reference():
    versions = {"a": side([1] * 60), "b": side([1] * 50 + [0] * 10)}
    found = run_gate(side([1] * 60), side([1] * 60), RULES, versions)
    alone = run_gate(side([1] * 60), side([1] * 60), RULES)
    threshold = alone.baseline.decisions["right"].threshold
    assert found.baseline.decisions["right"].threshold == pytest.approx(threshold / 2)
    assert found.best.decisions["right"].threshold == pytest.approx(threshold / 4)


def test_what_says_nothing_of_worth_cannot_pass():
    def answered(n):
        return [MeasuredAnswer(str(at), "", "refusal", {"answered": 0.0}, {}) for at in range(n)]

    with pytest.raises(NotComparableError, match="0 scored answers are too few"):
        run_gate(answered(40), answered(40), RULES)
    with pytest.raises(NotComparableError, match="29 answers are too few"):
        run_gate(answered(40), answered(29), RULES)
