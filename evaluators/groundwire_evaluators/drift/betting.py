"""The betting Shiryaev-Roberts recursion that the detectors of this package share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from groundwire_evaluators.drift.arrays import Floats
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
    smallest, over cells, of the sum over bets. The recursion is affine in E: one that records its
    growth, the product of its factors, can be carried out later on what was held before it.
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
        self._look()

    def _grow(self, factor: Floats) -> None:
        self.moved = True
        self._held *= factor
        np.minimum(self._held, CEILING, out=self._held)
        if self._growth is not None:
            self._growth = np.minimum(self._growth * factor, CEILING)

    def _look(self) -> None:
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
            self._look()

    def to_state(self) -> dict[str, Any]:
        state: dict[str, Any] = {"held": self._held.tolist()}
        if self._growth is not None:
            state |= {"growth": self._growth.tolist(), "moved": self.moved}
        return state

    def resume(self, state: Mapping[str, Any]) -> None:
        self._held = np.array(state["held"], dtype=float)
        if "growth" in state:
            self._growth, self.moved = np.array(state["growth"], dtype=float), state["moved"]
        self._look()


class Block:
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

    def merge(self, later: "Block") -> None:
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


class Purse:
    """Wealth that bets on the average of each block."""

    __slots__ = ("_block", "_wagers", "wealth")

    def __init__(self, wagers: Mapping[str, Wager], capital: Floats, block: int) -> None:
        self._wagers = wagers
        self._block = Block(block)
        self.wealth = Wealth(capital)

    def bet(self, loss: float, mass: float, stratum: str = "") -> None:
        if self._block.add(loss, mass, stratum):
            self._close()

    def _close(self) -> None:
        entering = self._block.entering
        self.wealth.update(self._block.factor(self._wagers), entering)

    def merge(self, later: "Purse") -> None:
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


class ESR:
    """What betting detectors share beside their bets: one statistic, fed block by block."""

    def __init__(
        self,
        *,
        wagers: Mapping[str, Wager],
        capital: Floats,
        block: int,
        change_point: ChangePoint,
    ) -> None:
        self._purse = Purse(wagers, capital, block)
        self._change_point = change_point

    @property
    def statistic(self) -> float:
        return self._purse.wealth.statistic

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

    def since(self, at: int) -> tuple[float, float, float]:
        """Turns, losses and squared losses from `at` on; exact where `at` is `changed_at`."""
        return self._change_point.since(at)

    def shard(self) -> Self:
        """An empty detector of the same stream, to be fed elsewhere and merged back."""
        shard = self._fresh()
        shard._record()
        return shard

    def merge(self, later: Self) -> None:
        """Take in a shard, as if its turns came after those seen here.

        To 1e-9 the same as one stream of that order, where turns count one by one. In blocks, the
        turns of two unfinished ones become one block. The statistic is looked at only after the
        merge, which costs the delay of an alarm until then and no false alarms. Price: some 10
        microseconds. The shards of one time are merged in an order that does not look at losses.

        Raises:
            ValueError: `later` was not made by `shard()`.
        """
        self._purse.merge(later._purse)
        self._change_point.merge(later._change_point)

    def _fresh(self) -> Self:
        raise NotImplementedError

    def _record(self) -> None:
        self._purse.wealth.record()

    def begin_block(self) -> None:
        """Let the next turn begin a block: one of a deployment is not averaged with those before.

        To be decided without looking at losses since the block began, which are not bet on.
        """
        self._purse.begin_block()

    def reset(self) -> None:
        """Forget what was seen since the baseline, which stays."""
        self._purse.clear()
        self._change_point.reset()

    def _progress(self) -> dict[str, Any]:
        return {
            **self._purse.to_state(),
            "change_point": self._change_point.to_state(),
        }

    def _resume(self, state: Mapping[str, Any]) -> None:
        self._purse.resume(state)
        self._change_point.resume(state["change_point"])


class BettingESR(ESR):
    """One stratum: every turn is bet on alike. Subclasses choose the cells, bets and capital."""

    def __init__(
        self, *, wager: Wager, capital: Floats, change_point: ChangePoint, block: int = 1
    ) -> None:
        super().__init__(
            wagers={"": wager}, capital=capital, block=block, change_point=change_point
        )
        self._wager, self._turns = wager, block

    def update(self, loss: float, mass: float, at: int) -> None:
        """One turn. Price: some 10 microseconds.

        Raises:
            ValueError: the loss is not in [0, 1], or the mass is negative.
        """
        refuse_what_is_no_turn(loss, mass)
        self._purse.bet(loss, mass)
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
        while self._turns > 1 and fed < len(values) and not self.drift_detected:
            self.update(float(values[fed]), float(weights[fed]), ats[fed])
            fed += 1
        while fed < len(values) and not self.drift_detected:
            chunk = slice(fed, fed + CHUNK)
            factors = self._wager.rest + self._wager.bets * values[chunk, None, None]
            taken = self._purse.wealth.update_chunk(factors, weights[chunk])
            for index in range(fed, fed + taken):
                self._change_point.update(float(values[index]), float(weights[index]), ats[index])
            fed += taken
        return fed


def refuse_what_is_no_turn(loss: float, mass: float) -> None:
    if not (0 <= loss <= 1 and mass >= 0):
        raise ValueError(f"loss {loss} must be in [0, 1] and mass {mass} not negative")
