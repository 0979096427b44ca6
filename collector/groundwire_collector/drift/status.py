"""How each watch stands: what its baseline is and promises, or how much is missing; the budget."""

from dataclasses import dataclass

from sqlalchemy import Connection

from groundwire_collector.drift.baseline import Pinned
from groundwire_collector.drift.budget import Allowance
from groundwire_collector.drift.checkpoint import ALLOWANCE
from groundwire_collector.drift.config import Terms
from groundwire_collector.drift.detection_delay import Promise
from groundwire_collector.drift.packing import unpacked
from groundwire_collector.storage import baselines, drift


@dataclass(frozen=True, slots=True)
class Standing:
    """A watch; `pinned` and `promise` are None while it collects its baseline."""

    service: str
    signal: str
    revision: str
    collected: int
    pinned_ns: int | None
    pinned: Pinned | None
    promise: Promise | None


@dataclass(frozen=True, slots=True)
class Spending:
    """The mass of the last period, in alarms: what the expected number of false ones is at most."""

    by_clock: float
    at_deployments: float


def standings(
    connection: Connection, terms: Terms, services: frozenset[str] | None = None
) -> list[Standing]:
    """Of the services a key may read, by name."""
    active = len(_allowance(connection, terms).watches.members)
    counts = baselines.baseline_sizes(connection)
    found = []
    for row in drift.baselines(connection):
        if services is not None and row.service not in services:
            continue
        key = (row.service, row.signal, row.revision)
        pinned = Pinned.from_state(unpacked(row.state)) if row.pinned_ns is not None else None
        promise = Promise.of(pinned, terms, active) if pinned else None
        found.append(Standing(*key, counts.get(key, 0), row.pinned_ns, pinned, promise))
    return sorted(found, key=lambda each: (each.service, each.signal, each.revision))


def spending(connection: Connection, terms: Terms, now_ns: int) -> Spending:
    found = _allowance(connection, terms)
    return Spending(
        found.clock.limit - found.clock.left(now_ns),
        found.deployments.limit - found.deployments.left(now_ns),
    )


def _allowance(connection: Connection, terms: Terms) -> Allowance:
    allowance = Allowance(terms.budget, terms.deploy_share)
    state = baselines.parts(connection).get(ALLOWANCE)
    if state is not None:
        allowance.resume(unpacked(state))
    return allowance
