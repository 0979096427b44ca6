import math

import numpy as np
import pytest

from groundwire_evaluators.drift import Baseline, TwoSampleESR
from groundwire_evaluators.drift.sufficiency import Sufficiency

MASS = 1e-5


def baseline_of(n: int) -> Baseline:
    return Baseline.from_losses((np.arange(n) % 20 == 7).astype(float))


def test_a_larger_baseline_predicts_a_shorter_delay() -> None:
    delays = [Sufficiency.of(baseline_of(n), 0.05, MASS).delay for n in (600, 2000, 20_000)]
    assert delays == sorted(delays, reverse=True)


def test_a_small_baseline_is_called_too_small_and_says_what_would_do() -> None:
    reported = Sufficiency.of(baseline_of(300), 0.05, MASS)
    assert not reported.sufficient
    assert reported.delay == math.inf
    assert "too small" in str(reported)
    assert str(reported.wanted) in str(reported)
    assert Sufficiency.of(baseline_of(reported.wanted), 0.05, MASS).sufficient


@pytest.mark.parametrize("n", [2000, 20_000])
def test_the_prediction_is_near_what_happens(n: int) -> None:
    rng = np.random.default_rng(n)
    delays = []
    for _ in range(40):
        baseline = Baseline.from_losses((rng.random(n) < 0.05).astype(float))
        detector = TwoSampleESR(baseline=baseline, min_effect=0.05)
        losses = (rng.random(4000) < 0.1).astype(float)
        delays.append(detector.update_many(losses, np.full(4000, MASS), range(4000)))
    predicted = Sufficiency.of(baseline_of(n), 0.05, MASS).delay
    assert np.mean(delays) == pytest.approx(predicted, rel=0.35)
