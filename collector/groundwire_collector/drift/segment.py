"""Detector of a service or segment, or its collection phase."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.detector_state import new_version
from groundwire_collector.drift.dimensions import Stream
from groundwire_collector.drift.losses import LossObservation, LossSums
from groundwire_collector.drift.reference import Detector, ReferenceKind, SegmentReference
from groundwire_evaluators.drift import Change, PostDetection, StratifiedESR, TwoSampleESR

RECENT_TURNS = 30  # turns before an alarm in which its size is looked for again
BAD_TURNS = 2.0  # without which a growth is told to nobody
NEARLY = 0.01


@dataclass(slots=True)
class SegmentDetector:
    """Compares the turns of a stream with its reference.

    `begun_ns` and `last_ns`: when the detector was fed first and last. `recent`: its newest losses.
    `spent`: mass since the reset, so that `e_value` has an expectation of at most 1 while nothing
    got worse. `version` is another one after each change of the state.
    """

    reference: SegmentReference
    detector: Detector
    last_ns: int = 0
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT_TURNS))
    spent: float = 0.0
    begun_ns: int = 0
    version: int = field(default_factory=new_version)

    @classmethod
    def of(cls, reference: SegmentReference, min_effect: float) -> "SegmentDetector":
        return cls(reference, reference.detector(min_effect))

    @property
    def statistic(self) -> float:
        return self.detector.statistic

    @property
    def e_value(self) -> float:
        return self.detector.statistic / self.spent if self.spent > 0 else 0.0

    def observe(self, turn: LossObservation, loss: float, mass: float, at_ns: int) -> float:
        """Take a turn; the mass that was spent on it, less the price of the reference.

        `loss` is the turn's own, or less where an open alarm explains it.
        """
        self.begun_ns, self.last_ns = self.begun_ns or at_ns, at_ns
        self.recent.append(loss)
        mass *= self.reference.price
        if isinstance(self.detector, StratifiedESR):
            self.detector.update(loss, mass, at_ns, self.reference.strata.of_turn(turn))
        else:
            self.detector.update(loss, mass, at_ns)
        self.spent += mass
        self.version = new_version()
        return mass

    def since(self, at_ns: int) -> LossSums:
        """What is remembered of the turns from this time on; old ones are remembered in groups."""
        return LossSums(*self.detector.since(at_ns))

    @property
    def recent_mean(self) -> float:
        return sum(self.recent) / max(len(self.recent), 1)

    @property
    def change(self) -> Change | None:
        return self.detector.change

    @property
    def guaranteed(self) -> PostDetection | None:
        """Start and size with intervals that hold at the stopped time of an alarm."""
        return self.detector.after_detection()

    def believable(self) -> bool:
        """More than one turn since the change was bad."""
        change = self.change
        return change is not None and self.since(change.since).bad_turns >= BAD_TURNS - NEARLY

    def begin_block(self) -> None:
        """Start a new block, without turns from before a deployment."""
        self.detector.begin_block()
        self.version = new_version()

    def forget_evidence(self) -> None:
        """Restart the bets without forgetting the turns."""
        self.detector.forget_evidence()
        self.spent, self.version = 0.0, new_version()

    def reset(self) -> None:
        """Forget all turns since the baseline."""
        self.detector.reset()
        self.spent, self.version = 0.0, new_version()

    def to_state(self) -> dict[str, Any]:
        """State without the baselines, which are stored with the monitor."""
        state = self.detector.to_state()
        for name in ("baseline", "baselines"):
            state.pop(name, None)
        own = self.reference.kind in (ReferenceKind.COLLECTED, ReferenceKind.RECENT)
        return {
            "detector": state,
            "last_ns": self.last_ns,
            "recent": list(self.recent),
            "spent": self.spent,
            "begun_ns": self.begun_ns,
            "reference": self.reference.to_state() if own else None,
        }

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], pinned: StratifiedBaseline, stream: Stream
    ) -> "SegmentDetector":
        if state["reference"] is not None:
            reference = SegmentReference.from_state(state["reference"])
        else:
            found = pinned.reference(stream)
            assert found is not None, stream
            reference = found
        each = {name: baseline.to_state() for name, baseline in reference.baselines.items()}
        saved = dict(state["detector"])
        detector: Detector
        if saved["detector"] == "stratified_esr":
            detector = StratifiedESR.from_state(saved | {"baselines": each})
        else:
            detector = TwoSampleESR.from_state(saved | {"baseline": next(iter(each.values()))})
        recent = deque(state["recent"], maxlen=RECENT_TURNS)
        spent, begun_ns = state["spent"], state["begun_ns"]
        return cls(reference, detector, state["last_ns"], recent, spent, begun_ns)
