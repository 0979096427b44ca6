"""Detectors whose old mean is known, by stratum and in blocks."""

import json

import numpy as np
import pytest

from groundwire_evaluators.drift import StratifiedKnownMeanESR

MEANS = {"easy": 0.1, "hard": 0.4}


def fed(detector: StratifiedKnownMeanESR, worse: float, seed: int, turns: int = 3000) -> int | None:
    """Turns until the alarm; a stratum drawn anew for each turn, its mean grown by `worse`."""
    rng = np.random.default_rng(seed)
    for index in range(turns):
        stratum = "hard" if rng.random() < 0.3 else "easy"
        loss = float(rng.random() < MEANS[stratum] + worse)
        detector.update(loss, 1e-4, index, stratum)
        if detector.drift_detected:
            return index
    return None


@pytest.mark.parametrize("block", [1, 8])
def test_a_growth_in_every_stratum_is_found(block: int) -> None:
    for seed in range(5):
        found = fed(StratifiedKnownMeanESR(MEANS, min_effect=0.1, block=block), 0.1, seed)
        assert found is not None
        assert found < 1000


def test_a_mix_that_changes_is_no_growth() -> None:
    detector = StratifiedKnownMeanESR(MEANS, min_effect=0.1)
    rng = np.random.default_rng(3)
    for index in range(5000):
        detector.update(float(rng.random() < 0.4), 1e-5, index, "hard")
    assert not detector.drift_detected


def test_a_turn_of_an_unknown_stratum_is_no_evidence_and_its_mass_waits() -> None:
    detector = StratifiedKnownMeanESR(MEANS)
    detector.update(1.0, 0.5, 0, "new")
    assert detector.statistic == 0.0
    detector.update(0.0, 0.1, 1, "easy")
    assert 0.0 < detector.statistic <= 0.6


def test_it_goes_on_from_what_was_written_down() -> None:
    one = StratifiedKnownMeanESR(MEANS, min_effect=0.05, block=4)
    fed(one, 0.05, 7, turns=49)
    other = StratifiedKnownMeanESR.from_state(json.loads(json.dumps(one.to_state())))
    for detector in (one, other):
        detector.update(1.0, 1e-3, 50, "hard")
    assert one.to_state() == other.to_state()


@pytest.mark.parametrize("means", [{}, {"a": 0.0}, {"a": 1.0}])
def test_means_outside_0_and_1_are_refused(means: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="mean"):
        StratifiedKnownMeanESR(means)
