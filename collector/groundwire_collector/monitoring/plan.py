"""How a watch compares turns with its baseline: sessions, strata, blocks; chosen from the baseline.

The choice looks at the baseline's losses, so it has a price: before looking, every plan is given a
probability, and whatever is chosen may spend only this share of the mass. If each plan's detector
were run with its share, the false alarms of all of them together would stay within the budget;
those of one of them do all the more (docs/decisions/0077-strata-and-blocks.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from groundwire_collector.monitoring import sessions, strata
from groundwire_collector.monitoring.observation import Observation
from groundwire_collector.monitoring.strata import Strata
from groundwire_evaluators.drift.baseline import Floats
from groundwire_evaluators.drift.blocking import block_size, variance_ratio

FEWEST_BLOCKS = 20  # in a stratum of the baseline
NEIGHBOURS = 20  # turns over which dependence is measured before strata are looked for
SPREAD = 1e-9  # variance from which on losses differ by more than rounding
PLAIN = 0.9  # probability of each of: single turns of a session, one stratum, no blocks


@dataclass(frozen=True, slots=True)
class Plan:
    """`session`: one score a session. `block`: turns whose mean is one step of a detector."""

    session: bool = False
    strata: Strata = field(default_factory=Strata)
    block: int = 1

    @property
    def price(self) -> float:
        """The share of the mass that this plan may spend; over all plans they add up to 1."""
        other = 1 - PLAIN
        session = other if self.session else PLAIN
        # Route, or one of three widths of hours, or both: seven in all.
        stratified = other / 7 if self.strata.any else PLAIN
        # Every block size there may be, longer ones less likely: 1/2 + 1/6 + 1/12 + ... = 1.
        blocked = other / (self.block * (self.block - 1)) if self.block > 1 else PLAIN
        return session * stratified * blocked

    def to_state(self) -> dict[str, Any]:
        strata = self.strata.to_state()
        return {"session": self.session, "strata": strata, "block": self.block}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Plan":
        return cls(state["session"], Strata.from_state(state["strata"]), state["block"])


def choose(turns: Sequence[Observation]) -> tuple[Plan, list[Observation]]:
    """The plan for a baseline of these turns, and those of them that count under it."""
    if np.var([turn.loss for turn in turns]) < SPREAD:
        return Plan(), list(turns)
    kept = _first_of_sessions(turns)
    session = len(kept) < len(turns)
    losses = np.array([turn.loss for turn in kept])
    found = strata.choose(
        losses,
        [turn.route for turn in kept],
        [turn.at_ns for turn in kept],
        variance_ratio(losses, NEIGHBOURS),
    )
    groups = by_stratum(kept, found)
    block = block_size(_excess(losses, kept, found))
    smallest = min(len(group) for name, group in groups.items() if name in found.known or not name)
    if found.any and block > 1 and smallest < block * FEWEST_BLOCKS:
        found = Strata()  # a long memory matters more than strata: both do not fit
        block = block_size(losses)
        smallest = len(losses)
    return Plan(session, found, max(1, min(block, smallest // FEWEST_BLOCKS))), kept


def by_stratum(turns: Sequence[Observation], chosen: Strata) -> dict[str, list[float]]:
    """Losses of each known stratum, and of all turns together."""
    groups: dict[str, list[float]] = {strata.POOLED: [turn.loss for turn in turns]}
    for turn in turns:
        if name := chosen.of(turn.route, turn.at_ns):
            groups.setdefault(name, []).append(turn.loss)
    return groups


def _first_of_sessions(turns: Sequence[Observation]) -> list[Observation]:
    """One score a session where turns of a session depend on each other; else all."""
    of_sessions = [turn for turn in turns if turn.session]
    if not sessions.depend((t.loss for t in of_sessions), (t.session for t in of_sessions)):
        return list(turns)
    under_way = sessions.Sessions()
    return [t for t in turns if under_way.repeats(t.session, t.question, t.at_ns) is None]


def _excess(losses: Floats, turns: Sequence[Observation], chosen: Strata) -> Floats:
    """Losses less the mean of their stratum: what strata do not explain."""
    if not chosen.any:
        return losses
    labels = np.array([chosen.of(turn.route, turn.at_ns) for turn in turns])
    excess = losses.copy()
    for name in np.unique(labels):
        excess[labels == name] -= losses[labels == name].mean()
    return excess
