"""Detector of changes of a mean beyond a margin, in both directions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from groundwire_evaluators.drift.betting import EFFECTS, LARGEST_LOSS, SHARES

SURE = 2.0  # standard errors of the old mean that count as possible
SMALLEST_VARIANCE = 1e-3
CEILING = 1e100


class ChangeDirection(StrEnum):
    """ChangeDirection of a change of a mean."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class MeanInterval:
    """Old mean, its standard error, and the variance of one observation."""

    mean: float
    error: float
    variance: float


class MarginESR:
    """Betting e-SR for changes of a mean beyond a margin.

    The null: the mean is within a margin of the old one. Losses in [0, 1]. Guarantee: the expected
    number of false alarms is at most the sum of the masses, while the conditional mean of every
    observation is at most `margin` and two standard errors beyond the old mean, in the watched
    directions (Shin, Ramdas and Rinaldo 2024, as `KnownMeanESR`). So small wanderings, and what the
    old mean's estimate leaves open, cost no false alarm; a change must be larger than the margin to
    be found.

    Price: the delay of a change of d is about log(1 / mass) / KL(mean + d, mean + margin)
    observations; one microsecond an observation and a dozen numbers of state, where `TwoSampleESR`
    has hundreds. The onset is that of a CUSUM (Page 1954): where the sum that led to the alarm
    began.

    >>> from groundwire_evaluators.drift.margin import MarginESR, MeanInterval
    >>> detector = MarginESR(MeanInterval(0.5, 0.005, 0.08), margin=0.05, effect=0.07)
    >>> for turn in range(200):
    ...     detector.update(loss=0.5 if turn < 100 else 0.2, mass=1e-5, at=turn)
    ...     if detector.drift_detected:
    ...         break
    ...
    >>> turn, detector.direction.value, detector.since
    (129, 'down', 100)
    """

    def __init__(
        self,
        old: MeanInterval,
        *,
        margin: float,
        effect: float,
        directions: tuple[ChangeDirection, ...] = (ChangeDirection.UP, ChangeDirection.DOWN),
        largest_offset: float = 0.0,
    ) -> None:
        """`effect`: the smallest change beyond the margin that is looked for.

        `largest_offset`: the most by which the usual mean of a time is above or below the old one.

        Raises:
            ValueError: a mean outside [0, 1], or a margin or an effect that is not positive.
        """
        if not 0 <= old.mean <= 1 or margin <= 0 or effect <= 0 or not directions:
            raise ValueError("the mean must be in [0, 1], margin and effect above 0")
        self.old = old
        slack = margin + SURE * old.error
        self._sides = {
            each: _DirectedBets.of(
                *(old, slack, effect, 1 / len(directions), largest_offset),
                up=each is ChangeDirection.UP,
            )
            for each in directions
        }

    def update(self, loss: float, mass: float, at: int, offset: float = 0.0) -> None:
        """Take one observation.

        `mass` was set before it was seen, `at` is its time, `offset` how far the usual mean of that
        time is above the old mean of all.

        Raises:
            ValueError: the loss is not in [0, 1], or the mass is negative.
        """
        if not (0 <= loss <= 1 and mass >= 0):
            raise ValueError(f"loss {loss} must be in [0, 1], mass {mass} not negative")
        for side in self._sides.values():
            side.update(loss, mass, at, offset)

    @property
    def statistics(self) -> dict[ChangeDirection, float]:
        return {direction: side.statistic for direction, side in self._sides.items()}

    @property
    def statistic(self) -> float:
        """Evidence, 1 at the alarm: the directions share the masses."""
        return sum(self.statistics.values())

    @property
    def drift_detected(self) -> bool:
        return self.statistic >= 1

    @property
    def direction(self) -> ChangeDirection:
        """That with more evidence."""
        found = self.statistics
        return max(found, key=lambda each: found[each])

    @property
    def since(self) -> int | None:
        """Time of the first observation of the change; None before any."""
        return self._sides[self.direction].since

    @property
    def observations(self) -> int:
        """Number of observations since the onset."""
        return self._sides[self.direction].count

    @property
    def mean(self) -> float:
        """Mean loss since the onset; the old mean before any observation."""
        side = self._sides[self.direction]
        return side.total / side.count if side.count else self.old.mean

    def reset(self) -> None:
        """Forget what was seen; the old mean stays."""
        for side in self._sides.values():
            side.clear()

    def to_state(self) -> dict[str, Any]:
        return {direction.value: side.to_state() for direction, side in self._sides.items()}

    def resume(self, state: Mapping[str, Any]) -> Self:
        """Go on from `to_state`; the parameters are the constructor's."""
        for direction, side in self._sides.items():
            if direction.value in state:
                side.resume(state[direction.value])
        return self


class _DirectedBets:
    """Bets on one direction; a fall of x is a rise of 1 - x."""

    __slots__ = ("_bets", "_bound", "_capital", "_held", "_sum", "_up", "count", "since", "total")

    def __init__(self, bound: float, bets: tuple[float, ...], share: float, up: bool) -> None:
        self._bound, self._bets, self._up = bound, bets, up
        self._capital = [share * each for each in SHARES]
        self.clear()

    @classmethod
    def of(
        cls,
        old: MeanInterval,
        slack: float,
        effect: float,
        share: float,
        largest_offset: float,
        *,
        up: bool,
    ) -> "_DirectedBets":
        mean = old.mean if up else 1 - old.mean
        bound = min(mean + slack, 1 - 1e-6)
        spread = (old.variance + SMALLEST_VARIANCE) / (mean * (1 - mean) + SMALLEST_VARIANCE)
        variance = min(spread, 1.0) * bound * (1 - bound)  # at the bound, as of losses so spread
        growths = (min(each * effect, 0.9 * (1 - bound)) for each in EFFECTS)
        most = LARGEST_LOSS / min(bound + largest_offset, 1.0)
        bets = tuple(min(growth / variance, most) for growth in growths)
        return cls(bound, bets, share, up)

    def clear(self) -> None:
        self._held = [0.0] * len(self._bets)
        self.since: int | None = None
        self.count, self.total, self._sum = 0, 0.0, 0.0

    @property
    def statistic(self) -> float:
        return sum(self._held)

    def update(self, loss: float, mass: float, at: int, offset: float) -> None:
        away = (loss - offset if self._up else 1 - loss + offset) - self._bound
        held, capital = self._held, self._capital
        for index, bet in enumerate(self._bets):
            grown = (held[index] + mass * capital[index]) * (1 + bet * away)
            held[index] = grown if grown < CEILING else CEILING
        if self._sum <= 0:
            self.since, self.count, self.total, self._sum = at, 0, 0.0, 0.0
        self.count += 1
        self.total += loss
        self._sum += away

    def to_state(self) -> list[Any]:
        return [list(self._held), self.since, self.count, self.total, self._sum]

    def resume(self, state: list[Any]) -> None:
        held, self.since, self.count, self.total, self._sum = state
        self._held = list(held)
