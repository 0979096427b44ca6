"""Readings of a file through the same watches as live traffic."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from groundwire_collector.monitoring.allowance import WHOLE, Allowance
from groundwire_collector.monitoring.attribution import AXES
from groundwire_collector.monitoring.watch import Watch
from groundwire_collector.storage.drift import Alarm, AxisValue
from groundwire_evaluators.drift import AlarmBudget, Baseline
from groundwire_evaluators.drift.blocking import block_size
from groundwire_evaluators.drift.sufficiency import Sufficiency

NANOSECONDS = 1_000_000_000
FEWEST = 20  # losses without which a baseline says nothing at all


@dataclass(frozen=True, slots=True)
class Reading:
    """One turn: when, of which service, its axis values, and its loss if it was scored."""

    at_ns: int
    service: str
    loss: float | None
    values: dict[str, str]


@dataclass(slots=True)
class Replay:
    """Watches of one signal, one a service; turns before `until_ns` are the pinned baseline."""

    signal: str
    budget: AlarmBudget
    min_effect: float
    until_ns: int
    watches: dict[str, Watch] = field(default_factory=dict)
    values: dict[tuple[str, str, str], AxisValue] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def run(self, readings: Sequence[Reading]) -> Iterator[Alarm]:
        """The alarms, in order of time."""
        ordered = sorted(readings, key=lambda reading: reading.at_ns)
        self._pin([reading for reading in ordered if reading.at_ns < self.until_ns])
        for reading in ordered:
            segments = self._segments(reading)
            watch = self.watches.get(reading.service)
            if reading.at_ns < self.until_ns or watch is None or reading.loss is None:
                continue
            watch.observe(reading.loss, reading.at_ns, segments)
            if watch.alarming:
                yield watch.raise_alarm(self._values_of(reading.service))
            elif watch.recovered:
                watch.resolve()

    def _pin(self, readings: Sequence[Reading]) -> None:
        losses: dict[str, list[float]] = {}
        for reading in readings:
            if reading.loss is not None:
                losses.setdefault(reading.service, []).append(reading.loss)
        enough = {name: found for name, found in losses.items() if len(found) >= FEWEST}
        for name in sorted(losses.keys() - enough.keys()):
            self.remarks.append(
                f"{name}: fewer than {FEWEST} scored turns before UNTIL, not watched"
            )
        for name, found in enough.items():
            self.watches[name] = self._watch(name, found, share=1 / len(enough))
            first = next(reading.at_ns for reading in readings if reading.service == name)
            self._remark(name, found, (self.until_ns - first) / len(found), 1 / len(enough))

    def _watch(self, service: str, losses: list[float], share: float) -> Watch:
        watch = Watch(
            service=service,
            signal=self.signal,
            revision="",
            allowance=Allowance(self.budget, share),
            min_effect=self.min_effect,
            baseline_turns=len(losses),
            baseline=Baseline.from_losses(losses),
            pinned_ns=self.until_ns,
        )
        watch.allowance.by_clock(WHOLE, self.until_ns)
        return watch

    def _remark(self, service: str, losses: list[float], pause_ns: float, share: float) -> None:
        baseline = self.watches[service].baseline
        assert baseline is not None
        # Half by the clock, half of that to the service as a whole: docs/decisions/0004.
        mass = self.budget.mass(pause_ns / NANOSECONDS, share / 4)
        told = Sufficiency.of(baseline, self.min_effect, min(max(mass, 1e-12), 1.0))
        self.remarks.append(f"{service}: {told}")
        block = block_size(losses)
        if block > 1:
            self.remarks.append(
                f"{service}: turns of the baseline depend on each other (over some {block} turns); "
                "false alarms may exceed the budget"
            )

    def _segments(self, reading: Reading) -> dict[str, AxisValue]:
        return {
            axis: self._value(reading.service, axis, value, reading.at_ns)
            for axis, value in reading.values.items()
            if axis in AXES
        }

    def _value(self, service: str, axis: str, value: str, at_ns: int) -> AxisValue:
        key = (service, axis, value)
        if key not in self.values:
            position = 1 + sum(known[:2] == key[:2] for known in self.values)
            self.values[key] = AxisValue(service, axis, value, position, at_ns)
        return self.values[key]

    def _values_of(self, service: str) -> list[AxisValue]:
        return [value for key, value in self.values.items() if key[0] == service]
