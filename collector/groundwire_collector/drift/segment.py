"""One watched stream: the detector of a service, or of one dimension value in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_evaluators.drift import StratifiedESR, TwoSampleESR

Detector = TwoSampleESR | StratifiedESR


@dataclass(frozen=True, slots=True)
class LossSums:
    """Turns since some time: how many, their losses, the squares of these.

    Where there are strata a loss counts as far above the mean of all as it was above that of its
    own stratum.
    """

    turns: float
    losses: float
    squares: float

    @property
    def mean(self) -> float:
        return self.losses / self.turns if self.turns else 0.0


@dataclass(slots=True)
class SegmentDetector:
    """`last_ns`: when the detector was fed last."""

    detector: Detector
    last_ns: int = 0

    @classmethod
    def of(cls, pinned: StratifiedBaseline, min_effect: float) -> "SegmentDetector":
        """Turns of a stratum that the baseline does not know are compared with all of it."""
        if pinned.plan.strata.any:
            return cls(StratifiedESR(pinned.baselines, min_effect=min_effect))
        return cls(TwoSampleESR(baseline=pinned.pooled, min_effect=min_effect))

    @property
    def statistic(self) -> float:
        return self.detector.statistic

    def observe(self, loss: float, mass: float, at_ns: int, stratum: str) -> None:
        self.last_ns = at_ns
        if isinstance(self.detector, StratifiedESR):
            self.detector.update(loss, mass, at_ns, stratum)
        else:
            self.detector.update(loss, mass, at_ns)

    def since(self, at_ns: int) -> LossSums:
        """What is remembered of the turns from this time on; old ones are remembered in groups."""
        return LossSums(*self.detector.since(at_ns))

    def to_state(self) -> dict[str, Any]:
        """Without the baselines, which are those of the watch."""
        state = self.detector.to_state()
        for name in ("baseline", "baselines"):
            state.pop(name, None)
        return {"detector": state, "last_ns": self.last_ns}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], pinned: StratifiedBaseline) -> "SegmentDetector":
        found = dict(state["detector"])
        if found["detector"] == "stratified_esr":
            each = pinned.baselines.items()
            found["baselines"] = {name: baseline.to_state() for name, baseline in each}
            return cls(StratifiedESR.from_state(found), state["last_ns"])
        found["baseline"] = pinned.pooled.to_state()
        return cls(TwoSampleESR.from_state(found), state["last_ns"])
