"""Drift monitor: all signal monitors of all services."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

from groundwire_collector.drift.attribution import Deployment
from groundwire_collector.drift.budget import AlarmBudgetAllocator
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.dimensions import DEPLOYED, Stream
from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.missing_scores import MISSING_STATES
from groundwire_collector.drift.observation import MonitoredTurn, SignalLoss
from groundwire_collector.drift.rollout_pool import RolloutPool, RolloutPools
from groundwire_collector.drift.sessions import OpenSessions, Repeat
from groundwire_collector.drift.signal_monitor import SignalMonitor
from groundwire_collector.drift.signal_state import SignalState, Written
from groundwire_collector.storage.baselines import MonitorKey
from groundwire_collector.storage.drift import Alarm, DimensionValue
from groundwire_collector.storage.rollouts import Rollout
from groundwire_collector.storage.turns import JudgedTurn

SERVICE_AXIS = "service"
OVERRIDE = "override"  # the signal of answers that contradict their context
SUSPECT = 0.01  # a statistic this large is due to evidence, not to spent mass alone
ONE_DEPLOYMENT_NS = 24 * 3600 * 1_000_000_000  # from the first turns to an announcement

MOST_SERVICES = 300  # further ones are judged and counted, not monitored
MOST_VALUES = 1000  # of one dimension of one service; beyond that the oldest idle one is dropped


@dataclass(slots=True)
class Monitor:
    """Feeds judged turns to one monitor per signal; not thread-safe."""

    config: MonitorConfig
    allocator: AlarmBudgetAllocator = field(init=False)
    signal_monitors: dict[MonitorKey, SignalMonitor] = field(default_factory=dict)
    values: dict[tuple[str, str], dict[str, DimensionValue]] = field(default_factory=dict)
    sessions: dict[str, OpenSessions] = field(default_factory=dict)
    rollouts: dict[str, list[Rollout]] = field(default_factory=dict)  # announced, by service
    waiting: list[Rollout] = field(default_factory=list)  # announced, without a turn since
    announced: int = 0  # id of the newest announcement read
    touched: set[MonitorKey] = field(default_factory=set)
    written: dict[MonitorKey, Written] = field(default_factory=dict)  # by the checkpoint
    pools: RolloutPools = field(init=False)
    new_values: list[DimensionValue] = field(default_factory=list)
    gone_values: list[DimensionValue] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.allocator = AlarmBudgetAllocator(self.config.budget, self.config.deploy_share)
        self.pools = RolloutPools(self.config.min_effect)

    def observe(
        self,
        judged: Iterable[JudgedTurn],
        now_ns: int | None = None,
        first_scored: Iterable[JudgedTurn] = (),
    ) -> list[Alarm]:
        """Feed turns in order of time; the alarms raised or resolved (`resolved_ns` is set).

        `first_scored`: turns that came before without a score, and have one now.

        A turn that claims to be later than `now_ns` is taken for one of now; one without a time, or
        earlier than what was seen before it, for one of the latest time seen.
        """
        latest_ns = now_ns or sys.maxsize
        known = self.config.dimensions
        readings = [MonitoredTurn.of(item, known) for item in judged]
        readings += [MonitoredTurn.of(item, known, counted=True) for item in first_scored]
        return [
            alarm
            for reading in sorted(readings, key=lambda reading: reading.at_ns)
            for alarm in self.take(replace(reading, at_ns=min(reading.at_ns, latest_ns)))
        ]

    def take(self, reading: MonitoredTurn) -> list[Alarm]:
        """Feed one turn."""
        if not reading.scored:
            self._note_unscored(reading)
        if not reading.losses or self._services_are_full(reading.service):
            return []
        deployed = self._values_of(reading)
        self._deploy(reading.service, deployed, reading.at_ns)
        repeat = self._repeat(reading) if reading.scored else None
        return [
            alarm
            for loss in reading.losses
            for alarm in self._feed(reading, loss, repeat if loss.of_score else None)
        ]

    def _note_unscored(self, reading: MonitoredTurn) -> None:
        for key, signal_monitor in self.signal_monitors.items():
            if key[0] == reading.service and key[1] not in MISSING_STATES:
                signal_monitor.note_scored(scored=False)
                self.touched.add(key)

    def learn(self, reading: MonitoredTurn) -> None:
        """Register the tags of a turn whose baseline is made elsewhere."""
        self._values_of(reading)

    def announce(self, rollouts: Iterable[Rollout]) -> None:
        """Register announced deployments; each draws on the budget at its service's next turn."""
        for rollout in rollouts:
            self.announced = max(self.announced, rollout.id or 0)
            if rollout.dimension not in DEPLOYED:
                continue
            self.rollouts.setdefault(rollout.service, []).append(rollout)
            self.waiting.append(rollout)

    def signal_monitor(self, key: MonitorKey) -> SignalMonitor:
        """Get or create the monitor of a service, signal and revision."""
        if key not in self.signal_monitors:
            self._value("", SERVICE_AXIS, key[0], 0)
            self.signal_monitors[key] = SignalMonitor(*key, self.allocator, self.config)
        return self.signal_monitors[key]

    def restore(
        self, key: MonitorKey, state: SignalState, open_alarms: Mapping[int, Alarm]
    ) -> SignalMonitor:
        """Rebuild the monitor of a service, signal and revision from its stored state."""
        self._value("", SERVICE_AXIS, key[0], 0)
        found = SignalMonitor.from_state(key, self.allocator, self.config, state, open_alarms)
        self.signal_monitors[key] = found
        return found

    def renew(
        self, key: MonitorKey, turns: Sequence[LossObservation], now_ns: int, *, closed: bool
    ) -> list[Alarm]:
        """Replace a baseline by one that starts with these turns (`closed`: has only these).

        Returns the alarms that were open against the old baseline and are now obsolete.
        """
        signal_monitor = self.signal_monitor(key)
        alarms = signal_monitor.alarms
        signal_monitor.restart_collection(() if closed else turns)
        if closed:
            signal_monitor.pin(turns, now_ns)
        self.touched.add(key)
        return alarms

    def identify(self, alarm: Alarm, alarm_id: int) -> None:
        """Set the stored id of a new alarm."""
        for signal_monitor in self.signal_monitors.values():
            signal_monitor.identify(alarm, alarm_id)

    def recall_values(self, values: Iterable[DimensionValue]) -> None:
        for value in sorted(values, key=lambda value: value.position):
            self.values.setdefault((value.service, value.dimension), {})[value.value] = value

    def deployments(self, service: str) -> list[Deployment]:
        """Known deployments of a service: announced ones, and versions that appeared in turns."""
        announced = self.rollouts.get(service, [])
        known = {(each.dimension, each.value) for each in announced}
        return [
            *(Deployment(each.dimension, each.value, each.at_ns, True) for each in announced),
            *(
                Deployment(dimension, value.value, value.first_seen_ns)
                for dimension in DEPLOYED
                for value in self.values.get((service, dimension), {}).values()
                if (dimension, value.value) not in known
            ),
        ]

    def _feed(self, reading: MonitoredTurn, loss: SignalLoss, repeat: Repeat | None) -> list[Alarm]:
        """Feed one loss; return the alarms it raised or resolved."""
        service = reading.service
        key = (service, loss.signal, loss.revision)
        signal_monitor = self.signal_monitor(key)
        self.touched.add(key)
        turn = reading.observation(loss)
        counted = signal_monitor.observe(turn, repeat)
        changed = list(signal_monitor.recovered())
        if counted:
            pool = self.pools.observe(key[1:], service, turn, signal_monitor.updated_ns)
            raised = signal_monitor.raise_pooled(pool, self.deployments(service)) if pool else None
            changed += [raised] if raised is not None else []
        if signal_monitor.alarming:
            overriding = loss.of_score and (loss.signal == OVERRIDE or self._overrides(service))
            raised = signal_monitor.raise_alarm(self.deployments(service), overriding=overriding)
            changed += [raised] if raised is not None else []
        return changed

    def _overrides(self, service: str) -> bool:
        """Whether the override signal of a service has an alarm or growing evidence."""
        return any(
            bool(signal_monitor.open) or signal_monitor.statistic > SUSPECT
            for (name, signal, _), signal_monitor in self.signal_monitors.items()
            if (name, signal) == (service, OVERRIDE) and signal_monitor.pinned is not None
        )

    def _deploy(self, service: str, deployed: Sequence[Stream], at_ns: int) -> None:
        """Draw on the budget for new versions in this turn and for earlier announcements."""
        due = [each for each in self.waiting if each.service == service and each.at_ns <= at_ns]
        for rollout in due:
            self.waiting.remove(rollout)
            stream = (rollout.dimension, rollout.value)
            known = self.values.get((service, rollout.dimension), {})
            if rollout.value in known or stream in deployed:
                # Its turns came first and were paid for, unless an old value is deployed again.
                if at_ns - known[rollout.value].first_seen_ns < ONE_DEPLOYMENT_NS:
                    continue
            elif known:  # its turns will carry it: pay only once
                self._value(service, rollout.dimension, rollout.value, rollout.at_ns)
            self._spend_on_deployment(service, [stream] if known else [], at_ns)
        if deployed:
            self._spend_on_deployment(service, deployed, at_ns)

    def _spend_on_deployment(self, service: str, streams: Sequence[Stream], at_ns: int) -> None:
        active = self.allocator.shares.members
        found = sorted(self.signal_monitors.items(), key=itemgetter(0))  # also after a restart
        pinned = [
            (key, signal_monitor)
            for key, signal_monitor in found
            if key[0] == service
            and signal_monitor.pinned is not None
            and signal_monitor.name in active
        ]
        if not pinned:
            return
        mass = self.allocator.at_deployment(service, at_ns)
        mass /= sum(signal_monitor.weight for _, signal_monitor in pinned)
        for key, signal_monitor in pinned:
            pooled = self._pool(key, signal_monitor, streams, at_ns)
            signal_monitor.spend_on_deployment(mass * signal_monitor.weight, streams, pooled)
            self.touched.add(key)

    def _pool(
        self, key: MonitorKey, signal_monitor: SignalMonitor, streams: Sequence[Stream], at_ns: int
    ) -> dict[Stream, RolloutPool]:
        """Pools with other services that roll out the same versions."""
        found: dict[Stream, RolloutPool] = {}
        for stream in streams:
            reference = signal_monitor.pinned.reference(stream) if signal_monitor.pinned else None
            if stream[0] in DEPLOYED and reference is not None and not signal_monitor.provisional:
                pool = self.pools.join((*key[1:], *stream), key[0], reference, at_ns)
                found |= {stream: pool} if pool is not None else {}
        return found

    def resume_pools(self, states: Sequence[Any]) -> None:
        """Restore stored pools; call after the signal monitors are restored."""
        for signal, revision, dimension, value, state in states:
            members = {
                service: reference
                for (service, *rest), signal_monitor in self.signal_monitors.items()
                if rest == [signal, revision]
                and signal_monitor.pinned is not None
                and (reference := signal_monitor.pinned.reference((dimension, value))) is not None
            }
            pool = RolloutPool.from_state(state, members, self.config.min_effect)
            self.pools.pools[signal, revision, dimension, value] = pool

    def _values_of(self, reading: MonitoredTurn) -> list[Stream]:
        """Register the turn's value of each dimension; return the versions seen first with it."""
        deployed, service = [], reading.service
        for dimension, name in reading.tags.items():
            if dimension in DEPLOYED and name not in self.values.get((service, dimension), {}):
                deployed.append((dimension, name))
            self._value(service, dimension, name, reading.at_ns)
        return deployed

    def _repeat(self, reading: MonitoredTurn) -> Repeat | None:
        if not reading.session:
            return None
        under_way = self.sessions.setdefault(reading.service, OpenSessions())
        return under_way.repeats(reading.session, reading.question, reading.at_ns)

    def _services_are_full(self, service: str) -> bool:
        known = self.values.get(("", SERVICE_AXIS), {})
        return service not in known and len(known) >= MOST_SERVICES

    def _value(self, service: str, dimension: str, value: str, at_ns: int) -> DimensionValue:
        known = self.values.setdefault((service, dimension), {})
        if value not in known:
            if dimension != SERVICE_AXIS and len(known) >= MOST_VALUES:
                self._forget_value(service, dimension, known)
            position = 1 + max((each.position for each in known.values()), default=0)
            known[value] = DimensionValue(service, dimension, value, position, at_ns)
            self.new_values.append(known[value])
        return known[value]

    def _forget_value(self, service: str, dimension: str, known: dict[str, DimensionValue]) -> None:
        """Drop the oldest value without a detector; if it returns, it counts as new."""
        followed = {
            stream
            for key, signal_monitor in self.signal_monitors.items()
            if key[0] == service
            for stream in (*signal_monitor.streams, *signal_monitor.collecting)
        }
        idle = (each for each in known.values() if (dimension, each.value) not in followed)
        oldest = min(idle, key=lambda each: each.position)
        del known[oldest.value]
        self.gone_values.append(oldest)


def observations(
    key: MonitorKey, judged: Iterable[JudgedTurn], now_ns: int, dimensions: Sequence[str]
) -> list[LossObservation]:
    """The observations that these turns give the signal monitor with this key."""
    found: list[LossObservation] = []
    for item in judged:
        reading = MonitoredTurn.of(item, dimensions)
        reading = replace(reading, at_ns=min(reading.at_ns, now_ns))
        found += [
            reading.observation(loss)
            for loss in reading.losses
            if (reading.service, loss.signal, loss.revision) == key
        ]
    return found
