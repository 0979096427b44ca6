"""Monitor configuration: alarm budget, smallest effect, baseline."""

from dataclasses import dataclass
from typing import Self

from groundwire_collector.drift.budget import DEPLOY_SHARE
from groundwire_collector.drift.dimensions import DIMENSIONS
from groundwire_collector.settings import Settings
from groundwire_evaluators.drift.budget import AlarmBudget

FEWEST, MOST_OWN = 20, 500
PROVISIONAL_EFFECT = 0.2  # the smallest growth looked for while the baseline is collected
UNASKED_AXES = DIMENSIONS[:-1]  # tenants only where somebody asks for them


@dataclass(frozen=True, slots=True)
class MonitorConfig:
    """What the user asks of the monitor."""

    budget: AlarmBudget
    min_effect: float = 0.03
    baseline_turns: int = 2000
    baseline_days: float = 7.0
    deploy_share: float = DEPLOY_SHARE
    dimensions: tuple[str, ...] = UNASKED_AXES

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            budget=AlarmBudget.parse(settings.alarm_budget),
            min_effect=settings.min_effect,
            baseline_turns=settings.baseline_turns,
            baseline_days=settings.baseline_days,
            deploy_share=settings.deploy_share,
            dimensions=DIMENSIONS if settings.tenant_metrics else UNASKED_AXES,
        )

    @property
    def own_turns(self) -> int:
        """Turns that a value collects before it has its own baseline: a quarter."""
        return min(max(self.baseline_turns // 4, FEWEST), MOST_OWN)
