"""Spending limit over a rolling period."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NANOSECONDS = 1_000_000_000
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
        """What may still be spent at this time."""
        self._forget(at_ns)
        return max(self.limit - self._total, 0.0)

    def count(self, at_ns: int) -> int:
        """How often something was drawn in the period that ends at this time."""
        self._forget(at_ns)
        return sum(self.draws.values())

    def draw(self, wanted: float, at_ns: int) -> float:
        """Spend what is wanted, or as much of it as is left."""
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
