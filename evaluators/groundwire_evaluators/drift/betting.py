"""The betting Shiryaev-Roberts recursion that the detectors of this package share."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from groundwire_evaluators.drift.arrays import Floats
from groundwire_evaluators.drift.baseline import Baseline
from groundwire_evaluators.drift.change_point import Change, ChangePoint
from groundwire_evaluators.drift.post_detection import (
    LEVEL,
    PostDetection,
    Turns,
    after_detection,
)
from groundwire_evaluators.drift.wealth import BlockBetting, Wager

EFFECTS = (1.0, 2.0, 6.0)  # growths bet on, in units of the smallest that matters
SHARES = (0.4, 0.4, 0.2)  # of the capital, on each
LARGEST_LOSS = 0.95  # no bet ever loses more than this share of its capital


def kelly(growth: Floats, means: Floats, baseline: Baseline) -> Floats:
    """The bet that wins most when the mean is `growth` above `means`, in units of 1 / loss.

    A bet b multiplies its capital by 1 + b * (loss - mean) (Waudby-Smith and Ramdas 2024). This
    one is the likelihood ratio for losses of 0 and 1, and close to best for beta losses.
    """
    ceiling = LARGEST_LOSS / np.maximum(means, 1e-9)
    return np.asarray(np.minimum(growth / baseline.block_variance_at(means), ceiling))


def bets_against(means: Floats, baseline: Baseline, min_effect: float) -> Floats:
    """Bets against "the old mean is at most g", shape (means, effects).

    The new mean is taken to be one effect above the baseline's; so a bet against a larger old mean
    is a smaller one, and none where the old mean is taken to be above the new.
    """
    effects = np.minimum(np.array(EFFECTS) * min_effect, 0.9 * (1 - baseline.mean))
    growth = np.maximum(baseline.mean + effects - means[:, None], 0)
    return kelly(growth, means[:, None], baseline)


def wager_against_cells(baseline: Baseline, min_effect: float) -> Wager:
    """Bets against every cell of a baseline that an old mean may lie in."""
    upper = np.array(baseline.edges[1:])
    bets = bets_against(upper, baseline, min_effect)
    bets[-1] = 0.0  # the last cell is decided by the baseline alone
    return Wager.against(upper, bets)


def capital_of_cells(baseline: Baseline) -> Floats:
    """What a unit of mass is worth to each bet of each cell."""
    return np.outer(np.exp(baseline.log_capital), SHARES)


class Ordered:
    """Checks that turns are valid and come in order of time."""

    last: int | None = None  # time of the last turn

    def update(self, loss: float, mass: float, at: int) -> None:
        raise NotImplementedError

    @property
    def statistic(self) -> float:
        raise NotImplementedError

    @property
    def drift_detected(self) -> bool:
        return self.statistic >= 1

    def update_many(
        self, losses: Sequence[float], masses: Sequence[float], ats: Sequence[int]
    ) -> int:
        """Feed turns until the statistic reaches 1; how many were fed."""
        values, weights = self._accept_many(losses, masses, ats)
        for index, (loss, mass) in enumerate(zip(values.tolist(), weights.tolist(), strict=True)):
            if self.drift_detected:
                return index
            self.update(loss, mass, int(ats[index]))
        return len(values)

    def _accept(self, loss: float, mass: float, at: int) -> None:
        """Raises ValueError for what is no loss, no mass, or a time before the last one."""
        if not (0 <= loss <= 1 and 0 <= mass < float("inf")):
            raise ValueError(f"loss {loss} must be in [0, 1], mass {mass} finite and not negative")
        if self.last is not None and at < self.last:
            raise ValueError(f"time {at} is before that of the last turn; feed turns in order")
        self.last = at

    def _accept_many(
        self, losses: Sequence[float], masses: Sequence[float], ats: Sequence[int]
    ) -> tuple[Floats, Floats]:
        """The same for turns that are to be fed."""
        values, weights = np.asarray(losses, dtype=float), np.asarray(masses, dtype=float)
        if not (
            np.all((values >= 0) & (values <= 1)) and np.all((weights >= 0) & (weights < np.inf))
        ):
            raise ValueError("losses must be in [0, 1], masses finite and not negative")
        times = np.asarray(ats, dtype=np.int64)
        known = [] if self.last is None else [self.last]
        if np.any(np.diff(times, prepend=known) < 0):
            raise ValueError("time goes back; feed turns in order")
        return values, weights


class Dated(Ordered):
    """Detector base that remembers turns to estimate the change point."""

    def __init__(self, change_point: ChangePoint) -> None:
        self._change_point = change_point

    @property
    def change(self) -> Change | None:
        return self._change_point.change

    def after_detection(self, level: float = LEVEL) -> PostDetection | None:
        """Start and size of the change, with intervals that hold at the alarm's stopped time."""
        found = self._change_point
        segments = found.segments
        turns = Turns(segments.times, *segments.sums.T)
        return after_detection(turns, found.baseline, found.min_effect, level)

    def since(self, at: int) -> tuple[float, float, float]:
        """Turns, losses and squared losses from `at` on; exact where `at` is `change.since`."""
        return self._change_point.since(at)

    def reset(self) -> None:
        self._change_point.reset()
        self.last = None

    def merge(self, later: Self) -> None:
        self._change_point.merge(later._change_point)
        if later.last is not None:
            self.last = max(later.last, self.last or later.last)

    def _progress(self) -> dict[str, Any]:
        return {"change_point": self._change_point.to_state(), "last": self.last}

    def _resume(self, state: Mapping[str, Any]) -> None:
        self._change_point.resume(state["change_point"])
        self.last = state["last"]


CHUNK = 32  # turns multiplied out at once; a turn keeps at least 1/20 of the capital


class ESR(Dated):
    """Base of betting detectors: one e-SR statistic, updated per block."""

    def __init__(
        self,
        *,
        wagers: Mapping[str, Wager],
        capital: Floats,
        block: int,
        change_point: ChangePoint,
    ) -> None:
        super().__init__(change_point)
        self._betting = BlockBetting(wagers, capital, block)

    @property
    def statistic(self) -> float:
        return self._betting.wealth.statistic

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
        self._betting.merge(later._betting)
        super().merge(later)

    def _fresh(self) -> Self:
        raise NotImplementedError

    def _record(self) -> None:
        self._betting.wealth.record()

    def begin_block(self) -> None:
        """Let the next turn begin a block: one of a deployment is not averaged with those before.

        To be decided without looking at losses since the block began, which are not bet on.
        """
        self._betting.begin_block()

    def forget_evidence(self) -> None:
        """Bet anew from here on; what was seen stays known to `since`, `changed_at` and `size`.

        Lowers the statistic only, so it may be done at any time, for any reason.
        """
        self._betting.clear()

    def reset(self) -> None:
        """Forget what was seen since the baseline, which stays."""
        self._betting.clear()
        super().reset()

    def _progress(self) -> dict[str, Any]:
        return {
            **self._betting.to_state(),
            **super()._progress(),
        }

    def _resume(self, state: Mapping[str, Any]) -> None:
        self._betting.resume(state)
        super()._resume(state)


class BettingESR(ESR):
    """Single-stratum betting detector; subclasses choose cells, bets and capital."""

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
        self._accept(loss, mass, at)
        self._betting.bet(loss, mass)
        self._change_point.update(loss, mass, at)

    def update_many(
        self, losses: Sequence[float], masses: Sequence[float], ats: Sequence[int]
    ) -> int:
        """Feed turns until the statistic reaches 1; how many were fed.

        Equal to as many calls of `update`, up to rounding. Price: some 6 microseconds a turn.
        """
        values, weights = self._accept_many(losses, masses, ats)
        fed = 0
        while self._turns > 1 and fed < len(values) and not self.drift_detected:
            self.update(float(values[fed]), float(weights[fed]), ats[fed])
            fed += 1
        while fed < len(values) and not self.drift_detected:
            chunk = slice(fed, fed + CHUNK)
            factors = self._wager.rest + self._wager.bets * values[chunk, None, None]
            taken = self._betting.wealth.update_chunk(factors, weights[chunk])
            for index in range(fed, fed + taken):
                self._change_point.update(float(values[index]), float(weights[index]), ats[index])
            fed += taken
        self.last = ats[fed - 1] if fed else self.last
        return fed
