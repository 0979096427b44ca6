"""Status of monitors: baseline, detection delay, budget."""

from dataclasses import dataclass

from sqlalchemy import Connection

from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.budget import ALLOWANCE, AlarmBudgetAllocator
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.detection_delay import DetectionDelay
from groundwire_collector.drift.packing import unpacked
from groundwire_collector.storage import baselines, drift


@dataclass(frozen=True, slots=True)
class MonitorStatus:
    """A watch; `pinned` and `promise` are None while it collects its baseline."""

    service: str
    signal: str
    revision: str
    collected: int
    pinned_ns: int | None
    pinned: StratifiedBaseline | None
    promise: DetectionDelay | None


@dataclass(frozen=True, slots=True)
class BudgetSpending:
    """Alpha spent in the last period, in expected false alarms."""

    by_clock: float
    at_deployments: float


def standings(
    connection: Connection, terms: MonitorConfig, services: frozenset[str] | None = None
) -> list[MonitorStatus]:
    """Of the services a key may read, by name."""
    active = len(_allowance(connection, terms).watches.members)
    counts = baselines.baseline_sizes(connection)
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
        promise = DetectionDelay.of(pinned, terms, active) if pinned else None
        found.append(MonitorStatus(*key, counts.get(key, 0), row.pinned_ns, pinned, promise))
    return sorted(found, key=lambda each: (each.service, each.signal, each.revision))


def spending(connection: Connection, terms: MonitorConfig, now_ns: int) -> BudgetSpending:
    found = _allowance(connection, terms)
    return BudgetSpending(
        found.clock.limit - found.clock.left(now_ns),
        found.deployments.limit - found.deployments.left(now_ns),
    )


def _allowance(connection: Connection, terms: MonitorConfig) -> AlarmBudgetAllocator:
    allowance = AlarmBudgetAllocator(terms.budget, terms.deploy_share)
    state = baselines.parts(connection).get(ALLOWANCE)
    if state is not None:
        allowance.resume(unpacked(state))
    return allowance
