"""Allocation of the alarm budget to monitors, segments and deployments.

The number of services, versions and deployments is not known in advance. So time is shared evenly
among the active monitors, deployments draw from what the past period has left, and
two rolling limits ensure that no period spends more than the budget
(docs/explanation/drift.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from groundwire_collector.drift.dimensions import NANOSECONDS
from groundwire_evaluators.drift.budget import AlarmBudget

BUDGET_STATE = "allowance"  # name of the state of the budget in the store

BINS = 100  # a period is remembered in so many bins; what is older leaves a bin at a time


@dataclass(slots=True)
class RollingLimit:
    """Limits spending to `limit` in any `seconds`.

    Guarantee: the draws of any `seconds` in a row add up to at most `limit`, whatever is asked for
    and in whatever order times come (one that runs backwards counts as the latest). Spending is
    forgotten up to a hundredth of the period later than it could be. At most 101 bins of state.
    """

    limit: float
    seconds: float
    latest: int = 0  # newest bin
    spent: dict[int, float] = field(default_factory=dict)  # in each bin
    draws: dict[int, int] = field(default_factory=dict)
    _total: float = 0.0

    def left(self, at_ns: int) -> float:
        """Amount that may still be spent at this time."""
        self._forget(at_ns)
        return max(self.limit - self._total, 0.0)

    def count(self, at_ns: int) -> int:
        """Number of draws in the period that ends at this time."""
        self._forget(at_ns)
        return sum(self.draws.values())

    def draw(self, wanted: float, at_ns: int) -> float:
        """Spend the wanted amount, or the remainder if that is less."""
        granted = min(wanted, self.left(at_ns))
        self.spent[self.latest] = self.spent.get(self.latest, 0.0) + granted
        self.draws[self.latest] = self.draws.get(self.latest, 0) + 1
        self._total += granted
        return granted

    def _forget(self, at_ns: int) -> None:
        now = int(at_ns / NANOSECONDS / self.seconds * BINS)
        if now <= self.latest:
            return
        self.latest = now
        for old in [each for each in self.spent if each < now - BINS]:
            del self.spent[old], self.draws[old]
        self._total = sum(self.spent.values())

    def to_state(self) -> dict[str, Any]:
        bins = [[number, spent, self.draws[number]] for number, spent in self.spent.items()]
        return {"latest": self.latest, "total": self._total, "bins": bins}

    def resume(self, state: Mapping[str, Any]) -> None:
        self.latest, self._total = state["latest"], state["total"]
        self.spent = {number: spent for number, spent, _ in state["bins"]}
        self.draws = {number: draws for number, _, draws in state["bins"]}


@dataclass(slots=True)
class ShareMember:
    """Member of a fair share, with the amount it has taken."""

    taken: float  # of `FairShare.each`, at the last take
    seen_ns: int
    weight: float = 1.0


@dataclass(slots=True)
class FairShare:
    """Split of an accruing amount among the active members, by weight.

    Members take what is due to them on demand; the total taken is at most the total distributed.
    A new member shares only later amounts; one not seen for `idle_ns` is removed, and what it had
    not taken is lost. Shares thus depend on the active members, not on how many there ever were.
    O(1) a call (generalised processor sharing; Parekh and Gallager 1993).
    """

    idle_ns: int
    each: float = 0.0  # what a member of weight 1 since the beginning would have got
    members: dict[str, ShareMember] = field(default_factory=dict)  # those seen longest ago first

    def distribute(self, amount: float, at_ns: int) -> None:
        """Divide an amount among the members; without members it is lost."""
        self._drop_idle(at_ns)
        if self.members:
            self.each += amount / self.weight

    @property
    def weight(self) -> float:
        """Of all active members together."""
        return sum(found.weight for found in self.members.values())

    def take(self, name: str, at_ns: int, weight: float = 1.0) -> float:
        """Amount due to a member since its last call; the first call adds the member."""
        found = self.members.pop(name, None)
        seen_ns = max(at_ns, found.seen_ns) if found else at_ns
        self.members[name] = ShareMember(self.each, seen_ns, weight)
        return (self.each - found.taken) * found.weight if found else 0.0

    def leave(self, name: str) -> None:
        self.members.pop(name, None)

    def _drop_idle(self, at_ns: int) -> None:
        while self.members:
            longest = next(iter(self.members))
            if self.members[longest].seen_ns >= at_ns - self.idle_ns:
                return
            del self.members[longest]

    def to_state(self) -> dict[str, Any]:
        members = [
            [name, found.taken, found.seen_ns, found.weight] for name, found in self.members.items()
        ]
        return {"each": self.each, "members": members}

    def resume(self, state: Mapping[str, Any]) -> None:
        self.each = state["each"]
        self.members = {name: ShareMember(*found) for name, *found in state["members"]}


DEPLOY_SHARE = 0.5  # spent at deployments, the rest evenly over time
SEGMENT_SHARE = 0.5  # for the values of the dimensions, the rest for the service as a whole
# Share of the time-based budget that is handed out as time passes. The rest is room for amounts
# that were taken late (by at most IDLE of a period), so that the limit rarely applies.
STEADY = 0.95
IDLE = 0.25  # of a period: a member not seen for longer has no share
USUAL_PAUSE = 7 * 86_400.0  # seconds between two deployments, before any was seen
CARRIED = 1 / 30  # of a period: longest gap without turns that still accrues mass


@dataclass(slots=True)
class AlarmBudgetAllocator:
    """Total alpha of all monitors, bounded over any period.

    The expected number of false alarms is at most the mass handed out, which times and
    tags decide before any loss is seen.
    """

    budget: AlarmBudget
    deploy_share: float = DEPLOY_SHARE
    moment_ns: int = 0
    shares: FairShare = field(init=False)
    clock: RollingLimit = field(init=False)
    deployments: RollingLimit = field(init=False)
    own: dict[str, RollingLimit] = field(default_factory=dict)  # deployments of each service

    def __post_init__(self) -> None:
        self.shares = FairShare(self.idle_ns)
        self.clock = self._rolling_limit(1 - self.deploy_share)
        self.deployments = self._rolling_limit(self.deploy_share)

    @property
    def idle_ns(self) -> int:
        return int(self.budget.seconds * IDLE * NANOSECONDS)

    def accrued_mass(self, name: str, at_ns: int, weight: float = 1.0) -> float:
        """Mass of a monitor for the time since its last call; the first call starts its clock.

        Time that runs backwards accrues nothing; a gap (or a wrong clock) accrues at most a
        thirtieth of the period.
        """
        elapsed = min((at_ns - self.moment_ns) / NANOSECONDS, self.budget.seconds * CARRIED)
        if elapsed > 0:
            part = STEADY * (1 - self.deploy_share)
            self.shares.distribute(self.budget.mass(elapsed, part), at_ns)
            self.moment_ns = at_ns
        due = self.shares.take(name, self.moment_ns, weight)
        return self.clock.draw(due, self.moment_ns)

    def at_deployment(self, service: str, at_ns: int) -> float:
        """Mass of one deployment of a service.

        As the j-th in the rolling period it draws 1 / (j + 1 + u) of what its service has left of
        an even share of it, where u deployments a period are usual: about half of an even part each
        where J of them come every period, and the less the more of them come at once.
        """
        usual = self.budget.seconds / USUAL_PAUSE
        services = {name.partition("\x1f")[0] for name in self.shares.members} | {service}
        own = self.own.setdefault(service, self._rolling_limit(0.0))
        own.limit = self.deployments.limit / len(services)
        wanted = min(own.left(at_ns), self.deployments.left(at_ns)) / (own.count(at_ns) + 2 + usual)
        return self.deployments.draw(own.draw(wanted, at_ns), at_ns)

    def _rolling_limit(self, share: float) -> RollingLimit:
        return RollingLimit(share * self.budget.alarms, self.budget.seconds)

    def to_state(self) -> dict[str, Any]:
        """State to be stored, as JSON."""
        return {
            "moment_ns": self.moment_ns,
            "watches": self.shares.to_state(),
            "clock": self.clock.to_state(),
            "deployments": self.deployments.to_state(),
            "own": {service: limit.to_state() for service, limit in self.own.items()},
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        self.moment_ns = state["moment_ns"]
        self.shares.resume(state["watches"])
        self.clock.resume(state["clock"])
        self.deployments.resume(state["deployments"])
        for service, found in state["own"].items():
            self.own[service] = self._rolling_limit(0.0)
            self.own[service].resume(found)
