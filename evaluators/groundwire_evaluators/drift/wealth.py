"""Capital that bets on losses: what it is worth, block by block."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from groundwire_evaluators.drift.arrays import Floats

CEILING = 1e100


@dataclass(frozen=True, slots=True)
class Wager:
    """Bets per cell: capital times 1 + bet * (loss - mean).

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
    """Betting wealth per cell and bet: the e-SR recursion.

    `capital` is what a unit of mass is worth to each bet of each cell. The statistic is the
    smallest, over cells, of the sum over bets. The recursion is affine in E: its recorded growth,
    the product of its factors, can be applied later to earlier wealth.
    """

    __slots__ = ("_capital", "_growth", "_held", "moved", "statistic")

    def __init__(self, capital: Floats) -> None:
        self._capital = capital
        self._growth: Floats | None = None
        self.clear()

    def clear(self) -> None:
        self._held = np.zeros_like(self._capital)
        self.statistic = 0.0
        self.moved = False
        if self._growth is not None:
            self.record()

    def record(self) -> None:
        self._growth = np.ones_like(self._capital)

    def update(self, factor: Floats, mass: float) -> None:
        self._held += mass * self._capital
        self._grow(factor)
        self._check()

    def _grow(self, factor: Floats) -> None:
        self.moved = True
        self._held *= factor
        np.minimum(self._held, CEILING, out=self._held)
        if self._growth is not None:
            self._growth = np.minimum(self._growth * factor, CEILING)

    def _check(self) -> None:
        self.statistic = float(self._held.sum(axis=1).min())

    def update_chunk(self, factors: Floats, masses: Floats) -> int:
        """As many updates, up to the first after which the statistic reaches 1; how many."""
        growth = np.cumprod(factors, axis=0)
        before = np.concatenate((np.ones_like(growth[:1]), growth[:-1]))
        entered = np.cumsum(masses[:, None, None] * self._capital / before, axis=0)
        held = np.minimum((self._held + entered) * growth, CEILING)
        statistics = held.sum(axis=2).min(axis=1)
        over = np.flatnonzero(statistics >= 1)
        last = int(over[0]) if over.size else len(masses) - 1
        self._held, self.statistic, self.moved = held[last], float(statistics[last]), True
        if self._growth is not None:
            self._growth = np.minimum(self._growth * growth[last], CEILING)
        return last + 1

    def merge(self, later: "Wealth", waiting: float) -> None:
        """Carry out what `later` recorded; `waiting` is mass that enters before it."""
        if later._growth is None:
            raise ValueError("only a shard can be merged; make it by shard()")
        if later.moved:
            self._held += waiting * self._capital
            self._grow(later._growth)
            self._held += later._held
            self._check()

    def to_state(self) -> dict[str, Any]:
        state: dict[str, Any] = {"held": self._held.tolist()}
        if self._growth is not None:
            state |= {"growth": self._growth.tolist(), "moved": self.moved}
        return state

    def resume(self, state: Mapping[str, Any]) -> None:
        self._held = np.array(state["held"], dtype=float)
        if "growth" in state:
            self._growth, self.moved = np.array(state["growth"], dtype=float), state["moved"]
        self._check()


class LossBlock:
    """Neighbouring turns that count as one: sums of their losses by stratum.

    Mass that is given after the first turn of a block waits for the next one: what enters must
    not know the losses it is multiplied by.
    """

    __slots__ = ("_count", "_losses", "_turns", "entering", "waiting")

    def __init__(self, turns: int) -> None:
        self._turns = turns
        self.clear()

    def clear(self) -> None:
        self.entering = self.waiting = 0.0
        self._empty()

    def _empty(self) -> None:
        self._count = 0
        self._losses: dict[str, list[float]] = {}  # stratum: number of turns, sum of losses

    def begin(self) -> None:
        """Forget the losses of an unfinished block; its mass enters with the next one."""
        self.entering, self.waiting = 0.0, self.waiting + (self.entering if self._count else 0.0)
        self._empty()

    def add(self, loss: float, mass: float, stratum: str = "") -> bool:
        """Whether the block is full."""
        self.waiting += mass
        if self._count == 0:
            self.entering, self.waiting = self.waiting, 0.0
        self._count += 1
        sums = self._losses.setdefault(stratum, [0.0, 0.0])
        sums[0] += 1.0
        sums[1] += loss
        return self.full

    @property
    def full(self) -> bool:
        return self._count >= self._turns

    def merge(self, later: "LossBlock") -> None:
        """The turns of two unfinished blocks become one, which may be longer than others."""
        if later._count:
            carried = self.entering if self._count else self.waiting
            self.waiting = self.waiting if self._count else 0.0
            self.entering = carried + later.entering
        self.waiting += later.waiting
        self._count += later._count
        for stratum, (count, total) in later._losses.items():
            sums = self._losses.setdefault(stratum, [0.0, 0.0])
            sums[0] += count
            sums[1] += total

    def factor(self, wagers: Mapping[str, Wager]) -> Floats:
        """The average of what its turns multiply the capital by; begins the next block."""
        factors = [
            wagers[stratum].factor(total / count) * (count / self._count)
            for stratum, (count, total) in self._losses.items()
        ]
        self._empty()
        return factors[0] if len(factors) == 1 else np.asarray(sum(factors))

    def to_state(self) -> dict[str, Any]:
        return {"entering": self.entering, "waiting": self.waiting, "losses": self._sums()}

    def _sums(self) -> dict[str, list[float]]:
        return {name: list(sums) for name, sums in self._losses.items()}

    def resume(self, state: Mapping[str, Any]) -> None:
        self.entering, self.waiting = state["entering"], state["waiting"]
        self._losses = {name: list(sums) for name, sums in state["losses"].items()}
        self._count = round(sum(count for count, _ in self._losses.values()))


class BlockBetting:
    """Wealth process that bets on the average loss of each block."""

    __slots__ = ("_block", "_wagers", "wealth")

    def __init__(self, wagers: Mapping[str, Wager], capital: Floats, block: int) -> None:
        self._wagers = wagers
        self._block = LossBlock(block)
        self.wealth = Wealth(capital)

    def bet(self, loss: float, mass: float, stratum: str = "") -> None:
        if self._block.add(loss, mass, stratum):
            self._close()

    def _close(self) -> None:
        entering = self._block.entering
        self.wealth.update(self._block.factor(self._wagers), entering)

    def merge(self, later: "BlockBetting") -> None:
        entering = 0.0
        if later.wealth.moved:
            entering, self._block.waiting = self._block.waiting, 0.0
        self.wealth.merge(later.wealth, entering)
        self._block.merge(later._block)
        if self._block.full:
            self._close()

    def begin_block(self) -> None:
        self._block.begin()

    def wait(self, mass: float) -> None:
        """Mass of a turn that is not bet on enters with the next one."""
        self._block.waiting += mass

    def clear(self) -> None:
        self.wealth.clear()
        self._block.clear()

    def to_state(self) -> dict[str, Any]:
        return {"wealth": self.wealth.to_state(), "block": self._block.to_state()}

    def resume(self, state: Mapping[str, Any]) -> None:
        self.wealth.resume(state["wealth"])
        self._block.resume(state["block"])
