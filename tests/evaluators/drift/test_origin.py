"""System or evaluator: what the golden set and the labels say of a change."""

import numpy as np

from groundwire_evaluators.drift.origin import (
    Origin,
    RepeatedJudgement,
    evaluator_shift,
    origin,
    truth_shift,
)
from groundwire_evaluators.statistics.interval import Interval


def golden(rng: np.random.Generator, n: int, stricter: float) -> list[RepeatedJudgement]:
    """A noisy judge of a set that is half wrong, which calls more right answers wrong since."""
    pairs = []
    for number in range(n):
        wrong = number % 2 == 0
        before = 0.9 if wrong else 0.05
        after = before if wrong else before + stricter
        judged = (float(rng.random() < before), float(rng.random() < after))
        pairs.append(RepeatedJudgement(*judged, wrong))
    return pairs


def test_a_stricter_evaluator_is_named_and_a_noisy_one_that_stayed_is_not() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        moved = evaluator_shift(golden(rng, 2000, stricter=0.15), bad_share=0.05)
        assert origin(0.15, moved, None) is Origin.EVALUATOR
        same = evaluator_shift(golden(rng, 2000, stricter=0.0), bad_share=0.05)
        assert origin(0.15, same, None) is Origin.SYSTEM


def test_few_golden_answers_decide_nothing() -> None:
    few = evaluator_shift(golden(np.random.default_rng(1), 20, 0.0), bad_share=0.05)
    assert origin(0.1, few, None) is Origin.UNDETERMINED
    assert evaluator_shift([], bad_share=0.05) == (-1.0, 1.0)
    assert origin(0.1, None, None) is Origin.UNDETERMINED


def test_labels_have_the_first_word() -> None:
    worse = truth_shift([0.0] * 400, [1.0, 0.0] * 200)
    same = truth_shift([0.0] * 400, [0.0] * 400)
    stricter = Interval(0.1, 0.2)
    assert origin(0.15, stricter, worse) is Origin.SYSTEM
    assert origin(0.15, Interval(0.0, 0.0), same) is Origin.EVALUATOR
    assert truth_shift([], [1.0]) is None


def test_an_evaluator_that_moved_too_little_is_not_blamed() -> None:
    assert origin(0.3, Interval(0.01, 0.05), None) is Origin.SYSTEM
    assert origin(0.3, Interval(0.01, 0.25), None) is Origin.EVALUATOR
