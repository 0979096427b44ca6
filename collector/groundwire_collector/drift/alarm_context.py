"""Context of a change: shift of retrieval quality and traffic mix."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.losses import LossObservation
from groundwire_evaluators.drift.change_point import ChangePoint

MEMORY = 500  # turns after which one counts for a third in the mix
FEWEST = 100  # turns before the mix is spoken of
CHANGED = 0.15  # share of the traffic that came by another route


@dataclass(slots=True)
class AlarmContext:
    """Neither raises alarms: they are what an alarm is explained with.

    `unfit` remembers how badly chunks fitted the question (1 - relevance), where turns tell.
    """

    unfit: ChangePoint | None = None
    baseline: Mapping[str, float] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)  # of routes, lately

    @classmethod
    def of(cls, pinned: StratifiedBaseline, min_effect: float) -> "AlarmContext":
        unfit = ChangePoint(pinned.relevance, min_effect) if pinned.relevance else None
        return cls(unfit, pinned.mix or {})

    def observe(self, turn: LossObservation, at_ns: int) -> None:
        for route in self.weights:
            self.weights[route] *= 1 - 1 / MEMORY
        self.weights[turn.route] = self.weights.get(turn.route, 0.0) + 1.0
        if self.unfit is not None and turn.relevance is not None:
            self.unfit.update(1 - turn.relevance, 1.0, at_ns)

    def retrieval_fell(self, until_ns: int) -> bool:
        """Chunks clearly fit their questions worse than in the baseline, since before this time."""
        change = self.unfit.change if self.unfit else None
        return change is not None and change.size_interval[0] > 0 and change.since <= until_ns

    @property
    def mix(self) -> dict[str, float]:
        """Share of each route lately."""
        total = sum(self.weights.values())
        return {route: weight / total for route, weight in self.weights.items()}

    @property
    def moved_mix(self) -> dict[str, tuple[float, float]]:
        """Routes whose share changed, from and to, where the mix as a whole clearly did."""
        if sum(self.weights.values()) < FEWEST or not self.baseline:
            return {}
        now = self.mix
        both = {name: (self.baseline.get(name, 0.0), now.get(name, 0.0)) for name in now}
        both |= {name: (share, 0.0) for name, share in self.baseline.items() if name not in now}
        moved = sum(abs(after - before) for before, after in both.values()) / 2
        return both if moved >= CHANGED else {}

    def to_state(self) -> dict[str, Any]:
        return {
            "unfit": self.unfit.to_state() if self.unfit else None,
            "weights": self.weights,
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        self.weights = dict(state["weights"])
        if self.unfit is not None and state["unfit"] is not None:
            self.unfit.resume(state["unfit"])
