"""Behaviour drift on batches of judged turns: alarms raised, resolved, accepted."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine

from groundwire_collector.drift.behaviour.attribution import (
    NEW_NS,
    ObservedLoss,
    carried_by,
    cause_of,
)
from groundwire_collector.drift.behaviour.monitor import (
    BehaviourEvent,
    BehaviourMonitor,
    BehaviourTurn,
    fixed_state,
    service_from,
    service_state,
    versions_of,
)
from groundwire_collector.drift.behaviour.signals import BehaviourSignal, SignalKind, values_of
from groundwire_collector.drift.behaviour.watch import BehaviourChange, SignalWatch
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.dimensions import Stream
from groundwire_collector.drift.observation import MonitoredTurn
from groundwire_collector.evaluation.batch import JudgedBatch
from groundwire_collector.metrics.costs import Costs
from groundwire_collector.settings import Settings
from groundwire_collector.storage import baselines, drift, turns
from groundwire_collector.storage.baselines import BEHAVIOUR_OF_SERVICE
from groundwire_collector.storage.drift import BEHAVIOUR, Alarm
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_evaluators.drift import Change
from groundwire_evaluators.drift.budget import AlarmBudget
from groundwire_evaluators.drift.margin import ChangeDirection

log = logging.getLogger(__name__)

ALLOWANCE, BASELINES, SERVICES = (
    "behaviour allowance",
    "behaviour baselines of ",
    BEHAVIOUR_OF_SERVICE,
)
MOST_READ = 400  # turns since a change that its attribution looks at
Z90 = 1.645


class BehaviourDrift:
    """Feeds the behaviour monitor; stores its alarms and state with the batch."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        budget = AlarmBudget.parse(settings.behaviour_alarm_budget)
        self._config = replace(MonitorConfig.of(settings), budget=budget)
        self._engine = engine
        self._costs = Costs.of(settings)
        self.restore()

    def restore(self) -> None:
        """Go back to the state that was committed last."""
        self._monitor = BehaviourMonitor(self._config)
        with self._engine.connect() as connection:
            parts = baselines.parts(connection, "behaviour ")
            self._alarms = {
                (alarm.service, alarm.signal): alarm
                for alarm in drift.alarms(connection, only_open=True)
                if alarm.signal.startswith(BEHAVIOUR)
            }
        if ALLOWANCE in parts:
            self._monitor.allocator.resume(parts[ALLOWANCE])
        for name, state in parts.items():
            if name.startswith(SERVICES):
                service = name.removeprefix(SERVICES)
                fixed = parts[f"{BASELINES}{service}"]
                self._monitor.services[service] = service_from(state, fixed)

    def take(self, batch: JudgedBatch, connection: Connection, /) -> None:
        self._end_accepted(connection)
        for turn in self._turns(batch):
            for event in self._monitor.take(turn):
                self._record(connection, event)
        self._save(connection)

    def _turns(self, batch: JudgedBatch) -> list[BehaviourTurn]:
        found = [
            self._reading(item, MonitoredTurn.of(item, self._config.dimensions))
            for item in batch.new
        ]
        capped = [replace(turn, at_ns=min(turn.at_ns, batch.now_ns)) for turn in found]
        return sorted(capped, key=lambda turn: turn.at_ns)

    def _reading(self, judged: JudgedTurn, read: MonitoredTurn) -> BehaviourTurn:
        values = tuple(values_of(judged, self._costs.of_turn(judged.turn)))
        return BehaviourTurn(read.service, read.at_ns, values, versions_of(read.tags))

    def _record(self, connection: Connection, event: BehaviourEvent) -> None:
        key = (event.service, event.watch.signal.stored)
        if event.change is None:
            alarm = self._alarms.pop(key, None)
            if alarm is not None and alarm.id is not None:
                drift.resolve_alarm(connection, alarm.id, event.at_ns)
                log.warning("resolved: %s of %s is as before", alarm.signal, alarm.service)
            return
        stream = self._segment(connection, event, event.change)
        alarm = _alarm(event, event.change, stream)
        self._alarms[key] = replace(alarm, id=drift.raise_alarm(connection, alarm))
        log.warning(
            "alarm: %s of %s: %s", alarm.signal, alarm.service, alarm.details["findings"][0]
        )

    def _segment(
        self, connection: Connection, event: BehaviourEvent, change: BehaviourChange
    ) -> Stream:
        """The version or route whose turns carry the change, by the stored turns since then."""
        query = TurnQuery(service=event.service, since_ns=change.since_ns, limit=MOST_READ)
        stored = turns.find(connection, query)
        versions = self._monitor.services[event.service].versions
        earliest = max(change.since_ns - NEW_NS, event.watch.pinned_ns or 0)
        new = [stream for stream, first in versions.items() if first >= earliest]
        detector = event.watch.detector
        assert detector is not None
        losses = self._losses(event.watch, stored)
        margin = event.watch.signal.margin
        return carried_by(losses, detector.old.mean, margin, change.direction, new)

    def _losses(self, watch: SignalWatch, stored: Iterable[JudgedTurn]) -> list[ObservedLoss]:
        found: list[ObservedLoss] = []
        for item in stored:
            if item.turn.closed_book or item.turn.probe:
                continue
            read = MonitoredTurn.of(item, self._config.dimensions)
            tags = {**read.tags, **({"route": read.route} if read.route else {})}
            found += [
                ObservedLoss(watch.loss(each.value), tags)
                for each in values_of(item, self._costs.of_turn(item.turn))
                if each.signal.name == watch.signal.name
            ]
        return found

    def _end_accepted(self, connection: Connection) -> None:
        """Collect anew the baseline of a signal whose alarm a person accepted."""
        if not self._alarms:
            return
        still = {alarm.id for alarm in drift.alarms(connection, only_open=True)}
        for key, alarm in list(self._alarms.items()):
            if alarm.id not in still:
                del self._alarms[key]
                self._monitor.restart(key[0], key[1].removeprefix(BEHAVIOUR))
                log.warning("baseline of %s of %s restarts: accepted", key[1], key[0])

    def _save(self, connection: Connection) -> None:
        monitor = self._monitor
        for name in sorted(monitor.touched):
            found = monitor.services[name]
            baselines.save_part(connection, f"{SERVICES}{name}", service_state(found))
            if found.fixed_changed:
                baselines.save_part(connection, f"{BASELINES}{name}", fixed_state(found))
                found.fixed_changed = False
        if monitor.touched:
            baselines.save_part(connection, ALLOWANCE, monitor.allocator.to_state())
        monitor.touched = set()


def _alarm(event: BehaviourEvent, change: BehaviourChange, stream: Stream) -> Alarm:
    signal, error = event.watch.signal, Z90 * change.error
    size = abs(change.size)
    return Alarm(
        service=event.service,
        signal=signal.stored,
        cause=cause_of(stream),
        raised_ns=event.at_ns,
        change=Change(
            change.since_ns,
            (change.since_ns, event.at_ns),
            size,
            (max(size - error, 0.0), min(size + error, 1.0)),
            *stream,
        ),
        details=_details(event, change),
    )


def _details(event: BehaviourEvent, change: BehaviourChange) -> dict[str, Any]:
    watch = event.watch
    return {
        "revision": watch.revision,
        "statistic": change.statistic,
        "clock": "turns",
        "turns": change.turns,
        "baseline": {"turns": watch.baseline.turns, "mean": watch.baseline.value},
        "direction": change.direction.value,
        "before": change.before,
        "now": change.now,
        "findings": [finding(watch.signal, change)],
    }


def finding(signal: BehaviourSignal, change: BehaviourChange) -> str:
    """Change in words, in the signal's own unit."""
    verb = "rose" if change.direction is ChangeDirection.UP else "fell"
    if signal.kind is SignalKind.SHARE:
        share = f"{signal.words} {verb} from {change.before:.1%} to {change.now:.1%}"
        return f"The share of {share} over {change.turns} turns"
    unit = f" {signal.unit}" if signal.unit else ""
    levels = f"from {change.before:.3g} to {change.now:.3g}{unit}"
    return f"{signal.words.capitalize()} {verb} {levels} on average over {change.turns} turns"
