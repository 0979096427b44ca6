"""The default detector behind the interface of `drift_sim.py --plugin FILE:Detector`."""

from collections.abc import Sequence

from groundwire_evaluators.drift import Baseline, TwoSampleESR

MIN_EFFECT = 0.05  # what drift_sim.py gives every detector it compares


class Detector:
    """Scores in [0, 1] of which a drop is bad; one false alarm allowed per `arl` points."""

    def __init__(self, baseline: Sequence[float], arl: float) -> None:
        losses = [1 - float(score) for score in baseline]
        self._detector = TwoSampleESR(baseline=Baseline.from_losses(losses), min_effect=MIN_EFFECT)
        self._mass = 1 / arl
        self._at = 0

    def update(self, x: float) -> bool:
        """True once the alarm is raised."""
        self._at += 1
        self._detector.update(1 - x, self._mass, self._at)
        return self._detector.drift_detected
