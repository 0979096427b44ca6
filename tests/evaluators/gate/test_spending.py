"""Looks on the way: their parts of alpha add up, and equal versions are rarely called worse."""

import numpy as np
import pytest

from groundwire_evaluators.gate import MeasuredAnswer, MeasureOutcome, load_rules, run_gate
from groundwire_evaluators.gate.spending import planned_analyses


@pytest.mark.parametrize("total", [0, 1, 49, 99, 100, 260, 4000])
def test_looks_end_with_the_last_answer_and_spend_everything(total):
    looks = planned_analyses(total)
    assert looks[-1].answers == total
    assert sum(look.share for look in looks) == pytest.approx(1.0)
    assert all(look.answers >= 50 for look in looks) or len(looks) == 1


def test_later_looks_may_spend_more():
    shares = [look.share for look in planned_analyses(400)]
    assert shares == sorted(shares)


def test_a_look_narrows_alpha_and_widens_the_level():
    rules = planned_analyses(400)[0].rules(load_rules())
    assert rules.alpha == pytest.approx(0.01 / 16)
    assert rules.level == pytest.approx(1 - 0.05 / 16)


def test_equal_candidates_are_called_worse_at_any_look_no_more_often_than_alpha():
    """Alpha of 10 %, 200 pairs of equal versions."""
    rng = np.random.default_rng(9)
    rules = load_rules().__class__(0.1, 0.95, load_rules().measures)

    def drawn():
        return [
            MeasuredAnswer(str(n), str(n), "scored", {"right": float(hit)}, {})
            for n, hit in enumerate(rng.random(400) < 0.7)
        ]

    worse = 0
    for _ in range(200):
        before, after = drawn(), drawn()
        worse += any(
            run_gate(before[: look.answers], after[: look.answers], look.rules(rules)).outcome
            is MeasureOutcome.WORSE
            for look in planned_analyses(400)
        )
    assert worse / 200 <= 0.14
