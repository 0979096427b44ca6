"""All watches of all services: what a batch of judged turns does to them, and what stays."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from groundwire_collector.monitoring.allowance import Allowance, share_of_nth
from groundwire_collector.monitoring.attribution import AXES
from groundwire_collector.monitoring.signals import SIGNALS, Loss, losses
from groundwire_collector.monitoring.watch import Watch
from groundwire_collector.storage.drift import Alarm, AxisValue
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.drift import AlarmBudget
from groundwire_evaluators.turn import Turn

SERVICE_AXIS = "service"

MOST_SERVICES = 300  # further ones are judged and counted, not watched
MOST_VALUES = 1000  # of one axis of one service, ever

WatchKey = tuple[str, str, str]  # service, signal, evaluator revision


@dataclass(slots=True)
class Monitor:
    """Feeds every reading to its watch. Not safe for threads: one monitor leads."""

    budget: AlarmBudget
    min_effect: float
    baseline_turns: int
    watches: dict[WatchKey, Watch] = field(default_factory=dict)
    values: dict[tuple[str, str], dict[str, AxisValue]] = field(default_factory=dict)
    touched: set[WatchKey] = field(default_factory=set)
    new_values: list[AxisValue] = field(default_factory=list)

    def observe(self, judged: Iterable[JudgedTurn], now_ns: int | None = None) -> list[Alarm]:
        """Feed turns in order of time; the alarms raised or resolved (`resolved_ns` is set).

        A turn that claims to be later than `now_ns` is taken for one of now.
        """
        changed = []
        for item in sorted(judged, key=lambda item: _at_ns(item.turn)):
            at_ns = min(_at_ns(item.turn), now_ns or sys.maxsize)
            segments = self._segments(item.turn, at_ns)
            for loss in losses(item):
                alarm = self._feed(item.turn.service, loss, at_ns, segments)
                changed += [alarm] if alarm else []
        return changed

    def _feed(
        self, service: str, loss: Loss, at_ns: int, segments: dict[str, AxisValue]
    ) -> Alarm | None:
        key = (service, loss.signal, loss.revision)
        if key not in self.watches and self._services_are_full(service):
            return None
        watch = self.watch(key, at_ns)
        self.touched.add(key)
        watch.observe(loss.value, at_ns, segments, loss.flagged)
        if watch.alarming:
            return watch.raise_alarm(self._values_of(service))
        return watch.resolve() if watch.recovered else None

    def watch(self, key: WatchKey, at_ns: int) -> Watch:
        """The watch of a service, a signal and a revision; made where there is none."""
        if key not in self.watches:
            position = self._value("", SERVICE_AXIS, key[0], at_ns).position
            share = share_of_nth(position) / len(SIGNALS)
            allowance = Allowance(self.budget, share)
            self.watches[key] = Watch(*key, allowance, self.min_effect, self.baseline_turns)
        return self.watches[key]

    def _segments(self, turn: Turn, at_ns: int) -> dict[str, AxisValue]:
        segments = {}
        for axis in AXES:
            value = getattr(turn, axis)
            known = self.values.get((turn.service, axis), {})
            if value and (value in known or len(known) < MOST_VALUES):
                segments[axis] = self._value(turn.service, axis, value, at_ns)
        return segments

    def _services_are_full(self, service: str) -> bool:
        known = self.values.get(("", SERVICE_AXIS), {})
        return service not in known and len(known) >= MOST_SERVICES

    def _value(self, service: str, axis: str, value: str, at_ns: int) -> AxisValue:
        known = self.values.setdefault((service, axis), {})
        if value not in known:
            known[value] = AxisValue(service, axis, value, len(known) + 1, at_ns)
            self.new_values.append(known[value])
        return known[value]

    def _values_of(self, service: str) -> Sequence[AxisValue]:
        return [v for axis in AXES for v in self.values.get((service, axis), {}).values()]

    def recall_values(self, values: Iterable[AxisValue]) -> None:
        for value in sorted(values, key=lambda value: value.position):
            self.values.setdefault((value.service, value.axis), {})[value.value] = value

    def identify(self, alarm: Alarm, alarm_id: int) -> None:
        """Tell the watch of a new alarm under which id it is stored."""
        for watch in self.watches.values():
            if watch.alarm is alarm:
                watch.alarm = replace(alarm, id=alarm_id)


def _at_ns(turn: Turn) -> int:
    moment = turn.ended_at or turn.started_at
    return round(moment.timestamp() * 1_000_000_000) if moment else 0
