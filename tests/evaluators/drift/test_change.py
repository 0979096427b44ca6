"""The change that detectors hand on."""

import pytest

from groundwire_evaluators.drift import Baseline, Change, TwoSampleESR


def test_a_detector_without_turns_has_found_no_change() -> None:
    assert TwoSampleESR(baseline=Baseline.from_losses([0.0, 0.1] * 100)).change is None


def test_start_and_size_lie_in_their_intervals() -> None:
    detector = TwoSampleESR(baseline=Baseline.from_losses([0.0, 0.1] * 100))
    for second in range(300):
        detector.update(0.05 if second < 200 else 0.9, 1e-3, second)
    change = detector.change
    assert change is not None
    assert change.interval[0] <= change.since <= change.interval[1]
    assert change.size_interval[0] <= change.size <= change.size_interval[1]
    assert change.since == pytest.approx(200, abs=3)


def test_a_change_names_its_segment() -> None:
    change = Change(0, (0, 1), 0.1, (0.0, 0.2), "tenant", "a")
    assert change.segment == ("tenant", "a")
