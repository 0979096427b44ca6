"""The betting Shiryaev-Roberts recursion that the detectors of this package share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from groundwire_evaluators.drift.baseline import Floats
from groundwire_evaluators.drift.change_point import ChangePoint

CEILING = 1e100
CHUNK = 32  # turns multiplied out at once; a turn keeps at least 1/20 of the capital


@dataclass(frozen=True, slots=True)
class Wager:
    """Bets against each cell's mean: a loss multiplies the capital by 1 + bet * (loss - mean).

    Both arrays have the shape (cells, bets).
    """

    rest: Floats
    bets: Floats

    @classmethod
    def against(cls, means: Floats, bets: Floats) -> Self:
        return cls(1 - bets * means[:, None], bets)

    def factor(self, loss: float) -> Floats:
        return np.asarray(self.rest + self.bets * loss)


class Wealth:
    """E <- (E + mass * capital) * factor, over cells of means and over bets.

    `capital` is what a unit of mass is worth to each bet of each cell. The statistic is the
    smallest, over cells, of the sum over bets.
    """

    __slots__ = ("_capital", "_held", "statistic")

    def __init__(self, capital: Floats) -> None:
        self._capital = capital
        self.clear()

    def clear(self) -> None:
        self._held = np.zeros_like(self._capital)
        self.statistic = 0.0

    def update(self, factor: Floats, mass: float) -> None:
        held = self._held
        held += mass * self._capital
        held *= factor
        np.minimum(held, CEILING, out=held)
        self.statistic = float(held.sum(axis=1).min())

    def update_chunk(self, factors: Floats, masses: Floats) -> int:
        """As many updates, up to the first after which the statistic reaches 1; how many."""
        growth = np.cumprod(factors, axis=0)
        before = np.concatenate((np.ones_like(growth[:1]), growth[:-1]))
        entered = np.cumsum(masses[:, None, None] * self._capital / before, axis=0)
        held = np.minimum((self._held + entered) * growth, CEILING)
        statistics = held.sum(axis=2).min(axis=1)
        over = np.flatnonzero(statistics >= 1)
        last = int(over[0]) if over.size else len(masses) - 1
        self._held, self.statistic = held[last], float(statistics[last])
        return last + 1

    def to_state(self) -> list[list[float]]:
        return [list(row) for row in self._held.tolist()]

    def resume(self, state: Sequence[Sequence[float]]) -> None:
        self._held = np.array(state, dtype=float)
        self.statistic = float(self._held.sum(axis=1).min())


class ESR:
    """What betting detectors share beside their bets."""

    def __init__(self, *, capital: Floats, change_point: ChangePoint) -> None:
        self._wealth = Wealth(capital)
        self._change_point = change_point

    @property
    def statistic(self) -> float:
        return self._wealth.statistic

    @property
    def drift_detected(self) -> bool:
        return self.statistic >= 1

    @property
    def changed_at(self) -> int | None:
        return self._change_point.changed_at

    @property
    def changed_interval(self) -> tuple[int, int] | None:
        return self._change_point.changed_interval

    @property
    def size(self) -> float | None:
        return self._change_point.size

    @property
    def size_interval(self) -> tuple[float, float] | None:
        return self._change_point.size_interval

    def reset(self) -> None:
        """Forget what was seen since the baseline, which stays."""
        self._wealth.clear()
        self._change_point.reset()

    def _progress(self) -> dict[str, Any]:
        return {
            "wealth": self._wealth.to_state(),
            "change_point": self._change_point.to_state(),
        }

    def _resume(self, state: Mapping[str, Any]) -> None:
        self._wealth.resume(state["wealth"])
        self._change_point.resume(state["change_point"])


class BettingESR(ESR):
    """One stratum: every turn is bet on alike. Subclasses choose the cells, bets and capital."""

    def __init__(self, *, wager: Wager, capital: Floats, change_point: ChangePoint) -> None:
        super().__init__(capital=capital, change_point=change_point)
        self._wager = wager

    def update(self, loss: float, mass: float, at: int) -> None:
        """One turn. Price: some 10 microseconds.

        Raises:
            ValueError: the loss is not in [0, 1], or the mass is negative.
        """
        refuse_what_is_no_turn(loss, mass)
        self._wealth.update(self._wager.factor(loss), mass)
        self._change_point.update(loss, mass, at)

    def update_many(
        self, losses: Sequence[float], masses: Sequence[float], ats: Sequence[int]
    ) -> int:
        """Feed turns until the statistic reaches 1; how many were fed.

        Equal to as many calls of `update`, up to rounding. Price: some 6 microseconds a turn.
        """
        values, weights = np.asarray(losses, dtype=float), np.asarray(masses, dtype=float)
        if not (np.all((values >= 0) & (values <= 1)) and np.all(weights >= 0)):
            raise ValueError("losses must be in [0, 1] and masses not negative")
        fed = 0
        while fed < len(values) and not self.drift_detected:
            chunk = slice(fed, fed + CHUNK)
            factors = self._wager.rest + self._wager.bets * values[chunk, None, None]
            taken = self._wealth.update_chunk(factors, weights[chunk])
            for index in range(fed, fed + taken):
                self._change_point.update(float(values[index]), float(weights[index]), ats[index])
            fed += taken
        return fed


def refuse_what_is_no_turn(loss: float, mass: float) -> None:
    if not (0 <= loss <= 1 and mass >= 0):
        raise ValueError(f"loss {loss} must be in [0, 1] and mass {mass} not negative")
