"""Labels sharpened by a score give the true mean, whatever the score is worth."""

import numpy as np
import pytest

from groundwire_evaluators.drift import Baseline, TwoSampleESR
from groundwire_evaluators.drift.labelled_loss import UNIT, block_loss, mean_of

Floats = np.ndarray


def losses(
    rng: np.random.Generator, blocks: int, true: float, score: str, size: int = 20
) -> list[float]:
    """Of blocks in which a tenth is drawn."""
    found = []
    for _ in range(blocks):
        bad = rng.random(size) < true
        scores = {
            "good": np.where(bad, 0.8, 0.05),
            "useless": rng.random(size),
            "worse": np.where(bad, 0.8, 0.05) / 2 + 0.5,
        }[score]
        drawn = {int(at): float(bad[at]) for at in np.flatnonzero(rng.random(size) < 0.1)}
        loss = block_loss(scores.tolist(), drawn)
        if loss is not None:
            found.append(loss)
    return found


@pytest.mark.parametrize("score", ["good", "useless", "worse"])
def test_the_mean_of_the_losses_is_that_of_the_truth_whatever_the_score_says(score: str) -> None:
    found = losses(np.random.default_rng(1), 6000, 0.2, score)
    assert mean_of(float(np.mean(found))) == pytest.approx(0.2, abs=0.015)


def test_a_score_that_tells_something_narrows_the_spread() -> None:
    rng = np.random.default_rng(2)
    assert np.var(losses(rng, 4000, 0.2, "good")) < 0.75 * np.var(losses(rng, 4000, 0.2, "useless"))


def test_a_score_that_gets_stricter_raises_no_alarm_and_answers_that_get_worse_do() -> None:
    rng = np.random.default_rng(3)
    baseline = Baseline.from_losses(losses(rng, 600, 0.1, "good"))
    for score, true, alarms in (("worse", 0.1, False), ("good", 0.4, True)):
        detector = TwoSampleESR(baseline=baseline, min_effect=0.05 * UNIT)
        stream = losses(rng, 400, true, score)
        detector.update_many(stream, [1e-5] * len(stream), range(len(stream)))
        assert detector.drift_detected is alarms


def test_a_block_without_a_label_is_no_loss() -> None:
    assert block_loss([0.1, 0.2], {}) is None
