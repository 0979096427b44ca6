"""Readings of a file through the same monitor as live traffic."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from groundwire_collector.drift.baseline import FEWEST
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.detection_delay import DetectionDelay
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import MonitoredTurn
from groundwire_collector.drift.signal_monitor import SignalMonitor
from groundwire_collector.storage.drift import Alarm


@dataclass(slots=True)
class DriftReplay:
    """Offline monitors of one signal, one per service.

    Turns before `until_ns` are the pinned baseline.
    """

    signal: str
    config: MonitorConfig
    until_ns: int
    monitor: Monitor = field(init=False)
    signal_monitors: dict[str, SignalMonitor] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.monitor = Monitor(self.config)

    def run(self, readings: Sequence[MonitoredTurn]) -> Iterator[Alarm]:
        """The alarms, in order of time."""
        for _, alarms in self.steps(readings):
            yield from (alarm for alarm in alarms if alarm.resolved_ns is None)

    def steps(
        self, readings: Sequence[MonitoredTurn]
    ) -> Iterator[tuple[MonitoredTurn, list[Alarm]]]:
        """Each monitored turn after the baseline, with the alarms it raised or resolved."""
        ordered = sorted(readings, key=lambda reading: reading.at_ns)
        before = [reading for reading in ordered if reading.at_ns < self.until_ns]
        self._pin(before)
        for reading in ordered[len(before) :]:
            if reading.service in self.signal_monitors:
                yield reading, self.monitor.take(reading)

    def _pin(self, readings: Sequence[MonitoredTurn]) -> None:
        """The baseline of each service that has enough turns before the time."""
        by_service: dict[str, list[MonitoredTurn]] = {}
        for reading in readings:
            if reading.losses:
                by_service.setdefault(reading.service, []).append(reading)
                self.monitor.learn(reading)
        for service, found in sorted(by_service.items()):
            if len(found) < FEWEST:
                self.remarks.append(
                    f"{service}: fewer than {FEWEST} scored turns before UNTIL, not monitored"
                )
                continue
            signal_monitor = self.monitor.signal_monitor((service, self.signal, ""))
            signal_monitor.pin([each.observation(each.losses[0]) for each in found], self.until_ns)
            self.signal_monitors[service] = signal_monitor
        for service, signal_monitor in self.signal_monitors.items():
            assert signal_monitor.pinned is not None
            delay = DetectionDelay.of(
                signal_monitor.pinned, self.config, 1 / len(self.signal_monitors)
            )
            self.remarks += [f"{service}: {line}" for line in delay.lines()]
