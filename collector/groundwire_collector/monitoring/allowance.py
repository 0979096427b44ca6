"""How the alarm budget is shared out: over services, signals, segments, and deployments.

Nobody knows beforehand how many services or model versions there will be. The k-th to appear gets
the share 1/(k(k+1)), and these add up to 1 over any number of them; what multiplicity costs is
only the logarithm of the share (docs/decisions/0004-alarm-budget.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from groundwire_evaluators.drift import AlarmBudget

NANOSECONDS = 1_000_000_000

DEPLOYMENT_SHARE = 0.5  # spent at deployments, the rest by the clock
SEGMENT_SHARE = 0.5  # watches the values of the axes, the rest the service as a whole

Stream = tuple[str, str]  # axis and value; both empty: the whole service
WHOLE: Stream = ("", "")


def share_of_nth(position: int) -> float:
    """The share of the `position`-th of a kind, from 1."""
    return 1 / (position * (position + 1))


@dataclass(slots=True)
class Allowance:
    """The mass that one watch may hand its detectors; over a period it is at most `share`.

    The expected number of false alarms is at most the mass handed out, so masses are what the
    budget buys. `clocks` holds when each stream was given mass last, `deployments` counts those of
    the running period.
    """

    budget: AlarmBudget
    share: float
    clocks: dict[Stream, int] = field(default_factory=dict)
    period: int = -1
    deployments: int = 0

    def by_clock(self, stream: Stream, at_ns: int) -> float:
        """The mass of the time since the stream's last call, of which it gets its own share.

        The first call starts the clock. Time that runs backwards buys nothing, and a gap (or a
        clock that was far off) no more than one period.
        """
        last_ns = self.clocks.get(stream, at_ns)
        self.clocks[stream] = max(at_ns, last_ns)
        elapsed = max(0, at_ns - last_ns)
        seconds = min(elapsed / NANOSECONDS, self.budget.seconds)
        return self.budget.mass(seconds, self.share * (1 - DEPLOYMENT_SHARE))

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
        clocks = [[*stream, at_ns] for stream, at_ns in self.clocks.items()]
        return {"clocks": clocks, "period": self.period, "deployments": self.deployments}

    def resume(self, spent: Mapping[str, Any]) -> None:
        self.clocks = {(axis, value): at_ns for axis, value, at_ns in spent["clocks"]}
        self.period = spent["period"]
        self.deployments = spent["deployments"]
