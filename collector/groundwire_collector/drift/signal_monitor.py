"""Monitor of one signal per service and evaluator revision."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from groundwire_collector.drift.alarm import (
    AlarmContext,
    Symptoms,
    guaranteed_json,
    in_means,
    sums_json,
)
from groundwire_collector.drift.attribution import Attribution, Deployment
from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.baseline_collector import (
    DAY_NS,
    BaselineCollector,
    CollectingSegment,
)
from groundwire_collector.drift.budget import AlarmBudgetAllocator
from groundwire_collector.drift.config import PROVISIONAL_EFFECT, MonitorConfig
from groundwire_collector.drift.detector_state import DetectorState
from groundwire_collector.drift.dimensions import DAILY, DEPLOYED, RECENT, WHOLE, Stream
from groundwire_collector.drift.evidence import ChangeEvidence, Detection, Doubt, LocatedChange
from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.missing_scores import MissingReasons, ScoredShare
from groundwire_collector.drift.observation import UNFAITHFUL, unit, weight
from groundwire_collector.drift.open_alarm import OpenAlarm, OpenAlarms
from groundwire_collector.drift.rollout_pool import RolloutPool
from groundwire_collector.drift.segment import SegmentDetector
from groundwire_collector.drift.sessions import Repeat
from groundwire_collector.drift.signal_state import SignalState
from groundwire_collector.drift.stream_detectors import NO_DETECTORS, StreamDetectors
from groundwire_collector.storage.drift import Alarm
from groundwire_evaluators.drift import Change

MONITOR = "groundwire"  # who accepts a level that became the baseline


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
    allocator: AlarmBudgetAllocator
    config: MonitorConfig
    collector: BaselineCollector = field(default_factory=BaselineCollector)
    detectors: StreamDetectors | None = None  # against the pinned baseline
    pinned_ns: int | None = None
    context: AlarmContext = field(default_factory=AlarmContext)
    detection: Detection | None = None
    open: OpenAlarms = field(default_factory=OpenAlarms)
    scored: ScoredShare = field(default_factory=ScoredShare)
    missing: MissingReasons = field(default_factory=MissingReasons)
    replaced: list[Alarm] = field(default_factory=list)  # to be closed
    updated_ns: int = 0
    spent: float = 0.0  # mass handed to detectors in this process

    def observe(self, turn: LossObservation, repeat: Repeat | None = None) -> bool:
        """Take one turn; whether it was compared with the pinned baseline.

        Times that run backwards count as the latest seen.
        """
        if repeat is Repeat.RETRY:
            return False
        compared = False
        self.updated_ns = max(turn.at_ns, self.updated_ns)
        self.note_scored(scored=True)
        if turn.reason:
            self.missing.add(turn.reason, self.updated_ns, baseline=self._collecting)
        if self.detectors is not None:
            plan = self.detectors.pinned.plan
            if not (plan.session and repeat is Repeat.SESSION):
                mass = self._due() * plan.price
                self._update(self.detectors, turn, mass)
                compared = WHOLE not in self.open
        if self._collecting and self._collectable():
            self._collect(turn)
        return compared

    def _collectable(self) -> bool:
        """Whether this turn may be part of the baseline, decided before its loss.

        An alarm pauses the collection. One against a provisional baseline that lasts for as long as
        a baseline takes begins it anew at the present level, as does its end then: else there would
        never be a baseline, or one of two levels.
        """
        alarm_lasts = self._provisional_alarm_lasts
        if self._suspicious and not alarm_lasts:
            return False
        if self.collector.under_alarm != alarm_lasts:
            self.collector = BaselineCollector(under_alarm=alarm_lasts)
        return True

    @property
    def _provisional_alarm_lasts(self) -> bool:
        since = max((alarm.raised_ns for alarm in self.alarms), default=self.updated_ns)
        pause_ns = self.config.baseline_days * DAY_NS
        return self.provisional and self.updated_ns - since > pause_ns

    def _due(self) -> float:
        return self.allocator.accrued_mass(self.name, self.updated_ns, self.weight)

    def note_scored(self, *, scored: bool) -> None:
        """Count a turn of the service, as one with a score or as one without."""
        self.scored.add(scored, baseline=self._collecting)

    @property
    def unit(self) -> float:
        """Loss that stands for a mean of 1."""
        return unit(self.signal)

    @property
    def _wanted_turns(self) -> int:
        """Of a baseline; of blocks with labels as few as of a segment, as labels are dear."""
        few = self.signal == UNFAITHFUL
        return self.config.own_turns if few else self.config.baseline_turns

    @property
    def weight(self) -> float:
        """Part in the budget relative to other monitors."""
        return weight(self.signal)

    @property
    def name(self) -> str:
        return f"{self.service}\x1f{self.signal}\x1f{self.revision}"

    @property
    def pinned(self) -> StratifiedBaseline | None:
        """The baseline that turns are compared with."""
        return self.detectors.pinned if self.detectors else None

    @property
    def streams(self) -> dict[Stream, SegmentDetector]:
        return self.detectors.streams if self.detectors else {}

    @property
    def collecting(self) -> dict[Stream, CollectingSegment]:
        """The segments that are not compared with anything yet."""
        return self.detectors.collecting if self.detectors else {}

    @property
    def alarms(self) -> list[Alarm]:
        """Those that are open."""
        return self.open.alarms

    @property
    def alarming(self) -> bool:
        """A change for the worse has shown that no open alarm accounts for."""
        return self.detection is not None or self.statistic >= 1

    @property
    def statistic(self) -> float:
        return self.detectors.statistic if self.detectors else 0.0

    @property
    def evidence(self) -> dict[Stream, float]:
        """The statistic of every stream, and that of whole days."""
        return self._evidence(self.detectors).statistics if self.detectors else {}

    @property
    def collected(self) -> list[LossObservation]:
        """The turns of a baseline that is not complete."""
        return self.collector.turns

    @property
    def provisional(self) -> bool:
        """Compared with a baseline that is not complete."""
        return self.pinned is not None and self.pinned.provisional

    def spend_on_deployment(
        self,
        mass: float,
        streams: Sequence[Stream],
        pools: Mapping[Stream, RolloutPool] | None = None,
    ) -> None:
        """Spend this mass on a deployment: at the next turn, and at the next of each stream.

        `pools`: those of other services with the same version, which get a part of it.
        """
        assert self.detectors is not None
        self.detectors.spend_on_deployment(mass, streams, pools or {})

    def pin(
        self, turns: Sequence[LossObservation], at_ns: int, *, provisional: bool = False
    ) -> None:
        """Compare with these turns from now on."""
        self._forget_comparisons()
        least = self._least_effect(provisional)
        own_turns = self.config.own_turns
        self._compare_with(
            StratifiedBaseline.of(turns, least, own_turns, provisional=provisional), at_ns
        )
        if not provisional:
            self.collector.complete(turns)
        self.allocator.accrued_mass(self.name, at_ns, self.weight)  # from here on time is watched

    def restart_collection(self, turns: Sequence[LossObservation] = ()) -> None:
        """Forget the baseline and all that was compared with it; begin another with these turns."""
        self._forget_comparisons()
        self.pinned_ns = None
        self.allocator.shares.leave(self.name)
        self.collector = BaselineCollector()
        for turn in turns:
            if self._collecting:
                self._collect(turn)

    def recovered(self) -> Iterator[Alarm]:
        """Close the alarms whose streams are as before, or come no more; and those against a
        provisional baseline that a complete one of their own level replaced."""
        replaced, self.replaced = self.replaced, []
        yield from replaced
        yield from self.open.close_recovered(self.updated_ns)

    def identify(self, alarm: Alarm, alarm_id: int) -> None:
        """Say under which id an alarm of this monitor is stored."""
        self.open.identify(alarm, alarm_id)

    def raise_alarm(
        self, deployments: Sequence[Deployment], *, overriding: bool = False
    ) -> Alarm | None:
        """The alarm, with what it names; None while it is not clear what to name, or whether one
        bad turn was all.

        `deployments`: those known of the service. `overriding`: answers contradict their context
        more than before, too.
        """
        assert self.detectors is not None
        evidence = self._evidence(self.detectors)
        detection = self.detection or evidence.detection()
        if self._doubted(evidence, detection.strongest):
            return None
        self.detection = detection
        after = [each for each in deployments if each.at_ns > (self.pinned_ns or 0)]
        located = evidence.locate(detection, after)
        if located is None:
            return None
        named = located.attribution.stream
        if (named if named in self.streams else WHOLE) in self.open:
            self._reset()
            return None
        alarm = self._alarm(located, detection, overriding)
        return self._open(alarm)

    def raise_pooled(self, pool: RolloutPool, deployments: Sequence[Deployment]) -> Alarm | None:
        """The alarm of a version by the evidence of several services; None where it is open."""
        stream, change = pool.stream, pool.change
        if change is None or stream in self.open or stream not in self.streams:
            return None
        assert self.detectors is not None
        own = next((d for d in deployments if (d.dimension, d.value) == stream), None)
        named = Attribution(*stream, cause=DEPLOYED[stream[0]], deployment=own)
        moved = self._evidence(self.detectors).movements(change.since)
        located = LocatedChange(_placed(change, stream), named, moved)
        statistic = pool.detector.statistic if pool.detector else 0.0
        alarm = self._alarm(located, Detection(statistic, stream, float(len(pool.turns))), False)
        services = sorted(pool.members)
        alarm.details["findings"].append(
            f"Seen in {len(pool.turns)} turns of {len(services)} services that rolled it out"
            f" together: {', '.join(services)}"
        )
        alarm.details["pooled_services"] = services
        return self._open(alarm)

    def state(self) -> SignalState:
        """All that `from_state` goes on from."""
        return SignalState(
            self.pinned,
            self.pinned_ns,
            self.collector.turns,
            self.collector.released,
            self.collector.version,
            self._rest(),
            dict(self._detector_states()),
        )

    @classmethod
    def from_state(
        cls,
        key: tuple[str, str, str],
        allocator: AlarmBudgetAllocator,
        config: MonitorConfig,
        state: SignalState,
        alarms: Mapping[int, Alarm],
    ) -> "SignalMonitor":
        """The monitor of a service, a signal and a revision (`key`), as it was.

        `alarms`: the stored ones that are still open, by id.
        """
        found = cls(*key, allocator, config)
        found.collector.turns = list(state.turns)
        found.pinned_ns = state.pinned_ns
        if state.pinned is not None:
            found._compare_with(state.pinned, state.pinned_ns)
        if state.rest:
            found._resume(state.rest)
        if found.detectors is not None:
            found.detectors.resume(state.rest or NO_DETECTORS, state.detectors)
        found.open.resume(state.detectors, alarms, found.streams)
        found._adopt(alarms.values())
        return found

    def _adopt(self, alarms: Iterable[Alarm]) -> None:
        """Look for the recovery of stored alarms that no test of it was written down for."""
        known = {each.id for each in self.alarms}
        for alarm in alarms:
            ours = (alarm.service, alarm.signal, alarm.details.get("revision"))
            if ours != (self.service, self.signal, self.revision) or alarm.id in known:
                continue
            stream = alarm.change.segment if alarm.change.segment in self.streams else WHOLE
            if stream in self.streams and stream not in self.open:
                self._await_recovery(alarm)

    def release_turns(self) -> None:
        """Let go of the turns of a complete baseline, which are stored."""
        if self.pinned is not None and not self.pinned.provisional:
            self.collector.release()

    def _least_effect(self, provisional: bool) -> float:
        least = self.config.min_effect * self.unit
        return max(PROVISIONAL_EFFECT, least) if provisional else least

    @property
    def _collecting(self) -> bool:
        return self.pinned is None or self.pinned.provisional

    @property
    def _suspicious(self) -> bool:
        """What comes now may be a drift: no part of a baseline. Decided before a turn's loss."""
        return bool(self.open) or self.detection is not None

    def _compare_with(self, pinned: StratifiedBaseline, at_ns: int | None) -> None:
        least = self._least_effect(pinned.provisional)
        self.pinned_ns = at_ns
        self.detectors = StreamDetectors(
            pinned, least, self.config.own_turns, self.config.baseline_days, self.allocator.idle_ns
        )
        self.context = AlarmContext.of(pinned, self.config.min_effect)

    def _forget_comparisons(self) -> None:
        self.detectors = self.detection = None
        self.open.clear()

    def _collect(self, turn: LossObservation) -> None:
        """Number and time alone say when a baseline is enough, never its losses."""
        turns, days = self._wanted_turns, self.config.baseline_days
        self.collector.add(turn, capped=days >= 1)
        now_ns = max(turn.at_ns, self.updated_ns)
        if self.collector.enough(turns, days):
            self.replaced = [_accepted(alarm, now_ns) for alarm in self.alarms]
            self.pin(self.collector.turns, now_ns)
        elif days > 0 and self.collector.provisionally_enough():
            self.pin(self.collector.turns, now_ns, provisional=True)

    def _update(self, detectors: StreamDetectors, turn: LossObservation, mass: float) -> None:
        at_ns = self.updated_ns
        self.context.observe(turn, at_ns)
        losses = self.open.losses(turn)
        self.open.observe(turn, mass, at_ns)
        good = not self._suspicious
        self.spent += detectors.observe(turn, mass, at_ns, losses, self.open, good=good)

    def _evidence(self, detectors: StreamDetectors) -> ChangeEvidence:
        return ChangeEvidence(
            detectors.pinned,
            detectors.streams,
            detectors.daily,
            detectors.recent,
            self.open,
            self.updated_ns,
        )

    def _doubted(self, evidence: ChangeEvidence, strongest: Stream) -> bool:
        doubt = evidence.doubt(strongest)
        if doubt is Doubt.HARDER_TURNS:
            self.streams[strongest].forget_evidence()
            self.detection = None
        return doubt is not None

    def _alarm(self, located: LocatedChange, detection: Detection, overriding: bool) -> Alarm:
        assert self.detectors is not None
        change = located.change
        whole, found = self.streams.get(WHOLE), self._named(change, detection.strongest)
        known = whole.since(change.since).turns if whole else 0.0
        unknown = [self.scored.moved] if self.scored.moved else []
        unknown += self.detectors.too_new(change.since, known)
        reasons = self.missing.finding(change.since)
        unknown += [reasons] if reasons else []
        retrieval = self.context.retrieval_fell(change.interval[1])
        symptoms = Symptoms(retrieval, overriding, self.context.moved_mix, unknown)
        return Alarm(
            service=self.service,
            signal=self.signal,
            cause=symptoms.cause(located.attribution),
            raised_ns=self.updated_ns,
            change=change,
            details={
                "revision": self.revision,
                "statistic": detection.statistic,
                "clock": "daily" if detection.strongest == DAILY else "turns",
                "reference": "week" if detection.strongest == RECENT else "pinned",
                "baseline": {**found.reference.summary_json(), "pinned_ns": self.pinned_ns},
                "provisional": self.detectors.pinned.provisional,
                "state": self.missing.main_state(change.since),
                **sums_json(found.since(change.since)),
                "guaranteed": guaranteed_json(found.guaranteed),
                "segments": [list(each) for each in detection.listed],
                **symptoms.explanation(located.attribution, located.moved),
            },
        )

    def _named(self, change: Change, strongest: Stream) -> SegmentDetector:
        """The detector of what a change names; of the service, where that has none of its own, or
        against its last good week, where that says it."""
        recent = self.detectors.recent if self.detectors else None
        if strongest == RECENT and recent is not None:
            return recent
        return self.streams.get(change.segment) or self.streams[WHOLE]

    def _open(self, alarm: Alarm) -> Alarm:
        """Look for the recovery of the stream from here on, and for changes of the others.

        The alarm as it is told: in mean losses, where losses have another unit.
        """
        opened = self._await_recovery(alarm)
        self._reset()
        if self.signal == UNFAITHFUL:
            opened.alarm = in_means(alarm)
        return opened.alarm

    def _await_recovery(self, alarm: Alarm) -> OpenAlarm:
        week = alarm.details.get("reference") == "week"
        change = alarm.change
        found = self._named(change, RECENT if week else change.segment)
        stream = change.segment
        since, whole = found.since(change.since), self.streams[WHOLE].since(change.since)
        share = min(since.turns / whole.turns, 1.0) if whole.turns else 1.0
        # An alarm after few bad turns knows its size badly, and half of a size that is too large
        # would call the same drift a recovery.
        surely = min(change.size_interval[0], found.recent_mean - found.reference.mean)
        stream = stream if stream in self.streams else WHOLE
        least = self.config.min_effect * self.unit
        opened = OpenAlarm.of(alarm, stream, found.reference, since, share, surely, least)
        self.open[stream] = opened
        return opened

    def _reset(self) -> None:
        self.detection = None
        if self.detectors is not None:
            self.detectors.reset()

    def _rest(self) -> dict[str, Any]:
        return {
            "provisional_at": self.collector.provisional_at,
            "under_alarm": self.collector.under_alarm,
            "updated_ns": self.updated_ns,
            "crossing": self.detection.to_state() if self.detection else None,
            "context": self.context.to_state(),
            "scored": self.scored.to_state(),
            "missing": self.missing.to_state(),
            **(self.detectors.to_state() if self.detectors else NO_DETECTORS),
        }

    def _detector_states(self) -> Iterator[tuple[Stream, DetectorState]]:
        if self.detectors is not None:
            yield from self.detectors.detector_states()
        yield from self.open.detector_states()

    def _resume(self, rest: Mapping[str, Any]) -> None:
        self.collector.provisional_at = rest["provisional_at"]
        self.collector.under_alarm = rest.get("under_alarm", False)  # older states lack it
        self.updated_ns = rest["updated_ns"]
        self.context.resume(rest["context"])
        self.scored = ScoredShare(*rest["scored"])
        if "missing" in rest:  # older states lack it
            self.missing.resume(rest["missing"])
        self.detection = Detection.from_state(rest["crossing"]) if rest["crossing"] else None


def _accepted(alarm: Alarm, at_ns: int) -> Alarm:
    """An alarm against a provisional baseline, over as its level has become the baseline."""
    return replace(
        alarm,
        resolved_ns=at_ns,
        accepted_ns=at_ns,
        accepted_by=MONITOR,
        accepted_why="raised against a provisional baseline; the level has since lasted for as"
        " long as a complete baseline takes",
    )


def _placed(change: Change, stream: Stream) -> Change:
    """A change of this stream, which is a growth."""
    low, high = change.size_interval
    dimension, value = stream
    return replace(change, dimension=dimension, value=value, size_interval=(max(low, 0.0), high))
