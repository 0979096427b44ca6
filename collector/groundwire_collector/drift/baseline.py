"""The pinned reference of a watch: which turns it was made of, and what detectors know of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from groundwire_collector.drift import design as plans
from groundwire_collector.drift.daily import DayWindow
from groundwire_collector.drift.design import ComparisonDesign
from groundwire_collector.drift.observation import LossObservation
from groundwire_collector.drift.rolling_limit import NANOSECONDS
from groundwire_collector.drift.strata import POOLED
from groundwire_evaluators.drift import Baseline

FEWEST = 20  # losses without which a baseline says nothing at all
FEWEST_RELEVANCES = 50


@dataclass(frozen=True, slots=True)
class StratifiedBaseline:
    """Baselines by stratum, `POOLED` being all turns together.

    `n` turns of `seen` count (one a session, where that is the plan); `mean` is that of their
    losses. `days` are day means, where the baseline spans enough days; `relevance` is how well
    chunks fitted the question, where enough turns tell; `mix` the share of each route.
    """

    plan: ComparisonDesign
    baselines: Mapping[str, Baseline]
    n: int
    seen: int
    mean: float
    first_ns: int
    last_ns: int
    flagged: int | None = None
    days: DayWindow | None = None
    relevance: Baseline | None = None
    mix: Mapping[str, float] | None = None

    @classmethod
    def of(cls, turns: Sequence[LossObservation], min_effect: float) -> "StratifiedBaseline":
        """A reference of these turns, in order of time; at least `FEWEST`."""
        plan, kept = plans.choose(turns)
        losses = np.array([turn.loss for turn in kept])
        groups = plans.by_stratum(kept, plan.strata)
        flags = [turn.flagged for turn in kept if turn.flagged is not None]
        unfit = np.array([1 - turn.relevance for turn in kept if turn.relevance is not None])
        return cls(
            plan=plan,
            baselines={
                name: Baseline.from_losses(group, plan.dependence) for name, group in groups.items()
            },
            n=len(kept),
            seen=len(turns),
            mean=float(losses.mean()),
            first_ns=turns[0].at_ns,
            last_ns=turns[-1].at_ns,
            flagged=sum(flags) if flags else None,
            days=DayWindow.of([(turn.at_ns, turn.loss) for turn in kept], min_effect),
            relevance=Baseline.from_losses(unfit) if len(unfit) >= FEWEST_RELEVANCES else None,
            mix={route: n / len(kept) for route, n in Counter(t.route for t in kept).items()},
        )

    @property
    def pooled(self) -> Baseline:
        return self.baselines[POOLED]

    @property
    def strata(self) -> dict[str, Baseline]:
        """The baselines that turns are compared with: of the strata, or of all turns."""
        found = {name: each for name, each in self.baselines.items() if name != POOLED}
        return found or dict(self.baselines)

    @property
    def pause_seconds(self) -> float:
        """Mean time between two turns that count."""
        return max((self.last_ns - self.first_ns) / NANOSECONDS / max(self.n - 1, 1), 1e-6)

    def to_state(self) -> dict[str, Any]:
        plain = ("n", "seen", "mean", "first_ns", "last_ns", "flagged")
        return {
            **{name: getattr(self, name) for name in plain},
            "plan": self.plan.to_state(),
            "baselines": {name: each.to_state() for name, each in self.baselines.items()},
            "days": self.days.to_state() if self.days else None,
            "relevance": self.relevance.to_state() if self.relevance else None,
            "mix": dict(self.mix or {}),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "StratifiedBaseline":
        plain = ("n", "seen", "mean", "first_ns", "last_ns", "flagged", "mix")
        each = state["baselines"].items()
        return cls(
            **{name: state[name] for name in plain},
            plan=ComparisonDesign.from_state(state["plan"]),
            baselines={name: Baseline.from_state(found) for name, found in each},
            days=DayWindow.from_state(state["days"]) if state["days"] else None,
            relevance=_baseline(state["relevance"]),
        )


def _baseline(state: dict[str, Any] | None) -> Baseline | None:
    return Baseline.from_state(state) if state else None
