"""Collection of turns for the baseline of a service or a segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundwire_collector.drift.baseline import StratifiedBaseline, segment_dependence
from groundwire_collector.drift.detector_state import new_version
from groundwire_collector.drift.dimensions import NANOSECONDS, Stream
from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.reference import ReferenceKind, SegmentReference

HOUR_NS, DAY_NS = 3600 * NANOSECONDS, 86_400 * NANOSECONDS
MOST_PER_HOUR = 250  # turns: a week of them is 42,000
PROVISIONAL_TURNS = 200  # a provisional baseline is made of so many, of twice as many, and so on
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


@dataclass(slots=True)
class BaselineCollector:
    """Takes turns by number and by time, never by their losses.

    `version` is another one for each baseline. `released` of its turns are no longer held.
    `provisional_at`: the number of turns from which on the next provisional baseline is made.
    `under_alarm`: the turns came while an alarm against a provisional baseline was open.
    """

    turns: list[LossObservation] = field(default_factory=list)
    released: int = 0
    provisional_at: int = PROVISIONAL_TURNS
    under_alarm: bool = False
    version: int = field(default_factory=new_version)

    def add(self, turn: LossObservation, *, capped: bool) -> None:
        """Take a turn; `capped`: at most the first `MOST_PER_HOUR` of an hour.

        Consecutive turns are taken, so that their dependence can be estimated.
        """
        if capped and len(self.turns) >= MOST_PER_HOUR:
            hour = turn.at_ns // HOUR_NS
            if self.turns[-MOST_PER_HOUR].at_ns // HOUR_NS >= hour:
                return
        self.turns.append(turn)

    def enough(self, turns: int, days: float) -> bool:
        return len(self.turns) >= turns and self.days >= days

    def provisionally_enough(self) -> bool:
        """Whether it is time for the next provisional baseline; not while an alarm is open."""
        if self.under_alarm or len(self.turns) < self.provisional_at:
            return False
        self.provisional_at = 2 * len(self.turns)
        return True

    @property
    def days(self) -> float:
        """The time that the turns span."""
        if not self.turns:
            return 0.0
        return (self.turns[-1].at_ns - self.turns[0].at_ns) / DAY_NS

    def release(self) -> None:
        """Drop the turns, which are stored and no longer needed."""
        self.released += len(self.turns)
        self.turns, self.provisional_at = [], PROVISIONAL_TURNS

    def complete(self, turns: Sequence[LossObservation]) -> None:
        """These turns are the baseline."""
        self.turns = list(turns)
