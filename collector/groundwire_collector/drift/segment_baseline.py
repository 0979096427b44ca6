"""Baseline collection of a segment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from groundwire_collector.drift.baseline import StratifiedBaseline, segment_dependence
from groundwire_collector.drift.detector_state import new_version
from groundwire_collector.drift.dimensions import NANOSECONDS, Stream
from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.reference import ReferenceKind, SegmentReference

DAY_NS = 86_400 * NANOSECONDS
MOST = 5000  # turns of a segment's baseline: of more, only those of later days are taken


@dataclass(slots=True)
class CollectingSegment:
    """A segment with too few baseline turns, monitored through its service.

    Number and time alone say when it has enough, never losses: then it is compared with the turns
    collected so far.
    """

    turns: list[LossObservation] = field(default_factory=list)
    last_ns: int = 0
    version: int = field(default_factory=new_version)  # another one after each turn

    def observe(self, turn: LossObservation, at_ns: int) -> None:
        self.last_ns, self.version = at_ns, new_version()
        if len(self.turns) < MOST:
            self.turns.append(turn)

    def since(self, at_ns: int) -> int:
        """Turns from this time on."""
        return sum(turn.at_ns >= at_ns for turn in self.turns)

    def enough(self, turns: int, days: float) -> bool:
        if len(self.turns) < turns:
            return False
        return (self.last_ns - self.turns[0].at_ns) >= days * DAY_NS

    def reference(self, stream: Stream, pinned: StratifiedBaseline) -> SegmentReference:
        """The turns so far, under the design of the service."""
        spanned = max(self.last_ns - self.turns[0].at_ns, 1) / NANOSECONDS
        meanwhile = round(max(spanned / pinned.pause_seconds, len(self.turns)))
        dependence = segment_dependence(pinned.plan.dependence, self.turns, meanwhile)
        strata = pinned.plan.strata.without(stream[0])
        return SegmentReference.of(self.turns, strata, dependence, ReferenceKind.COLLECTED)

    def to_state(self) -> dict[str, Any]:
        return {
            "collecting": [turn.loss for turn in self.turns],
            "at_ns": [turn.at_ns for turn in self.turns],
            "routes": [turn.route for turn in self.turns],
            "tags": [dict(turn.tags) for turn in self.turns],
            "last_ns": self.last_ns,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "CollectingSegment":
        rows = zip(state["collecting"], state["at_ns"], state["routes"], state["tags"], strict=True)
        turns = [LossObservation(loss, at_ns, tags, route) for loss, at_ns, route, tags in rows]
        return cls(turns, state["last_ns"])
