"""Comparison design from the baseline: sessions, strata, blocks.

The design is chosen from the baseline's losses, so it has a price: each possible design has a
prior probability, and the chosen one may spend only this share of the mass. If the detectors of
all designs ran with their shares, their false alarms together would stay within the budget; so do
those of one of them (docs/explanation/drift.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from groundwire_collector.drift import sessions, strata
from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.strata import Strata
from groundwire_evaluators.drift.blocking import Dependence

PARTS_OF_DAY = 4  # blocks of a day: a bad hour should not have to wait for midnight
SPREAD = 1e-9  # variance from which on losses differ by more than rounding

# How likely each choice was beforehand; strata say so themselves.
SESSIONS = {False: 0.95, True: 0.05}
BLOCKS = {False: 0.8, True: 0.2 / 12}  # of twelve sizes, powers of 2; then each inflation alike
# What neighbours are taken to share where there are too few turns to see it: for a provisional
# baseline, which looks for large changes alone.
SUPPOSED = Dependence(block=8, inflation=4.0)


@dataclass(frozen=True, slots=True)
class ComparisonDesign:
    """`session`: one score a session. `dependence`: of neighbouring turns, beyond strata;
    `supposed`, where there are too few turns to see it. `wander`: the standard deviation of the
    means of days, beyond chance."""

    session: bool = False
    strata: Strata = field(default_factory=Strata)
    dependence: Dependence = field(default_factory=Dependence)
    wander: float = field(default=0.0, compare=False)
    supposed: bool = False

    @property
    def block(self) -> int:
        """Turns that are averaged into one observation."""
        return self.dependence.block

    @property
    def price(self) -> float:
        """The share of the mass that this plan may spend; over all plans they add up to 1."""
        found = SESSIONS[self.session] * self.strata.likelihood
        if self.supposed:
            return found * BLOCKS[False]
        return found * BLOCKS[self.block > 1] / self.dependence.alternatives

    def cautious(self) -> "ComparisonDesign":
        """The same for a few turns: neighbours are taken to depend on each other."""
        if self.block > 1:
            return self
        return replace(self, dependence=SUPPOSED, supposed=True)

    def to_state(self) -> dict[str, Any]:
        return {
            "session": self.session,
            "strata": self.strata.to_state(),
            "dependence": [self.dependence.block, self.dependence.inflation],
            "wander": self.wander,
            "supposed": self.supposed,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "ComparisonDesign":
        strata = Strata.from_state(state["strata"])
        dependence, supposed = Dependence(*state["dependence"]), state.get("supposed", False)
        return cls(state["session"], strata, dependence, state["wander"], supposed)


def choose(turns: Sequence[LossObservation]) -> tuple[ComparisonDesign, list[LossObservation]]:
    """The plan for a baseline of these turns, and those of them that count under it."""
    if np.var([turn.loss for turn in turns]) < SPREAD:
        return ComparisonDesign(), list(turns)
    independent = _first_of_sessions(turns)
    session = len(independent) < len(turns)
    losses = np.array([turn.loss for turn in independent])
    found = strata.choose(independent)
    labels = [found.of_turn(turn) for turn in independent]
    dependence = Dependence.of(losses, labels if found.any else None)
    days = strata.DaySpread.of(independent, losses, labels)
    design = ComparisonDesign(session, found, _between_days(dependence, days), days.deviation)
    return design, independent


def _between_days(dependence: Dependence, days: strata.DaySpread) -> Dependence:
    """The same, or where days as a whole are better or worse than others: blocks of part of a day,
    with the variance that whole days have.

    A mean that wanders from day to day is too slow for the correlation of neighbours to show it.
    The ratio is known from few days, and this is allowed for.
    """
    ratio = days.ratio * (days.days - 1) / max(days.days - 3, 1)
    if not days.clear_beyond(dependence.inflation):
        return dependence
    return Dependence.on_grid(max(days.turns / PARTS_OF_DAY, dependence.block), ratio)


def by_stratum(
    turns: Sequence[LossObservation], chosen: Strata
) -> dict[str, list[LossObservation]]:
    """The turns of each known stratum; all of them, as `POOLED`, where there are no strata."""
    if not chosen.any:
        return {strata.POOLED: list(turns)}
    groups: dict[str, list[LossObservation]] = {}
    for turn in turns:
        if name := chosen.of_turn(turn):
            groups.setdefault(name, []).append(turn)
    return groups


def _first_of_sessions(turns: Sequence[LossObservation]) -> list[LossObservation]:
    """One score a session where turns of a session depend on each other; else all."""
    of_sessions = [turn for turn in turns if turn.session]
    if not sessions.depend((t.loss for t in of_sessions), (t.session for t in of_sessions)):
        return list(turns)
    under_way = sessions.OpenSessions()
    return [t for t in turns if under_way.repeats(t.session, t.question, t.at_ns) is None]
