"""How the alarm budget is shared out: over services, signals, segments, and deployments.

Nobody knows beforehand how many services or model versions there will be. The k-th to appear gets
the share 1/(k(k+1)), and these add up to 1 over any number of them; what multiplicity costs is
only the logarithm of the share (docs/decisions/0004-alarm-budget.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundwire_evaluators.drift import AlarmBudget

NANOSECONDS = 1_000_000_000

DEPLOYMENT_SHARE = 0.5  # spent at deployments, the rest by the clock
SEGMENT_SHARE = 0.5  # watches the values of the axes, the rest the service as a whole


def share_of_nth(position: int) -> float:
    """The share of the `position`-th of a kind, from 1."""
    return 1 / (position * (position + 1))


@dataclass(slots=True)
class Allowance:
    """The mass that one watch may hand its detectors; over a period it is at most `share`.

    The expected number of false alarms is at most the mass handed out, so masses are what the
    budget buys. `deployments` counts those of the running period.
    """

    budget: AlarmBudget
    share: float
    last_ns: int | None = None
    period: int = -1
    deployments: int = 0

    def by_clock(self, at_ns: int) -> float:
        """The mass of the time since the last call; time that runs backwards buys nothing."""
        elapsed = max(0, at_ns - self.last_ns) if self.last_ns is not None else 0
        self.last_ns = max(at_ns, self.last_ns or at_ns)
        return self.budget.mass(elapsed / NANOSECONDS, self.share * (1 - DEPLOYMENT_SHARE))

    def at_deployment(self, at_ns: int) -> float:
        """The mass of one deployment: a value of an axis that was never seen before."""
        period = int(at_ns / NANOSECONDS / self.budget.seconds)
        if period != self.period:
            self.period, self.deployments = period, 0
        self.deployments += 1
        share = self.share * DEPLOYMENT_SHARE * share_of_nth(self.deployments)
        return self.budget.mass(self.budget.seconds, share)

    def spent(self) -> dict[str, Any]:
        """What has to be remembered, as JSON."""
        return {"last_ns": self.last_ns, "period": self.period, "deployments": self.deployments}

    def resume(self, spent: Mapping[str, Any]) -> None:
        self.last_ns = spent["last_ns"]
        self.period = spent["period"]
        self.deployments = spent["deployments"]
