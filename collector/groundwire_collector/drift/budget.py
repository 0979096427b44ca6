"""Allocation of the alarm budget to monitors, segments and deployments.

Nobody knows beforehand how many services, versions or deployments there will be. So time is shared
evenly among those who are there, deployments draw from what the period behind them has left, and
two ledgers see to it that no period spends more than the budget
(docs/explanation/drift.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from groundwire_collector.drift.fair_share import FairShare
from groundwire_collector.drift.rolling_limit import NANOSECONDS, RollingLimit
from groundwire_evaluators.drift import AlarmBudget

DEPLOY_SHARE = 0.5  # spent at deployments, the rest by the clock
SEGMENT_SHARE = 0.5  # watches the values of the dimensions, the rest the service as a whole
# Of the time's budget so much is handed out as it comes; the rest is room for what was not taken
# for a while (at most IDLE of a period), so that the ledger hardly ever has to cut.
STEADY = 0.95
IDLE = 0.25  # of a period: who was not seen for longer has no share
USUAL_PAUSE = 7 * 86_400.0  # seconds between two deployments, before any was seen
CARRIED = 1 / 30  # of a period: a gap without any turn is paid for no longer than this

Stream = tuple[str, str]  # dimension and value; both empty: the whole service
WHOLE: Stream = ("", "")


@dataclass(slots=True)
class AlarmBudgetAllocator:
    """Total alpha of all monitors, bounded over any period.

    The expected number of false alarms is at most the mass handed out, so masses are what the
    budget buys. All of it is decided by times and tags, before any loss is seen.
    """

    budget: AlarmBudget
    deploy_share: float = DEPLOY_SHARE
    moment_ns: int = 0
    watches: FairShare = field(init=False)
    clock: RollingLimit = field(init=False)
    deployments: RollingLimit = field(init=False)
    own: dict[str, RollingLimit] = field(default_factory=dict)  # deployments of each service

    def __post_init__(self) -> None:
        self.watches = FairShare(self.idle_ns)
        self.clock = self._ledger(1 - self.deploy_share)
        self.deployments = self._ledger(self.deploy_share)

    @property
    def idle_ns(self) -> int:
        return int(self.budget.seconds * IDLE * NANOSECONDS)

    def by_clock(self, watch: str, at_ns: int) -> float:
        """A watch's part of the time since its last call; the first call starts its clock.

        Time that runs backwards buys nothing, and a gap (or a clock that was far off) no more than
        a thirtieth of the period.
        """
        elapsed = min((at_ns - self.moment_ns) / NANOSECONDS, self.budget.seconds * CARRIED)
        if elapsed > 0:
            part = STEADY * (1 - self.deploy_share)
            self.watches.pour(self.budget.mass(elapsed, part), at_ns)
            self.moment_ns = at_ns
        return self.clock.draw(self.watches.take(watch, self.moment_ns), self.moment_ns)

    def at_deployment(self, service: str, at_ns: int) -> float:
        """The mass of one deployment of a service.

        As the j-th in the rolling period it draws 1 / (j + 1 + u) of what its service has left of
        an even share of it, where u deployments a period are usual: about half of an even part each
        where J of them come every period, and the less the more of them come at once.
        """
        usual = self.budget.seconds / USUAL_PAUSE
        services = {name.partition("\x1f")[0] for name in self.watches.members} | {service}
        own = self.own.setdefault(service, self._ledger(0.0))
        own.limit = self.deployments.limit / len(services)
        wanted = min(own.left(at_ns), self.deployments.left(at_ns)) / (own.count(at_ns) + 2 + usual)
        return self.deployments.draw(own.draw(wanted, at_ns), at_ns)

    def _ledger(self, share: float) -> RollingLimit:
        return RollingLimit(share * self.budget.alarms, self.budget.seconds)

    def to_state(self) -> dict[str, Any]:
        """What has to be remembered, as JSON."""
        return {
            "moment_ns": self.moment_ns,
            "watches": self.watches.to_state(),
            "clock": self.clock.to_state(),
            "deployments": self.deployments.to_state(),
            "own": {service: ledger.to_state() for service, ledger in self.own.items()},
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        self.moment_ns = state["moment_ns"]
        self.watches.resume(state["watches"])
        self.clock.resume(state["clock"])
        self.deployments.resume(state["deployments"])
        for service, found in state["own"].items():
            self.own[service] = self._ledger(0.0)
            self.own[service].resume(found)
