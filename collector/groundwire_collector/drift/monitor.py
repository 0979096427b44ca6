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
from groundwire_collector.storage.baselines import WatchKey
from groundwire_collector.storage.drift import Alarm, DimensionValue
from groundwire_collector.storage.rollouts import Rollout
from groundwire_collector.storage.turns import JudgedTurn

SERVICE_AXIS = "service"
OVERRIDE = "override"  # the signal of answers that contradict their context
SUSPECT = 0.01  # a statistic that evidence, not mass, has brought so far
ONE_DEPLOYMENT_NS = 24 * 3600 * 1_000_000_000  # an announcement may come so long after its turns

MOST_SERVICES = 300  # further ones are judged and counted, not watched
MOST_VALUES = 1000  # of one dimension of one service; of more, the oldest that is idle is forgotten


@dataclass(slots=True)
class Monitor:
    """Feeds readings to signal monitors; not thread-safe."""

    terms: MonitorConfig
    allowance: AlarmBudgetAllocator = field(init=False)
    watches: dict[WatchKey, SignalMonitor] = field(default_factory=dict)
    values: dict[tuple[str, str], dict[str, DimensionValue]] = field(default_factory=dict)
    sessions: dict[str, OpenSessions] = field(default_factory=dict)
    rollouts: dict[str, list[Rollout]] = field(default_factory=dict)  # announced, by service
    waiting: list[Rollout] = field(default_factory=list)  # that no turn has followed yet
    announced: int = 0  # id of the last that was taken note of
    touched: set[WatchKey] = field(default_factory=set)
    written: dict[WatchKey, Written] = field(default_factory=dict)  # by the checkpoint
    pools: RolloutPools = field(init=False)
    new_values: list[DimensionValue] = field(default_factory=list)
    gone_values: list[DimensionValue] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.allowance = AlarmBudgetAllocator(self.terms.budget, self.terms.deploy_share)
        self.pools = RolloutPools(self.terms.min_effect)

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
        known = self.terms.dimensions
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
        for key, watch in self.watches.items():
            if key[0] == reading.service and key[1] not in MISSING_STATES:
                watch.note_scored(scored=False)
                self.touched.add(key)

    def learn(self, reading: MonitoredTurn) -> None:
        """Take note of a turn's tags, of a baseline that is made elsewhere."""
        self._values_of(reading)

    def announce(self, rollouts: Iterable[Rollout]) -> None:
        """Take note of deployments; each is spent on at the first turn of its service since."""
        for rollout in rollouts:
            self.rollouts.setdefault(rollout.service, []).append(rollout)
            self.waiting.append(rollout)
            self.announced = max(self.announced, rollout.id or 0)

    def watch(self, key: WatchKey) -> SignalMonitor:
        """The watch of a service, a signal and a revision; made where there is none."""
        if key not in self.watches:
            self._value("", SERVICE_AXIS, key[0], 0)
            self.watches[key] = SignalMonitor(*key, self.allowance, self.terms)
        return self.watches[key]

    def restore(
        self, key: WatchKey, state: SignalState, open_alarms: Mapping[int, Alarm]
    ) -> SignalMonitor:
        """The watch of a service, a signal and a revision, as it was written."""
        self._value("", SERVICE_AXIS, key[0], 0)
        found = SignalMonitor.from_state(key, self.allowance, self.terms, state, open_alarms)
        self.watches[key] = found
        return found

    def renew(
        self, key: WatchKey, turns: Sequence[LossObservation], now_ns: int, *, closed: bool
    ) -> list[Alarm]:
        """Begin another baseline with these turns; `closed`: it is made of no others.

        The alarms that were open against the old one, which nobody looks at any more.
        """
        watch = self.watch(key)
        alarms = watch.alarms
        watch.collect_anew(() if closed else turns)
        if closed:
            watch.pin(turns, now_ns)
        self.touched.add(key)
        return alarms

    def identify(self, alarm: Alarm, alarm_id: int) -> None:
        """Tell the watch of a new alarm under which id it is stored."""
        for watch in self.watches.values():
            watch.identify(alarm, alarm_id)

    def recall_values(self, values: Iterable[DimensionValue]) -> None:
        for value in sorted(values, key=lambda value: value.position):
            self.values.setdefault((value.service, value.dimension), {})[value.value] = value

    def deployments(self, service: str) -> list[Deployment]:
        """Those known of a service: values that appeared, and announcements."""
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
        """Those raised and resolved by one loss."""
        service = reading.service
        key = (service, loss.signal, loss.revision)
        watch = self.watch(key)
        self.touched.add(key)
        turn = reading.observation(loss)
        counted = watch.observe(turn, repeat)
        changed = list(watch.recovered())
        if counted:
            pool = self.pools.observe(key[1:], service, turn, watch.updated_ns)
            raised = watch.raise_pooled(pool, self.deployments(service)) if pool else None
            changed += [raised] if raised is not None else []
        if watch.alarming:
            overriding = loss.of_score and (loss.signal == OVERRIDE or self._overrides(service))
            raised = watch.raise_alarm(self.deployments(service), overriding=overriding)
            changed += [raised] if raised is not None else []
        return changed

    def _overrides(self, service: str) -> bool:
        """Whether answers of a service contradict their context more than they did."""
        return any(
            bool(watch.open) or watch.statistic > SUSPECT
            for (name, signal, _), watch in self.watches.items()
            if (name, signal) == (service, OVERRIDE) and watch.pinned is not None
        )

    def _deploy(self, service: str, deployed: Sequence[Stream], at_ns: int) -> None:
        """Spend on what was deployed: new values of this turn, and what was announced before it."""
        due = [each for each in self.waiting if each.service == service and each.at_ns <= at_ns]
        for rollout in due:
            self.waiting.remove(rollout)
            stream = (rollout.dimension, rollout.value)
            known = self.values.get((service, rollout.dimension), {})
            if rollout.value in known or stream in deployed:
                # Its turns came first: spent on already, unless the value is an old one again.
                if at_ns - known[rollout.value].first_seen_ns < ONE_DEPLOYMENT_NS:
                    continue
            elif known:  # turns will carry it: spend on it once
                self._value(service, rollout.dimension, rollout.value, rollout.at_ns)
            self._launch(service, [stream] if known else [], at_ns)
        if deployed:
            self._launch(service, deployed, at_ns)

    def _launch(self, service: str, streams: Sequence[Stream], at_ns: int) -> None:
        active = self.allowance.watches.members
        pinned = [
            (key, watch)
            for key, watch in sorted(
                self.watches.items(), key=itemgetter(0)
            )  # the same after a restart
            if key[0] == service and watch.pinned is not None and watch.name in active
        ]
        if not pinned:
            return
        mass = self.allowance.at_deployment(service, at_ns)
        mass /= sum(watch.weight for _, watch in pinned)
        for key, watch in pinned:
            pooled = self._pool(key, watch, streams, at_ns)
            watch.launch(mass * watch.weight, streams, pooled)
            self.touched.add(key)

    def _pool(
        self, key: WatchKey, watch: SignalMonitor, streams: Sequence[Stream], at_ns: int
    ) -> dict[Stream, RolloutPool]:
        """The pools of other services that roll out the same versions."""
        found: dict[Stream, RolloutPool] = {}
        for stream in streams:
            reference = watch.pinned.reference(stream) if watch.pinned else None
            if stream[0] in DEPLOYED and reference is not None and not watch.provisional:
                pool = self.pools.join((*key[1:], *stream), key[0], reference, at_ns)
                found |= {stream: pool} if pool is not None else {}
        return found

    def resume_pools(self, states: Sequence[Any]) -> None:
        """Go on with pools as they were written, after the watches."""
        for signal, revision, dimension, value, state in states:
            members = {
                service: reference
                for (service, *rest), watch in self.watches.items()
                if rest == [signal, revision]
                and watch.pinned is not None
                and (reference := watch.pinned.reference((dimension, value))) is not None
            }
            pool = RolloutPool.from_state(state, members, self.terms.min_effect)
            self.pools.pools[signal, revision, dimension, value] = pool

    def _values_of(self, reading: MonitoredTurn) -> list[Stream]:
        """Take note of the turn's value on each dimension; those that were deployed with it."""
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
        """The oldest of these that no watch follows now; should it come back, it is new."""
        followed = {
            stream
            for key, watch in self.watches.items()
            if key[0] == service
            for stream in (*watch.streams, *watch.collecting)
        }
        idle = (each for each in known.values() if (dimension, each.value) not in followed)
        oldest = min(idle, key=lambda each: each.position)
        del known[oldest.value]
        self.gone_values.append(oldest)


def observations(
    key: WatchKey, judged: Iterable[JudgedTurn], now_ns: int, dimensions: Sequence[str]
) -> list[LossObservation]:
    """What the watch of this key would have been fed of these turns."""
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
