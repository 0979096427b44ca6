"""Detectors of a service and its segments, under one mass."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundwire_collector.drift.baseline import MOST_SEGMENTS, StratifiedBaseline
from groundwire_collector.drift.baseline_collector import CollectingSegment
from groundwire_collector.drift.budget import SEGMENT_SHARE, FairShare
from groundwire_collector.drift.daily import SHARE as DAILY_SHARE
from groundwire_collector.drift.daily import DailyMonitor
from groundwire_collector.drift.detector_state import DetectorState, new_version
from groundwire_collector.drift.dimensions import CLOCK, DAILY, RECENT, WHOLE, Stream
from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.recent_reference import SHARE as RECENT_SHARE
from groundwire_collector.drift.recent_reference import GoodWeek
from groundwire_collector.drift.reference import SegmentReference
from groundwire_collector.drift.rollout_pool import POOLED_SHARE, RolloutPool
from groundwire_collector.drift.segment import SegmentDetector
from groundwire_collector.storage.drift import RECOVERY, WEEK

UNKNOWN_SHARE = 0.05  # of the turns since a change: what an alarm says of segments too new
NO_DETECTORS: Mapping[str, Any] = {"shares": {}, "launches": [], "order": []}


@dataclass(slots=True)
class StreamDetectors:
    """Detectors by stream and of whole days, against one pinned baseline.

    A value with too few baseline turns first collects `own_turns` over `own_days`. A stream without
    turns for `idle_ns` loses its share of the mass.
    """

    pinned: StratifiedBaseline
    min_effect: float
    own_turns: int
    own_days: float
    idle_ns: int
    streams: dict[Stream, SegmentDetector] = field(default_factory=dict)
    collecting: dict[Stream, CollectingSegment] = field(default_factory=dict)
    shares: dict[str, FairShare] = field(default_factory=dict)  # by dimension
    waiting_mass: dict[Stream, float] = field(default_factory=dict)  # of deployments
    daily: DailyMonitor | None = field(init=False)
    recent: SegmentDetector | None = None  # of the service, against its last good week
    week: GoodWeek | None = field(init=False)  # that is collected
    peaks: dict[Stream, float] = field(default_factory=dict)  # since `take_peaks`

    def __post_init__(self) -> None:
        days = None if self.pinned.provisional else self.pinned.days
        self.daily = DailyMonitor(days, self.min_effect) if days else None
        self.week = None if self.pinned.provisional else GoodWeek(self.pinned)

    @property
    def statistic(self) -> float:
        """Sum of all statistics: the detectors share one mass."""
        daily = self.daily.statistic if self.daily else 0.0
        recent = self.recent.statistic if self.recent else 0.0
        return sum(found.statistic for found in self.streams.values()) + daily + recent

    def observe(
        self,
        turn: LossObservation,
        mass: float,
        at_ns: int,
        losses: Mapping[Stream, float],
        alarmed: Container[Stream],
        *,
        good: bool = True,
    ) -> float:
        """Feed a turn and the mass accrued with it; return the mass spent.

        `losses`: of each stream, less what open alarms explain. `alarmed`: streams with an open
        alarm, which are not fed. `good`: no alarm is open, nor about to be.
        """
        spent = 0.0
        if self.daily is not None:
            if WHOLE not in alarmed:
                spent = mass * DAILY_SHARE
                self.daily.observe(losses[WHOLE], spent, at_ns)
                self._note_peak(DAILY, self.daily.statistic)
            mass *= 1 - DAILY_SHARE
        if self.week is not None:
            if reference := self.week.add(turn, at_ns, good=good):
                self.recent = SegmentDetector.of(reference, self.min_effect)
            if self.recent is not None and WHOLE not in alarmed:
                own = mass * RECENT_SHARE
                spent += self.recent.observe(turn, losses[WHOLE], own, at_ns)
                self._note_peak(RECENT, self.recent.statistic)
            mass *= 1 - RECENT_SHARE
        segments = SEGMENT_SHARE if turn.tags else 0.0
        if WHOLE not in self.streams:
            self._begin(WHOLE, self.pinned.whole, alarmed)
        masses = {WHOLE: mass * (1 - segments) + self.waiting_mass.pop(WHOLE, 0.0)}
        for stream in turn.tags.items():
            dimension, value = stream
            share = self.shares.setdefault(dimension, FairShare(self.idle_ns))
            share.distribute(mass * segments / len(turn.tags), at_ns)
            if self._has_reference(stream, turn, at_ns, alarmed):
                masses[stream] = share.take(value, at_ns) + self.waiting_mass.pop(stream, 0.0)
        for stream, own in masses.items():
            if stream not in alarmed:
                spent += self.streams[stream].observe(turn, losses[stream], own, at_ns)
                self._note_peak(stream, self.streams[stream].statistic)
        return spent

    def take_peaks(self) -> dict[Stream, float]:
        """Largest statistic of each stream that was fed since the last call."""
        taken, self.peaks = self.peaks, {}
        return taken

    def _note_peak(self, stream: Stream, statistic: float) -> None:
        if statistic > self.peaks.get(stream, 0.0):
            self.peaks[stream] = statistic

    def spend_on_deployment(
        self, mass: float, streams: Sequence[Stream], pools: Mapping[Stream, RolloutPool]
    ) -> None:
        """Add deployment mass to the next turn of the service and of each stream.

        A pool of services with the same version gets part of its stream's mass.
        """
        mass *= self.pinned.plan.price
        segments = SEGMENT_SHARE if streams else 0.0
        self._wait(WHOLE, mass * (1 - segments))
        for stream in streams:
            own = mass * segments / len(streams)
            if stream in pools:
                pools[stream].waiting += own * POOLED_SHARE
                own *= 1 - POOLED_SHARE
            self._wait(stream, own)

    def reset(self) -> None:
        """Forget all turns since the baseline."""
        for found in self.streams.values():
            found.reset()
        if self.daily is not None:
            self.daily.reset()
        if self.recent is not None:
            self.recent.reset()

    def too_new(self, since_ns: int, known: float) -> list[str]:
        """Sentences about segments with many turns since then that have no baseline yet.

        `known`: the turns of the service since then.
        """
        return [
            f"{stream[0]} {stream[1]} is too new to be compared by itself ({turns} turns since)"
            for stream, found in self.collecting.items()
            if (turns := found.since(since_ns)) >= UNKNOWN_SHARE * known > 0
        ]

    def to_state(self) -> dict[str, Any]:
        """All but the detectors."""
        return {
            "shares": {dimension: share.to_state() for dimension, share in self.shares.items()},
            "launches": [[*stream, mass] for stream, mass in self.waiting_mass.items()],
            # The order in which streams came decides between equals, and how sums are rounded.
            "order": [list(stream) for stream in self.streams],
        }

    def detector_states(self) -> Iterator[tuple[Stream, DetectorState]]:
        """State of each detector, and of each segment that collects a baseline."""
        for stream, found in self.streams.items():
            yield stream, DetectorState(found.version, found.statistic, found.to_state)
        for stream, segment in self.collecting.items():
            yield stream, DetectorState(segment.version, 0.0, segment.to_state)
        if self.daily is not None:
            yield DAILY, DetectorState(new_version(), self.daily.statistic, self.daily.to_state)
        if self.recent is not None:
            recent = self.recent
            yield RECENT, DetectorState(recent.version, recent.statistic, recent.to_state)
        if self.week is not None:
            for number, day in self.week.days.items():
                yield (WEEK, str(number)), DetectorState(day.version, 0.0, day.to_state)

    def resume(self, state: Mapping[str, Any], detectors: Mapping[Stream, DetectorState]) -> None:
        """Restore from `to_state` and `detector_states`; other kinds of state are ignored."""
        for dimension, share in state.get("shares", {}).items():  # older states lack it
            self.shares[dimension] = FairShare(self.idle_ns)
            self.shares[dimension].resume(share)
        self.waiting_mass = {(name, value): mass for name, value, mass in state["launches"]}
        order = {(name, value): n for n, (name, value) in enumerate(state["order"])}
        for stream in sorted(detectors, key=lambda each: order.get(each, len(order))):
            if stream[0] == RECOVERY:
                continue
            found = detectors[stream].state()
            if stream[0] in (CLOCK, WEEK):
                self._resume_clock(stream, found)
            elif "collecting" in found:
                self.collecting[stream] = CollectingSegment.from_state(found)
            elif stream in order:
                self.streams[stream] = SegmentDetector.from_state(found, self.pinned, stream)

    def _resume_clock(self, stream: Stream, state: Mapping[str, Any]) -> None:
        if stream == DAILY and self.daily is not None:
            self.daily.resume(state)
        elif stream == RECENT:
            self.recent = SegmentDetector.from_state(state, self.pinned, WHOLE)
        elif stream[0] == WEEK and self.week is not None:
            self.week.resume(int(stream[1]), state)

    def _has_reference(
        self, stream: Stream, turn: LossObservation, at_ns: int, alarmed: Container[Stream]
    ) -> bool:
        """Whether a stream has a reference; else it collects this turn."""
        if stream in self.streams:
            return True
        reference = self.pinned.reference(stream)
        if reference is not None:
            self._begin(stream, reference, alarmed)
            return True
        if self.pinned.provisional:
            return False
        if stream not in self.collecting:
            self._make_room(self.collecting, stream[0], alarmed)
            self.collecting[stream] = CollectingSegment()
        found = self.collecting[stream]
        found.observe(turn, at_ns)
        if found.enough(self.own_turns, self.own_days):
            self._begin(stream, found.reference(stream, self.pinned), alarmed)
            del self.collecting[stream]
        return False

    def _begin(
        self, stream: Stream, reference: SegmentReference, alarmed: Container[Stream]
    ) -> None:
        """Monitor a stream from its next turn on."""
        self._make_room(self.streams, stream[0], alarmed)
        self.streams[stream] = SegmentDetector.of(reference, self.min_effect)

    def _wait(self, stream: Stream, mass: float) -> None:
        self.waiting_mass[stream] = self.waiting_mass.get(stream, 0.0) + mass
        if stream in self.streams:
            self.streams[stream].begin_block()

    def _make_room(
        self,
        watched: dict[Stream, SegmentDetector] | dict[Stream, CollectingSegment],
        dimension: str,
        alarmed: Container[Stream],
    ) -> None:
        """Drop the value of a dimension that was idle longest, if there are too many."""
        same = [s for s in watched if s[0] == dimension and s not in alarmed]
        if dimension and len(same) >= MOST_SEGMENTS:
            idlest = min(same, key=lambda stream: watched[stream].last_ns)
            del watched[idlest]
            self.shares[dimension].leave(idlest[1])
