"""Dependence between turns: how strong it is, and blocks of turns that hide it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from groundwire_evaluators.drift.baseline import Floats

DEPENDENT = 1.2  # variance ratio from which on turns are fed in blocks
FEWEST_BATCHES = 10
LEVEL = 0.8


def variance_ratio(losses: Sequence[float] | Floats, batch: int) -> float:
    """Variance of means of `batch` neighbouring losses, over what independence would give.

    1 for independent turns, more for bursts (batch means; Meketon and Schmeiser 1984). Its
    standard error is about sqrt(2 / batches). 1 where fewer than ten batches fit, or where the
    losses are all equal.
    """
    values = np.asarray(losses, dtype=float)
    batches = values.size // batch
    if batches < FEWEST_BATCHES or values.var() == 0:
        return 1.0
    means = values[: batches * batch].reshape(batches, batch).mean(axis=1)
    return float(means.var(ddof=1) * batch / values.var(ddof=1))


def block_size(losses: Sequence[float] | Floats) -> int:
    """Turns a block needs so that blocks are nearly independent; 1 where turns already are.

    The smallest batch at which the variance ratio has nearly levelled off. A season or a trend
    never levels off: then this is the largest batch looked at, and no block helps.
    """
    size = len(losses)
    sizes = [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560]
    batches = [batch for batch in sizes if size // batch >= FEWEST_BATCHES]
    ratios = {batch: variance_ratio(losses, batch) for batch in batches}
    certain = [
        ratio
        for batch, ratio in ratios.items()
        if ratio > max(DEPENDENT, 1 + 3 * math.sqrt(2 / (size // batch)))
    ]
    if not certain:
        return 1
    level = 1 + LEVEL * (max(certain) - 1)
    return next(batch for batch in batches if ratios[batch] >= level)


@dataclass(slots=True)
class Block:
    """Gathers `turns` turns and gives their mean loss, whole mass, and the time of the first."""

    turns: int
    losses: float = 0.0
    mass: float = 0.0
    count: int = 0
    began: int = 0

    def add(self, loss: float, mass: float, at: int) -> tuple[float, float, int] | None:
        """The block that this turn completes; None while it is not full."""
        if self.count == 0:
            self.began = at
        self.losses += loss
        self.mass += mass
        self.count += 1
        if self.count < self.turns:
            return None
        whole = (self.losses / self.count, self.mass, self.began)
        self.losses, self.mass, self.count = 0.0, 0.0, 0
        return whole

    def to_state(self) -> dict[str, Any]:
        return {
            "turns": self.turns,
            "losses": self.losses,
            "mass": self.mass,
            "count": self.count,
            "began": self.began,
        }


def block_means(losses: Sequence[float] | Floats, turns: int) -> Floats:
    """Means of whole blocks, as a baseline for a detector that is fed blocks."""
    values = np.asarray(losses, dtype=float)
    whole = values.size // turns * turns
    return np.asarray(values[:whole].reshape(-1, turns).mean(axis=1))
