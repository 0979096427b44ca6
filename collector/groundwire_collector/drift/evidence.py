"""Evidence of a change in the detectors of a signal."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from math import sqrt
from typing import Any

from groundwire_collector.drift.attribution import (
    Attribution,
    Deployment,
    SegmentEffect,
    attribute,
    effect,
    movements,
)
from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.daily import DAY_NS, DailyMonitor
from groundwire_collector.drift.dimensions import DAILY, RECENT, WHOLE, Stream
from groundwire_collector.drift.segment import RECENT_TURNS, SegmentDetector
from groundwire_evaluators.drift import Change
from groundwire_evaluators.drift.false_discoveries import discoveries

SHORTEST_WAIT, LONGEST_WAIT = 100, 200  # turns an alarm may wait until it is clear what to name
FEWEST_OTHERS = 10  # turns of other versions that tell whether those got the easier ones
USUAL_WANDER = 4.0  # standard deviations of the means of days that are no news
UNDECIDED = 60  # turns of a new version after which one waits no longer to know it
FALSE_DISCOVERIES = 0.1  # expected share of false ones in the list of segments


OF_SERVICE = (DAILY, RECENT)  # detectors that see the service as a whole in another way


class Doubt(Enum):
    """Reason to raise no alarm although a statistic reached 1."""

    WAIT = "wait"  # one bad turn, a usual bad day, or too early to tell
    HARDER_TURNS = "harder_turns"  # a new version is sent harder turns than the others


@dataclass(frozen=True, slots=True)
class Detection:
    """A statistic that reached 1: value, stream, delay in turns.

    The alarm is counted here; what follows until it is raised serves only to name the right
    segment. It waits no longer than twice what it took to get here, or `SHORTEST_WAIT`. `listed`
    are the segments that changed, with false discoveries controlled.
    """

    statistic: float
    strongest: Stream
    turns: float
    listed: tuple[Stream, ...] = ()

    def to_state(self) -> list[Any]:
        listed = [list(stream) for stream in self.listed]
        return [self.statistic, *self.strongest, self.turns, listed]

    @classmethod
    def from_state(cls, state: Sequence[Any]) -> "Detection":
        statistic, dimension, value, turns, listed = state
        return cls(statistic, (dimension, value), turns, tuple((name, v) for name, v in listed))

    def waits(self, moved: Mapping[Stream, SegmentEffect]) -> bool:
        return _turns(moved) < self.turns + min(max(2 * self.turns, SHORTEST_WAIT), LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class LocatedChange:
    """A change, and the segment and deployment that it is attributed to.

    `moved`: how much each stream changed since then.
    """

    change: Change
    attribution: Attribution
    moved: Mapping[Stream, SegmentEffect]


@dataclass(frozen=True, slots=True)
class ChangeEvidence:
    """Detectors of a signal at one moment.

    `alarmed`: streams that have an open alarm.
    """

    pinned: StratifiedBaseline
    streams: Mapping[Stream, SegmentDetector]
    daily: DailyMonitor | None
    recent: SegmentDetector | None
    alarmed: Container[Stream]
    now_ns: int

    @property
    def statistics(self) -> dict[Stream, float]:
        """The statistic of every stream, and that of whole days."""
        found = {stream: each.statistic for stream, each in self.streams.items()}
        found |= {RECENT: self.recent.statistic} if self.recent else {}
        return found | ({DAILY: self.daily.statistic} if self.daily else {})

    @property
    def slack_ns(self) -> int:
        """Time that `RECENT_TURNS` turns take: bad turns do not come all together."""
        return int(RECENT_TURNS * self.pinned.pause_seconds * 1e9)

    def change(self, stream: Stream) -> Change:
        """Change point and size of a stream."""
        found = self.daily if stream == DAILY else self.detector(stream)
        assert found is not None
        change = found.change or Change(self.now_ns, (0, self.now_ns), 0.0, (0.0, 0.0))
        first, last = change.interval
        return replace(change, interval=(first, min(last, self.now_ns)))

    def detector(self, stream: Stream) -> SegmentDetector:
        """Of a stream, or of the service against its last good week."""
        if stream != RECENT:
            return self.streams[stream]
        assert self.recent is not None
        return self.recent

    def _moved(self, strongest: Stream, since_ns: int) -> dict[Stream, SegmentEffect]:
        """As `movements`; where the last good week says it, against that: the service, and the
        versions that came after the pinned baseline."""
        if strongest != RECENT:
            return self.movements(since_ns)
        old = self.detector(RECENT).reference.summary
        new = {s: each for s, each in self.streams.items() if s == WHOLE or self.pinned.is_new(s)}
        since = {s: each.since(since_ns) for s, each in new.items() if s not in self.alarmed}
        since = {s: each for s, each in since.items() if each.turns}
        return movements(since, dict.fromkeys(since, old))

    def movements(self, since_ns: int) -> dict[Stream, SegmentEffect]:
        """Effects of the streams without an open alarm, each against its baseline."""
        live = {s: found for s, found in self.streams.items() if s not in self.alarmed}
        since = {stream: found.since(since_ns) for stream, found in live.items()}
        old = {stream: found.reference.summary for stream, found in live.items()}
        return movements(since, old)

    def detection(self) -> Detection:
        """The stream with the most evidence, and the segments that changed."""
        evidence = self.statistics
        strongest = max(evidence, key=lambda stream: evidence[stream])
        moved = self._moved(strongest, self.change(strongest).since)
        segments = {s: each.e_value for s, each in self.streams.items() if s != WHOLE}
        listed = tuple(discoveries(segments, FALSE_DISCOVERIES))
        return Detection(sum(evidence.values()), strongest, _turns(moved), listed)

    def locate(
        self, detection: Detection, deployments: Sequence[Deployment]
    ) -> LocatedChange | None:
        """The change and what to name; None while that is not clear."""
        change = self.change(detection.strongest)
        moved = self._moved(detection.strongest, change.since)
        named = attribute(moved, deployments, change, self.now_ns, self.slack_ns)
        if not named.clear and detection.waits(moved):
            return None
        if named.stream in moved and detection.strongest not in (named.stream, *OF_SERVICE):
            change = self.change(named.stream)
        low, high = change.size_interval
        change = replace(
            change,
            dimension=named.dimension,
            value=named.value,
            size_interval=(max(low, 0.0), high),
        )
        return LocatedChange(change, named, moved)

    def doubt(self, strongest: Stream) -> Doubt | None:
        """Reason to raise no alarm yet.

        Fewer than two bad turns, an ordinary bad day, or a new version that is sent harder
        questions. Waiting and forgetting evidence can only lower the number of alarms.
        """
        if strongest == DAILY:
            return None
        if not self.detector(strongest).believable() or self._within_wander(strongest):
            return Doubt.WAIT
        return self._routed_by_difficulty(strongest)

    def _within_wander(self, stream: Stream) -> bool:
        """The growth is one by which days differed in the baseline: a bad day, so far."""
        change = self.change(stream)
        days = max((self.now_ns - change.since) / DAY_NS, 1.0)
        return change.size <= USUAL_WANDER * self.pinned.plan.wander / sqrt(days)

    def _routed_by_difficulty(self, stream: Stream) -> Doubt | None:
        """Whether a new version gets the harder turns.

        That is, it got worse, all others got better, and the service as a whole is not clearly
        worse. All turns of the version count, as those since the change were selected for being
        bad.
        """
        if not self.pinned.is_new(stream) or WHOLE not in self.streams:
            return None
        begun_ns = self.streams[stream].begun_ns
        whole, own = self.streams[WHOLE].since(begun_ns), self.streams[stream].since(begun_ns)
        rest, old = whole - own, self.pinned.whole.summary
        if rest.turns < FEWEST_OTHERS or effect(whole, old).surely_grew:
            return None
        others = effect(rest, old)
        if others.high < 0:
            return Doubt.HARDER_TURNS
        return Doubt.WAIT if others.size < 0 and own.turns < UNDECIDED else None


def _turns(moved: Mapping[Stream, SegmentEffect]) -> float:
    """Turns of the service since a change; of its largest part while the whole has an alarm."""
    if WHOLE in moved:
        return moved[WHOLE].turns
    return max((each.turns for each in moved.values()), default=0.0)
