"""Monitor of one signal per service and evaluator revision."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from math import sqrt

from groundwire_collector.drift.alarm import ChangeEstimate, RaisedAlarm, explain
from groundwire_collector.drift.alarm_context import AlarmContext
from groundwire_collector.drift.attribution import (
    Deployment,
    SegmentEffect,
    attribute,
    effect,
    movements,
)
from groundwire_collector.drift.baseline import MOST_SEGMENTS, StratifiedBaseline
from groundwire_collector.drift.baseline_collector import BaselineCollector
from groundwire_collector.drift.budget import SEGMENT_SHARE, AlarmBudgetAllocator, FairShare
from groundwire_collector.drift.config import PROVISIONAL_EFFECT
from groundwire_collector.drift.daily import DAY_NS, DailyMonitor
from groundwire_collector.drift.daily import SHARE as DAILY_SHARE
from groundwire_collector.drift.dimensions import WHOLE, Stream
from groundwire_collector.drift.observation import LossObservation
from groundwire_collector.drift.open_alarm import OpenAlarm
from groundwire_collector.drift.reference import SegmentReference
from groundwire_collector.drift.scored_share import ScoredShare
from groundwire_collector.drift.segment import RECENT, SegmentDetector
from groundwire_collector.drift.segment_baseline import CollectingSegment
from groundwire_collector.drift.sessions import Repeat
from groundwire_collector.storage.drift import RECOVERY, Alarm
from groundwire_evaluators.drift.false_discoveries import discoveries

DAILY: Stream = ("clock", "daily")
SHORTEST_WAIT, LONGEST_WAIT = 100, 200  # turns an alarm may wait until it is clear what to name
UNKNOWN_SHARE = 0.05  # of the turns since a change: what an alarm says of segments too new
FEWEST_OTHERS = 10  # turns of other versions that tell whether those got the easier ones
USUAL_WANDER = 4.0  # standard deviations of the means of days that are no news
UNDECIDED = 60  # turns of a new version after which one waits no longer to know it
FALSE_DISCOVERIES = 0.1  # expected share of false ones in the list of segments


class Routed(Enum):
    """Whether a new version is sent harder questions than the others."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"  # too early to tell


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

    def waits(self, moved: Mapping[Stream, SegmentEffect]) -> bool:
        return _turns(moved) < self.turns + min(max(2 * self.turns, SHORTEST_WAIT), LONGEST_WAIT)


@dataclass(slots=True)
class SignalMonitor:
    """Collects and pins a baseline, then detects degradations.

    The detectors share the monitor's part of the budget, so their statistics add up; an alarm is
    raised when the sum reaches 1. While one is open, its stream is looked at for recovery and all
    others go on under their own mass.
    """

    service: str
    signal: str
    revision: str
    allowance: AlarmBudgetAllocator
    min_effect: float
    baseline_turns: int
    baseline_days: float = 0.0
    own_turns: int = 20  # after which a value is watched by itself
    collector: BaselineCollector = field(default_factory=BaselineCollector)
    pinned: StratifiedBaseline | None = None
    pinned_ns: int | None = None
    streams: dict[Stream, SegmentDetector] = field(default_factory=dict)
    collecting: dict[Stream, CollectingSegment] = field(default_factory=dict)
    pots: dict[str, FairShare] = field(default_factory=dict)  # by dimension
    launches: dict[Stream, float] = field(default_factory=dict)  # mass that waits for a turn
    daily: DailyMonitor | None = None
    context: AlarmContext = field(default_factory=AlarmContext)
    crossing: Detection | None = None
    open: dict[Stream, OpenAlarm] = field(default_factory=dict)
    scored: ScoredShare = field(default_factory=ScoredShare)
    updated_ns: int = 0
    spent: float = 0.0  # mass handed to detectors in this process
    # What changed since it was written down (checkpoint.py).
    touched: set[Stream] = field(default_factory=set)
    gone: set[Stream] = field(default_factory=set)
    renewed: bool = True  # the baseline

    def observe(self, turn: LossObservation, repeat: Repeat | None = None) -> None:
        """Take one turn; times that run backwards count as the latest seen."""
        if repeat is Repeat.RETRY:
            return
        self.updated_ns = max(turn.at_ns, self.updated_ns)
        self.note_scored(scored=True)
        if self.pinned is not None and not (self.pinned.plan.session and repeat is Repeat.SESSION):
            mass = self.allowance.by_clock(self.name, self.updated_ns) * self.pinned.plan.price
            self._update(self.pinned, turn, mass)
        if self.pinned is None or (self.pinned.provisional and not self._suspicious):
            self._collect(turn)

    def note_scored(self, *, scored: bool) -> None:
        """Count a turn of the service, as one with a score or as one without."""
        self.scored.add(scored, baseline=self.pinned is None or self.pinned.provisional)

    @property
    def name(self) -> str:
        return f"{self.service}\x1f{self.signal}\x1f{self.revision}"

    @property
    def alarms(self) -> list[Alarm]:
        """Those that are open."""
        return [each.alarm for each in self.open.values()]

    @property
    def alarming(self) -> bool:
        """A change for the worse has shown that no open alarm accounts for."""
        return self.crossing is not None or self.statistic >= 1

    @property
    def statistic(self) -> float:
        daily = self.daily.statistic if self.daily else 0.0
        return sum(found.statistic for found in self.streams.values()) + daily

    @property
    def collected(self) -> list[LossObservation]:
        """The turns of a baseline that is not complete."""
        return self.collector.turns

    def launch(self, mass: float, streams: Sequence[Stream]) -> None:
        """Spend this mass on a deployment: at the next turn, and at the next of each stream."""
        assert self.pinned is not None
        mass *= self.pinned.plan.price
        segments = SEGMENT_SHARE if streams else 0.0
        self._wait(WHOLE, mass * (1 - segments))
        for stream in streams:
            self._wait(stream, mass * segments / len(streams))

    def pin(
        self, turns: Sequence[LossObservation], at_ns: int, *, provisional: bool = False
    ) -> None:
        """Compare with these turns from now on."""
        self._forget_comparisons()
        effect_looked_for = self._effect(provisional)
        self.pinned = StratifiedBaseline.of(
            turns, effect_looked_for, self.own_turns, provisional=provisional
        )
        self.pinned_ns = at_ns
        days = self.pinned.days
        self.daily = DailyMonitor(days, self.min_effect) if days and not provisional else None
        self.context = AlarmContext.of(self.pinned, self.min_effect)
        self.renewed = True
        if not provisional:
            self.collector.complete(turns)
        self.allowance.by_clock(self.name, at_ns)  # from here on time is watched

    def collect_anew(self, turns: Sequence[LossObservation] = ()) -> None:
        """Forget the baseline and all that was compared with it; begin another with these turns."""
        self._forget_comparisons()
        self.pinned = self.pinned_ns = self.daily = None
        self.allowance.watches.leave(self.name)
        self.collector = BaselineCollector(begun_anew=True)
        self.renewed = True
        for turn in turns:
            if self.pinned is None or self.pinned.provisional:
                self._collect(turn)

    def order_streams(self, order: Iterable[Stream]) -> None:
        """As they came, which decides between equals, and how sums are rounded."""
        self.streams = {stream: self.streams[stream] for stream in order if stream in self.streams}

    def recovered(self) -> Iterator[Alarm]:
        """Close the alarms whose streams are as before, or come no more."""
        for stream, found in list(self.open.items()):
            if found.recovered(self.updated_ns):
                del self.open[stream]
                self.gone.add(recovery_row(stream))
                yield replace(found.alarm, resolved_ns=self.updated_ns)

    def identify(self, alarm: Alarm, alarm_id: int) -> None:
        """Say under which id an alarm of this monitor is stored."""
        for found in self.open.values():
            if found.alarm is alarm:
                found.identified(alarm_id)

    def _effect(self, provisional: bool) -> float:
        return max(PROVISIONAL_EFFECT, self.min_effect) if provisional else self.min_effect

    @property
    def _suspicious(self) -> bool:
        """What comes now may be a drift: no part of a baseline. Decided before a turn's loss."""
        return bool(self.open) or self.crossing is not None

    def _forget_comparisons(self) -> None:
        self.gone |= {*self.streams, *self.collecting, DAILY}
        self.gone |= {recovery_row(stream) for stream in self.open}
        for each in (self.streams, self.collecting, self.pots, self.launches, self.open):
            each.clear()
        self.touched.clear()
        self.crossing = None

    def _collect(self, turn: LossObservation) -> None:
        """Number and time alone say when a baseline is enough, never its losses."""
        self.collector.add(turn, capped=self.baseline_days >= 1)
        now_ns = max(turn.at_ns, self.updated_ns)
        if self.collector.enough(self.baseline_turns, self.baseline_days):
            self.pin(self.collector.turns, now_ns)
        elif self.baseline_days > 0 and self.collector.provisionally_enough():
            self.pin(self.collector.turns, now_ns, provisional=True)

    def _update(self, pinned: StratifiedBaseline, turn: LossObservation, mass: float) -> None:
        at_ns = self.updated_ns
        self.context.observe(turn, at_ns)
        holding = [each for each in self.open.values() if each.holds(turn)]
        explained = {
            stream: _explained(turn.loss, stream, holding) for stream in (WHOLE, *turn.tags.items())
        }
        for found in self.open.values():
            found.observe(turn, mass, at_ns)
        if self.daily is not None:
            if WHOLE not in self.open:
                self.daily.observe(explained[WHOLE], mass * DAILY_SHARE, at_ns)
                self.spent += mass * DAILY_SHARE
            mass *= 1 - DAILY_SHARE
        segments = SEGMENT_SHARE if turn.tags else 0.0
        whole = mass * (1 - segments) + self.launches.pop(WHOLE, 0.0)
        self._feed(WHOLE, turn, whole, explained[WHOLE])
        for stream in turn.tags.items():
            dimension, value = stream
            pot = self.pots.setdefault(dimension, FairShare(self.allowance.idle_ns))
            pot.pour(mass * segments / len(turn.tags), at_ns)
            if self._watches(pinned, stream, turn):
                own = pot.take(value, at_ns) + self.launches.pop(stream, 0.0)
                self._feed(stream, turn, own, explained[stream])

    def _watches(self, pinned: StratifiedBaseline, stream: Stream, turn: LossObservation) -> bool:
        """Whether a stream has something to be compared with; else it collects this turn."""
        if stream in self.streams:
            return True
        if pinned.reference(stream) is not None:
            self._begin(stream)
            return True
        if pinned.provisional:
            return False
        if stream not in self.collecting:
            self._make_room(self.collecting, stream[0])
            self.collecting[stream] = CollectingSegment()
        found = self.collecting[stream]
        found.observe(turn, self.updated_ns)
        self.touched.add(stream)
        if found.enough(self.own_turns, self.baseline_days):
            self._begin(stream, found.reference(stream, pinned))
            del self.collecting[stream]
        return False

    def _begin(self, stream: Stream, reference: SegmentReference | None = None) -> None:
        """Watch a stream from its next turn on."""
        assert self.pinned is not None
        reference = reference or self.pinned.reference(stream)
        assert reference is not None
        self._make_room(self.streams, stream[0])
        effect_looked_for = self._effect(self.pinned.provisional)
        self.streams[stream] = SegmentDetector.of(reference, effect_looked_for)
        self.touched.add(stream)

    def _feed(self, stream: Stream, turn: LossObservation, mass: float, loss: float) -> None:
        if stream in self.open:
            return
        if stream not in self.streams:
            self._begin(stream)
        self.spent += self.streams[stream].observe(turn, loss, mass, self.updated_ns)
        self.touched.add(stream)

    def _wait(self, stream: Stream, mass: float) -> None:
        self.launches[stream] = self.launches.get(stream, 0.0) + mass
        if stream in self.streams:
            self.streams[stream].detector.begin_block()
            self.touched.add(stream)

    def _make_room(
        self,
        watched: dict[Stream, SegmentDetector] | dict[Stream, CollectingSegment],
        dimension: str,
    ) -> None:
        """Of too many values of a dimension, let go of the one that was idle longest."""
        same = [s for s in watched if s[0] == dimension and s not in self.open]
        if dimension and len(same) >= MOST_SEGMENTS:
            idlest = min(same, key=lambda stream: watched[stream].last_ns)
            del watched[idlest]
            self.pots[dimension].leave(idlest[1])
            self.touched.discard(idlest)
            self.gone.add(idlest)

    def raise_alarm(
        self, deployments: Sequence[Deployment], *, overriding: bool = False
    ) -> Alarm | None:
        """The alarm, with what it names; None while it is not clear what to name, or whether one
        bad turn was all.

        `deployments`: those known of the service. `overriding`: answers contradict their context
        more than before, too.
        """
        assert self.pinned is not None
        detection = self.crossing or self._detection()
        located = self._located(detection.strongest)
        if not self._credible(detection.strongest):
            return None
        self.crossing = detection
        moved = self._moved_since(located.began_ns)
        after = [each for each in deployments if each.at_ns > (self.pinned_ns or 0)]
        named = attribute(moved, after, located.change)
        if not named.clear and detection.waits(moved):
            return None
        where = (named.dimension, named.value)
        if where in moved and detection.strongest not in (where, DAILY):
            located = self._located(where)
        raised = explain(
            located, named, moved, self.context, overriding, self._unknown(located.began_ns)
        )
        stream = where if where in self.streams else WHOLE
        if stream in self.open:  # it has an alarm already
            self._reset()
            return None
        alarm = self._alarm(raised, detection, stream)
        self._open(alarm, stream, located)
        return alarm

    def _credible(self, strongest: Stream) -> bool:
        """Two bad turns, more than a usual bad day, and no new version that is just sent the harder
        questions.

        To wait, or to forget evidence, lowers the number of alarms only.
        """
        if strongest == DAILY:
            return True
        if not self.streams[strongest].believable() or self._within_wander(strongest):
            return False
        routed = self._routed_by_difficulty(strongest)
        if routed is Routed.YES:
            self.streams[strongest].forget_evidence()
            self.crossing = None
        return routed is Routed.NO

    def _within_wander(self, stream: Stream) -> bool:
        """The growth is one by which days differed in the baseline: a bad day, so far."""
        assert self.pinned is not None
        located = self._located(stream)
        days = max((self.updated_ns - located.began_ns) / DAY_NS, 1.0)
        return located.size <= USUAL_WANDER * self.pinned.plan.wander / sqrt(days)

    def _routed_by_difficulty(self, stream: Stream) -> "Routed":
        """Whether a new version got worse turns while all others got better ones and the service as
        a whole is not clearly worse: it is sent the harder half. Over all of its turns, as those
        since the change were chosen for being bad."""
        assert self.pinned is not None
        if not self.pinned.is_new(stream) or WHOLE not in self.streams:
            return Routed.NO
        begun_ns = self.streams[stream].begun_ns
        whole, own = self.streams[WHOLE].since(begun_ns), self.streams[stream].since(begun_ns)
        rest, old = whole - own, self.pinned.whole.summary
        if rest.turns < FEWEST_OTHERS or effect(whole, old).surely_grew:
            return Routed.NO
        others = effect(rest, old)
        if others.high < 0:
            return Routed.YES
        undecided = others.size < 0 and own.turns < UNDECIDED
        return Routed.UNDECIDED if undecided else Routed.NO

    def _unknown(self, since_ns: int) -> list[str]:
        """What the comparison leaves open: turns that are scored are others than before; segments
        that came a good deal since then and are compared with nothing yet."""
        whole = self.streams[WHOLE].since(since_ns).turns if WHOLE in self.streams else 0.0
        found = [self.scored.moved] if self.scored.moved else []
        return found + [
            f"{stream[0]} {stream[1]} is too new to be compared by itself ({turns} turns since)"
            for stream, found in self.collecting.items()
            if (turns := found.since(since_ns)) >= UNKNOWN_SHARE * whole > 0
        ]

    def _detection(self) -> Detection:
        evidence = self.evidence
        strongest = max(evidence, key=lambda stream: evidence[stream])
        moved = self._moved_since(self._located(strongest).began_ns)
        segments = {s: each.e_value for s, each in self.streams.items() if s != WHOLE}
        listed = tuple(discoveries(segments, FALSE_DISCOVERIES))
        return Detection(sum(evidence.values()), strongest, _turns(moved), listed)

    def _located(self, stream: Stream) -> ChangeEstimate:
        found = self.daily if stream == DAILY else self.streams[stream]
        assert found is not None
        return ChangeEstimate.of(found, self.updated_ns, self._slack_ns)

    @property
    def _slack_ns(self) -> int:
        """The time of so many turns: bad ones do not come at once."""
        return int(RECENT * self.pinned.pause_seconds * 1e9) if self.pinned else 0

    def _moved_since(self, at_ns: int) -> dict[Stream, SegmentEffect]:
        live = {s: found for s, found in self.streams.items() if s not in self.open}
        since = {stream: found.since(at_ns) for stream, found in live.items()}
        old = {stream: found.reference.summary for stream, found in live.items()}
        return movements(since, old)

    def _alarm(self, raised: RaisedAlarm, detection: Detection, stream: Stream) -> Alarm:
        assert self.pinned is not None
        located, named, found = raised.located, raised.named, self.streams[stream]
        since = found.since(located.began_ns)
        return Alarm(
            service=self.service,
            signal=self.signal,
            dimension=named.dimension,
            value=named.value,
            cause=raised.cause,
            raised_ns=self.updated_ns,
            changed_ns=located.began_ns,
            changed_from_ns=located.change.from_ns,
            changed_until_ns=located.change.until_ns,
            size=located.size,
            size_low=max(located.low, 0.0),
            size_high=located.high,
            details={
                "revision": self.revision,
                "statistic": detection.statistic,
                "clock": "daily" if detection.strongest == DAILY else "turns",
                "baseline": self._compared_with(found.reference),
                "provisional": self.pinned.provisional,
                "turns": round(since.turns),
                "bad_turns": round(since.losses, 1),
                "segments": [list(each) for each in detection.listed],
                **raised.details,
            },
        )

    def _compared_with(self, reference: SegmentReference) -> dict[str, object]:
        assert self.pinned is not None
        return {
            "turns": reference.n,
            "mean": reference.mean,
            "of": reference.kind.value,
            "pinned_ns": self.pinned_ns,
            "strata": str(reference.strata),
            "block": reference.block,
        }

    @property
    def evidence(self) -> dict[Stream, float]:
        """The statistic of every stream, the daily clock among them."""
        found = {stream: each.statistic for stream, each in self.streams.items()}
        return found | ({DAILY: self.daily.statistic} if self.daily else {})

    def _open(self, alarm: Alarm, stream: Stream, located: ChangeEstimate) -> None:
        """Look for the recovery of the stream from here on, and for changes of the others."""
        found = self.streams[stream]
        since, whole = found.since(located.began_ns), self.streams[WHOLE].since(located.began_ns)
        share = min(since.turns / whole.turns, 1.0) if whole.turns else 1.0
        # An alarm after few bad turns knows its size badly, and half of a size that is too large
        # would call the same drift a recovery.
        surely = min(located.low, found.recent_mean - found.reference.mean)
        self.open[stream] = OpenAlarm.of(
            alarm, stream, found.reference, since, share, surely, self.min_effect
        )
        self._reset()

    def _reset(self) -> None:
        self.crossing = None
        for stream, found in self.streams.items():
            found.reset()
            self.touched.add(stream)
        if self.daily is not None:
            self.daily.reset()


def _turns(moved: Mapping[Stream, SegmentEffect]) -> float:
    """Turns of the service since a change; of its largest part while the whole has an alarm."""
    if WHOLE in moved:
        return moved[WHOLE].turns
    return max((each.turns for each in moved.values()), default=0.0)


def recovery_row(stream: Stream) -> Stream:
    """Where the open alarm of a stream is written down: in place of a dimension and a value."""
    return (RECOVERY, "=".join(stream) if stream != WHOLE else "")


def recovering(row: Stream) -> Stream:
    """The stream of such a row."""
    dimension, _, value = row[1].partition("=")
    return (dimension, value)


def _explained(loss: float, stream: Stream, holding: Sequence[OpenAlarm]) -> float:
    """A turn's loss, less what open alarms of other streams account for."""
    others = (each.discount(stream) for each in holding if each.stream != stream)
    return loss * min(others, default=1.0)
