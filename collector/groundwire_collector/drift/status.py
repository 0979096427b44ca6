"""Status of monitors: baseline, detection delay, budget."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.budget import BUDGET_STATE, AlarmBudgetAllocator
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.coverage import MOST_NAMED
from groundwire_collector.drift.detection_delay import DetectionDelay
from groundwire_collector.drift.dimensions import DIMENSIONS, Stream
from groundwire_collector.drift.observation import mean_loss, unit, weight
from groundwire_collector.drift.packing import unpacked
from groundwire_collector.storage import baselines, drift
from groundwire_collector.storage.baselines import MonitorKey

COLLECTED = frozenset(DIMENSIONS)  # dimensions whose values may collect a baseline of their own


@dataclass(frozen=True, slots=True)
class MonitorStatus:
    """Status of a signal monitor.

    `pinned` and `detection_delay` are None while it collects its baseline.

    `too_new`: routes and tenants that the baseline does not hold, with the turns of their own that
    they have so far; until they have enough they are monitored as part of the service.
    """

    service: str
    signal: str
    revision: str
    collected: int
    pinned_ns: int | None
    pinned: StratifiedBaseline | None
    detection_delay: DetectionDelay | None
    too_new: Mapping[Stream, int] = field(default_factory=dict)

    @property
    def mean_loss(self) -> float | None:
        """Of the baseline."""
        return mean_loss(self.signal, self.pinned.mean) if self.pinned else None

    def lines(self) -> Iterator[str]:
        """Sentences about detection delays and values without a baseline."""
        yield from self.detection_delay.lines() if self.detection_delay else ()
        if self.too_new:
            found = [f"{name} {value} ({n} turns)" for (name, value), n in self.too_new.items()]
            more = len(found) - MOST_NAMED
            yield (
                "New since the baseline and monitored as part of the service until they have"
                f" enough turns: {', '.join(found[:MOST_NAMED])}"
                + (f" and {more} more" if more > 0 else "")
            )


@dataclass(frozen=True, slots=True)
class BudgetSpending:
    """Alpha spent in the last period, in expected false alarms."""

    over_time: float
    at_deployments: float


def monitor_statuses(
    connection: Connection, config: MonitorConfig, services: frozenset[str] | None = None
) -> list[MonitorStatus]:
    """Statuses of the monitors of the services that a key may read."""
    total = _stored_allocator(connection, config).shares.weight
    counts = baselines.baseline_sizes(connection)
    collecting = _collecting(connection)
    found = []
    for row in drift.baselines(connection):
        if services is not None and row.service not in services:
            continue
        key = (row.service, row.signal, row.revision)
        pinned = (
            StratifiedBaseline.from_state(unpacked(row.state))
            if row.pinned_ns is not None
            else None
        )
        part = min(weight(row.signal) / total, 1.0) if total else 1.0
        delay = DetectionDelay.of(pinned, config, part, unit(row.signal)) if pinned else None
        count, too_new = counts.get(key, 0), collecting.get(key, {})
        found.append(MonitorStatus(*key, count, row.pinned_ns, pinned, delay, too_new))
    return sorted(found, key=lambda each: (each.service, each.signal, each.revision))


def _collecting(connection: Connection) -> dict[MonitorKey, dict[Stream, int]]:
    """Turns of the segments that collect a baseline of their own."""
    found: dict[MonitorKey, dict[Stream, int]] = {}
    for row in drift.detectors(connection):
        if row.statistic == 0.0 and row.dimension in COLLECTED and "collecting" in row.state:
            turns = len(unpacked(row.state)["collecting"])
            key = (row.service, row.signal, row.revision)
            found.setdefault(key, {})[row.dimension, row.value] = turns
    return found


def spending(connection: Connection, config: MonitorConfig, now_ns: int) -> BudgetSpending:
    found = _stored_allocator(connection, config)
    return BudgetSpending(
        found.clock.limit - found.clock.left(now_ns),
        found.deployments.limit - found.deployments.left(now_ns),
    )


def _stored_allocator(connection: Connection, config: MonitorConfig) -> AlarmBudgetAllocator:
    allocator = AlarmBudgetAllocator(config.budget, config.deploy_share)
    state = baselines.parts(connection).get(BUDGET_STATE)
    if state is not None:
        allocator.resume(unpacked(state))
    return allocator
