"""Linear adaptation: what it learns, what is stored, what the ridge holds back."""

from pathlib import Path

import numpy as np
import pytest

from groundwire_evaluators.reader.adaptation import (
    EITHER,
    Adaptation,
    fit_adaptation,
    log_loss,
    read_adaptation,
)


def data(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits that say nothing, features of which the first tells, labels."""
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 3, count)
    features = draw.normal(size=(count, 20))
    features[:, 0] += 3.0 * (labels == 2)
    features[:, 1] += 3.0 * (labels == 1)
    return np.zeros((count, 3)), features, labels


def test_what_features_tell_is_learnt() -> None:
    logits, features, labels = data(300)
    fitted = fit_adaptation(logits, features, labels, ridge=1.0)
    new = data(300)
    assert log_loss(fitted.logits(*new[:2]), new[2]) < log_loss(new[0], new[2]) - 0.3


def test_a_strong_ridge_leaves_the_weights_near_zero() -> None:
    logits, features, labels = data(300)
    weak, strong = (fit_adaptation(logits, features, labels, ridge) for ridge in (1.0, 1e5))
    assert np.abs(strong.weights).max() < 0.05 * np.abs(weak.weights).max()


def test_a_label_that_leaves_the_class_open_counts_for_both() -> None:
    logits = np.log(np.array([[0.2, 0.5, 0.3]]))
    assert log_loss(logits, np.array([EITHER])) == pytest.approx(-np.log(0.8))
    assert log_loss(logits, np.array([1])) == pytest.approx(-np.log(0.5))


def test_an_adaptation_is_read_as_it_was_saved(tmp_path: Path) -> None:
    saved = Adaptation(np.ones((4, 3)), np.arange(3.0), np.full(4, 2.0))
    saved.save(tmp_path)
    read = read_adaptation(tmp_path)
    assert read is not None
    logits, features = np.zeros((2, 3)), np.ones((2, 4))
    assert np.array_equal(read.logits(logits, features), saved.logits(logits, features))
    assert read_adaptation(tmp_path / "none") is None
