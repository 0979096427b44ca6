"""Behaviour monitor: all behaviour signals of all services under one budget."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from groundwire_collector.drift.behaviour.signals import BY_NAME, SignalValue
from groundwire_collector.drift.behaviour.watch import (
    FEWEST_TURNS,
    SCALE,
    BehaviourChange,
    SignalWatch,
)
from groundwire_collector.drift.budget import AlarmBudgetAllocator
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.dimensions import DEPLOYED, NANOSECONDS, Stream
from groundwire_collector.drift.packing import packed, unpacked

DAY_NS = 86_400 * NANOSECONDS
MOST_SERVICES = 300  # further ones are measured and counted, not monitored
MOST_VERSIONS = 200  # remembered of a service


@dataclass(frozen=True, slots=True)
class BehaviourTurn:
    """Signals of one turn with its time and versions."""

    service: str
    at_ns: int
    values: tuple[SignalValue, ...]
    versions: tuple[Stream, ...] = ()


@dataclass(frozen=True, slots=True)
class BehaviourEvent:
    """Detected change, or the end of one (`change` is None)."""

    service: str
    watch: SignalWatch
    at_ns: int
    change: BehaviourChange | None


@dataclass(slots=True)
class ServiceWatch:
    """The watches of one service, which share its mass evenly.

    `each`: mass for each watch since the beginning. `versions`: first time of each version.
    """

    watches: dict[str, SignalWatch] = field(default_factory=dict)
    versions: dict[Stream, int] = field(default_factory=dict)
    each: float = 0.0
    turns: int = 0
    began_ns: int | None = None
    last_ns: int = 0
    fixed_changed: bool = False

    @property
    def watching(self) -> int:
        return sum(watch.watched for watch in self.watches.values())

    def watch(self, item: SignalValue) -> SignalWatch:
        """The watch of a signal; another revision starts a new one."""
        name = item.signal.name
        found = self.watches.get(name)
        if found is None or found.revision != item.revision:
            found = self.watches[name] = SignalWatch(item.signal, item.revision, self.each)
            self.fixed_changed = True
        return found

    def new_versions(self, turn: BehaviourTurn) -> list[Stream]:
        """Versions that come first with this turn."""
        new = [stream for stream in turn.versions if stream not in self.versions]
        for stream in new:
            self.versions[stream] = turn.at_ns
            if len(self.versions) > MOST_VERSIONS:
                del self.versions[next(iter(self.versions))]
        return new


@dataclass(slots=True)
class BehaviourMonitor:
    """Watches behaviour signals; false alarms of all together stay within the budget.

    The budget is one of its own beside that of the other signals
    (docs/decisions/0143-a-budget-for-behaviour.md). Price: some 30 microseconds a turn, 10 KB
    of state a service that a commit writes anew.
    """

    config: MonitorConfig
    allocator: AlarmBudgetAllocator = field(init=False)
    services: dict[str, ServiceWatch] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.allocator = AlarmBudgetAllocator(self.config.budget, self.config.deploy_share)

    def take(self, turn: BehaviourTurn) -> Iterator[BehaviourEvent]:
        """Feed one turn; what it made certain: changes, and ends of changes."""
        service = self._service(turn.service)
        if service is None or not turn.values:
            return
        self.touched.add(turn.service)
        at_ns = service.last_ns = max(turn.at_ns, service.last_ns)
        service.turns += 1
        if service.began_ns is None:
            service.began_ns = at_ns
        self._spend(turn, service, at_ns)
        for item in turn.values:
            watch = service.watch(item)
            before = (watch.scaled, watch.watched)
            watch.observe(item.value, at_ns, service.each, self.scale_turns)
            yield from self._judged(turn.service, service, watch, at_ns)
            service.fixed_changed |= (watch.scaled, watch.watched) != before

    @property
    def scale_turns(self) -> int:
        """Turns whose values set the ranks of a signal."""
        return min(SCALE, max(self.config.baseline_turns // 4, 1))

    def _service(self, name: str) -> ServiceWatch | None:
        if name not in self.services and len(self.services) < MOST_SERVICES:
            self.services[name] = ServiceWatch()
        return self.services.get(name)

    def _spend(self, turn: BehaviourTurn, service: ServiceWatch, at_ns: int) -> None:
        """Share out the mass of the time that passed, and of new versions."""
        new = service.new_versions(turn)
        watching = service.watching
        if not watching:
            return
        service.each += self.allocator.accrued_mass(turn.service, at_ns) / watching
        if new:
            service.each += self.allocator.at_deployment(turn.service, at_ns) / watching

    def _judged(
        self, name: str, service: ServiceWatch, watch: SignalWatch, at_ns: int
    ) -> Iterator[BehaviourEvent]:
        """What a watch shows by now."""
        if not watch.watched:
            if self._complete(service, watch, at_ns):
                watch.pin(at_ns, self._days(service, at_ns))
            return
        if (change := watch.detected()) is not None:
            watch.await_recovery(change)
            yield BehaviourEvent(name, watch, at_ns, change)
        elif watch.recovered():
            watch.resume_watching()
            yield BehaviourEvent(name, watch, at_ns, None)

    def _complete(self, service: ServiceWatch, watch: SignalWatch, at_ns: int) -> bool:
        """Whether a baseline is enough, by number and time alone, never by its losses."""
        wanted = self.config.baseline_turns
        if service.turns < wanted or watch.baseline.turns < min(FEWEST_TURNS, wanted // 2):
            return False
        return self._days(service, at_ns) >= self.config.baseline_days

    @staticmethod
    def _days(service: ServiceWatch, at_ns: int) -> float:
        """Days that the baselines of a service span."""
        return (at_ns - (at_ns if service.began_ns is None else service.began_ns)) / DAY_NS

    def restart(self, service: str, signal: str) -> None:
        """Accept the present level of a signal: collect its baseline anew."""
        if service in self.services and signal in self.services[service].watches:
            found = self.services[service]
            found.watches[signal].restart()
            found.began_ns, found.turns = found.last_ns, 0
            found.fixed_changed = True
            self.touched.add(service)


def service_state(found: ServiceWatch) -> dict[str, Any]:
    """State of a service that every turn changes."""
    return {
        "each": found.each,
        "turns": found.turns,
        "began_ns": found.began_ns,
        "last_ns": found.last_ns,
        "versions": [[*stream, at_ns] for stream, at_ns in found.versions.items()],
        "watches": {name: watch.to_state() for name, watch in found.watches.items()},
        "gauges": {name: _gauges(watch) for name, watch in found.watches.items() if watch.watched},
    }


def fixed_state(found: ServiceWatch) -> dict[str, Any]:
    """Scales and complete baselines of a service, written when one is made."""
    return {name: packed(watch.fixed_state()) for name, watch in found.watches.items()}


def service_from(state: Mapping[str, Any], fixed: Mapping[str, Any]) -> ServiceWatch:
    """A service as it was stored."""
    return ServiceWatch(
        {
            name: SignalWatch.from_state(BY_NAME[name], each, unpacked(fixed[name]))
            for name, each in state["watches"].items()
            if name in BY_NAME
        },
        {(dimension, value): at_ns for dimension, value, at_ns in state["versions"]},
        state["each"],
        state["turns"],
        state["began_ns"],
        state["last_ns"],
    )


def _gauges(watch: SignalWatch) -> dict[str, Any]:
    """What `/metrics` shows of a watch."""
    assert watch.detector is not None
    held = 1.0 if watch.recovery is not None else 0.0
    return {
        "statistic": max(watch.detector.statistic, held),
        "before": watch.baseline.value,
        "now": watch.recent,
    }


def versions_of(tags: Mapping[str, str]) -> tuple[Stream, ...]:
    """Versions of a turn, whose change is a deployment."""
    return tuple((name, value) for name, value in tags.items() if name in DEPLOYED)
