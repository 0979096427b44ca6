"""One watch: one signal of one service under one evaluator revision, from baseline to alarm."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from groundwire_collector.drift.alarm import ChangeEstimate, RaisedAlarm, explain
from groundwire_collector.drift.alarm_context import AlarmContext
from groundwire_collector.drift.attribution import Deployment, attribute
from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.budget import SEGMENT_SHARE, WHOLE, AlarmBudgetAllocator, Stream
from groundwire_collector.drift.daily import SHARE as DAILY_SHARE
from groundwire_collector.drift.daily import DailyMonitor
from groundwire_collector.drift.effect import SegmentEffect, movements
from groundwire_collector.drift.fair_share import FairShare
from groundwire_collector.drift.observation import LossObservation
from groundwire_collector.drift.segment import SegmentDetector
from groundwire_collector.drift.sessions import Repeat
from groundwire_collector.storage.drift import RECOVERY, Alarm
from groundwire_evaluators.drift import KnownMeanESR

RECENT = 30  # turns before an alarm in which its size is looked for again
MOST_SEGMENTS = 20  # values of one dimension that are watched at once
DAILY: Stream = ("clock", "daily")
SHORTEST_WAIT, LONGEST_WAIT = 100, 200  # turns an alarm may wait until it is clear what to name


@dataclass(frozen=True, slots=True)
class Detection:
    """The statistic has reached 1: how far, in which stream most, how many turns after the change.

    The alarm is counted here; what follows until it is told serves only to name the right segment.
    It waits no longer than twice what it took to get here, or `SHORTEST_WAIT`.
    """

    statistic: float
    strongest: Stream
    turns: float

    def waits(self, moved: Mapping[Stream, SegmentEffect]) -> bool:
        whole = moved.get(WHOLE)
        since = whole.turns if whole else 0.0
        return since < self.turns + min(max(2 * self.turns, SHORTEST_WAIT), LONGEST_WAIT)


@dataclass(slots=True)
class SignalMonitor:
    """Collects a baseline, pins it, then looks for a change for the worse.

    The detectors of a watch share its part of the allowance, so their statistics add up; the alarm
    is raised when the sum reaches 1. While an alarm is open only its recovery is looked for.
    """

    service: str
    signal: str
    revision: str
    allowance: AlarmBudgetAllocator
    min_effect: float
    baseline_turns: int
    baseline_days: float = 0.0
    collected: list[LossObservation] = field(default_factory=list)
    kept: int = 0  # of `collected`, those that are written down
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    pinned: StratifiedBaseline | None = None
    pinned_ns: int | None = None
    streams: dict[Stream, SegmentDetector] = field(default_factory=dict)
    pots: dict[str, FairShare] = field(default_factory=dict)  # by dimension
    launches: dict[Stream, float] = field(default_factory=dict)  # mass that waits for a turn
    daily: DailyMonitor | None = None
    context: AlarmContext = field(default_factory=AlarmContext)
    crossing: Detection | None = None
    alarm: Alarm | None = None
    recovery: KnownMeanESR | None = None
    updated_ns: int = 0
    spent: float = 0.0  # mass handed to detectors in this process
    # What changed since it was written down (memory.py).
    touched: set[Stream] = field(default_factory=set)
    gone: set[Stream] = field(default_factory=set)
    renewed: bool = True  # the baseline
    begun_anew: bool = False  # and the turns it is made of

    def observe(self, turn: LossObservation, repeat: Repeat | None = None) -> None:
        """Take one turn; times that run backwards count as the latest seen."""
        if repeat is Repeat.RETRY:
            return
        self.updated_ns = max(turn.at_ns, self.updated_ns)
        if self.pinned is None:
            self._collect(turn)
        elif not (self.pinned.plan.session and repeat is Repeat.SESSION):
            self.recent.append(turn.loss)
            mass = self.allowance.by_clock(self.name, self.updated_ns) * self.pinned.plan.price
            if self.recovery is not None:
                self.recovery.update(1 - turn.loss, mass, self.updated_ns)
            else:
                self._update(self.pinned, turn, mass)

    @property
    def name(self) -> str:
        return f"{self.service}\0{self.signal}\0{self.revision}"

    @property
    def alarming(self) -> bool:
        """A change for the worse has shown that no open alarm tells of."""
        return self.alarm is None and (self.crossing is not None or self.statistic >= 1)

    @property
    def recovered(self) -> bool:
        """The open alarm's loss is gone."""
        return self.recovery is not None and self.recovery.drift_detected

    @property
    def statistic(self) -> float:
        daily = self.daily.statistic if self.daily else 0.0
        return sum(found.statistic for found in self.streams.values()) + daily

    def launch(self, mass: float, streams: Sequence[Stream]) -> None:
        """Spend this mass on a deployment: at the next turn, and at the next of each stream."""
        assert self.pinned is not None
        mass *= self.pinned.plan.price
        segments = SEGMENT_SHARE if streams else 0.0
        self._wait(WHOLE, mass * (1 - segments))
        for stream in streams:
            self._wait(stream, mass * segments / len(streams))

    def pin(self, turns: Sequence[LossObservation], at_ns: int) -> None:
        """Compare with these turns from now on."""
        self.collected = list(turns)
        self.pinned, self.pinned_ns = StratifiedBaseline.of(self.collected, self.min_effect), at_ns
        self.daily = DailyMonitor(self.pinned.days, self.min_effect) if self.pinned.days else None
        self.context = AlarmContext.of(self.pinned, self.min_effect)
        self.renewed = True
        self.allowance.by_clock(self.name, at_ns)  # from here on time is watched

    def collect_anew(self, turns: Sequence[LossObservation] = ()) -> None:
        """Forget the baseline and all that was compared with it; begin another with these turns."""
        self.gone |= {*self.streams, (RECOVERY, ""), DAILY}
        for kept in (self.streams, self.pots, self.launches, self.touched, self.recent):
            kept.clear()
        self.pinned = self.pinned_ns = self.daily = None
        self.crossing = self.alarm = self.recovery = None
        self.allowance.watches.leave(self.name)
        self.collected, self.kept = [], 0
        self.begun_anew = self.renewed = True
        for turn in turns:
            if self.pinned is None:
                self._collect(turn)

    def order_streams(self, order: Iterable[Stream]) -> None:
        """As they came, which decides between equals, and how sums are rounded."""
        self.streams = {stream: self.streams[stream] for stream in order if stream in self.streams}

    def _collect(self, turn: LossObservation) -> None:
        """Number and time alone say when a baseline is enough, never its losses."""
        self.collected.append(turn)
        spanned = (turn.at_ns - self.collected[0].at_ns) / 86_400e9
        if len(self.collected) >= self.baseline_turns and spanned >= self.baseline_days:
            self.pin(self.collected, max(turn.at_ns, self.updated_ns))

    def _update(self, pinned: StratifiedBaseline, turn: LossObservation, mass: float) -> None:
        at_ns = self.updated_ns
        self.context.observe(turn, at_ns)
        if self.daily is not None:
            self.daily.observe(turn.loss, mass * DAILY_SHARE, at_ns)
            self.spent += mass * DAILY_SHARE
            mass *= 1 - DAILY_SHARE
        segments = SEGMENT_SHARE if turn.values else 0.0
        stratum = pinned.plan.strata.of(turn.route, at_ns)
        whole = mass * (1 - segments) + self.launches.pop(WHOLE, 0.0)
        self._feed(WHOLE, turn.loss, whole, stratum)
        for dimension, value in turn.values.items():
            stream = (dimension, value.value)
            pot = self.pots.setdefault(dimension, FairShare(self.allowance.idle_ns))
            pot.pour(mass * segments / len(turn.values), at_ns)
            own = pot.take(value.value, at_ns) + self.launches.pop(stream, 0.0)
            self._feed(stream, turn.loss, own, stratum)

    def _feed(self, stream: Stream, loss: float, mass: float, stratum: str) -> None:
        assert self.pinned is not None
        if stream not in self.streams:
            self._make_room(stream[0])
            self.streams[stream] = SegmentDetector.of(self.pinned, self.min_effect)
        self.streams[stream].observe(loss, mass, self.updated_ns, stratum)
        self.spent += mass
        self.touched.add(stream)

    def _wait(self, stream: Stream, mass: float) -> None:
        self.launches[stream] = self.launches.get(stream, 0.0) + mass
        if stream in self.streams:
            self.streams[stream].detector.begin_block()
            self.touched.add(stream)

    def _make_room(self, dimension: str) -> None:
        """Of too many values of a dimension, stop watching the one that was idle longest."""
        watched = [stream for stream in self.streams if stream[0] == dimension]
        if dimension and len(watched) >= MOST_SEGMENTS:
            idlest = min(watched, key=lambda stream: self.streams[stream].last_ns)
            del self.streams[idlest]
            self.pots[dimension].leave(idlest[1])
            self.touched.discard(idlest)
            self.gone.add(idlest)

    def raise_alarm(
        self, deployments: Sequence[Deployment], *, overriding: bool = False
    ) -> Alarm | None:
        """The alarm, with what it names; recovery is next. None while it is not clear what to name.

        `deployments`: those known of the service. `overriding`: answers contradict their context
        more than before, too.
        """
        assert self.pinned is not None
        if self.crossing is None:
            self.crossing = self._crossing()
        located = self._located(self.crossing.strongest)
        moved = self._moved_since(located.began_ns)
        after = [each for each in deployments if each.at_ns > (self.pinned_ns or 0)]
        named = attribute(moved, after, located.change)
        if not named.clear and self.crossing.waits(moved):
            return None
        where = (named.dimension, named.value)
        if where in moved and self.crossing.strongest not in (where, DAILY):
            located = self._located(where)
        incident = explain(located, named, moved, self.context, overriding)
        self.alarm = self._alarm(incident, self.crossing)
        self.recovery = self._recovery(self.pinned, self.alarm)
        self._reset()
        return self.alarm

    def _crossing(self) -> Detection:
        evidence = self.evidence
        strongest = max(evidence, key=lambda stream: evidence[stream])
        whole = self._moved_since(self._located(strongest).began_ns).get(WHOLE)
        return Detection(sum(evidence.values()), strongest, whole.turns if whole else 0.0)

    def _located(self, stream: Stream) -> ChangeEstimate:
        found = self.daily if stream == DAILY else self.streams[stream]
        assert found is not None
        return ChangeEstimate.of(found, self.updated_ns, self._slack_ns)

    @property
    def _slack_ns(self) -> int:
        """The time of so many turns: bad ones do not come at once."""
        return int(RECENT * self.pinned.pause_seconds * 1e9) if self.pinned else 0

    def _moved_since(self, at_ns: int) -> dict[Stream, SegmentEffect]:
        assert self.pinned is not None
        since = {stream: found.since(at_ns) for stream, found in self.streams.items()}
        return movements(since, self.pinned.pooled)

    def _alarm(self, incident: RaisedAlarm, crossing: Detection) -> Alarm:
        assert self.pinned is not None
        located, named = incident.located, incident.named
        baseline = {
            "turns": self.pinned.n,
            "mean": self.pinned.mean,
            "pinned_ns": self.pinned_ns,
            "strata": str(self.pinned.plan.strata),
            "block": self.pinned.plan.block,
        }
        return Alarm(
            service=self.service,
            signal=self.signal,
            dimension=named.dimension,
            value=named.value,
            cause=incident.cause,
            raised_ns=self.updated_ns,
            changed_ns=located.began_ns,
            changed_from_ns=located.change.from_ns,
            changed_until_ns=located.change.until_ns,
            size=located.size,
            size_low=min(located.low, self._recent_growth(self.pinned)),
            size_high=located.high,
            details={
                "revision": self.revision,
                "statistic": crossing.statistic,
                "clock": "daily" if crossing.strongest == DAILY else "turns",
                "baseline": baseline,
                **incident.details,
            },
        )

    @property
    def evidence(self) -> dict[Stream, float]:
        """The statistic of every stream, the daily clock among them."""
        found = {stream: each.statistic for stream, each in self.streams.items()}
        return found | ({DAILY: self.daily.statistic} if self.daily else {})

    def resolve(self) -> Alarm:
        """Close the open alarm, and look for the next change against the same baseline."""
        assert self.alarm is not None
        resolved = replace(self.alarm, resolved_ns=self.updated_ns)
        self.alarm = self.recovery = None
        self.gone.add((RECOVERY, ""))
        return resolved

    def _reset(self) -> None:
        self.crossing = None
        for stream, found in self.streams.items():
            found.detector.reset()
            self.touched.add(stream)
        if self.daily is not None:
            self.daily.reset()

    def _recent_growth(self, pinned: StratifiedBaseline) -> float:
        return sum(self.recent) / max(len(self.recent), 1) - pinned.mean

    def _recovery(self, pinned: StratifiedBaseline, alarm: Alarm) -> KnownMeanESR:
        """Tells a mean loss near the baseline's from one that is still worse.

        The border is half of what the loss has surely grown by. An alarm after few bad turns knows
        its size badly, and half of a size that is too large would call the same drift a recovery;
        so the size is also looked for in the last turns before the alarm, good ones included.
        """
        middle = pinned.mean + max(alarm.size_low, self.min_effect) / 2
        middle = min(middle, (1 + pinned.mean) / 2)
        return KnownMeanESR(mean=1 - middle, min_effect=self.min_effect)
