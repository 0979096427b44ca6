"""The interval that may be looked at continuously, of one segment, taken further step by step.

It says of which share of the turns since the baseline the answer is faithful. A turn that has been
taken in is not looked at again: later labels of it, and turns that arrive out of order, are left
out of this interval (not of the others).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from groundwire_collector.monitoring.faithfulness import Draw
from groundwire_collector.storage.estimates import ScoredTurn
from groundwire_evaluators.statistics import Interval, RateSequence

BLOCK = 100  # turns after which the use of the score is learnt anew


@dataclass(slots=True)
class FaithfulnessSequence:
    """`origin` is what the sequence depends on (baseline, revision, rate): another one restarts it.

    `after` is the last turn that was taken in, `since_ns` when the first one started.
    """

    origin: dict[str, Any]
    sequence: RateSequence
    after: tuple[int, str]
    since_ns: int | None = None

    @classmethod
    def resumed(
        cls, state: Mapping[str, Any], origin: dict[str, Any], least_probability: float
    ) -> Self:
        """From what `to_state` gave, where it began alike; else a new one."""
        if state.get("origin") == origin:
            since_ns = state["since_ns"]
            after = (int(state["after"][0]), str(state["after"][1]))
            return cls(origin, RateSequence.from_state(state["sequence"]), after, since_ns)
        return cls(origin, RateSequence(least_probability), (int(origin["baseline_ns"]), ""))

    def to_state(self) -> dict[str, Any]:
        return {
            "origin": self.origin,
            "sequence": self.sequence.to_state(),
            "after": list(self.after),
            "since_ns": self.since_ns,
        }

    def take(self, turns: Sequence[ScoredTurn], drawn: Mapping[str, Draw]) -> None:
        """The next turns, oldest first, each drawn one with what became of it."""
        for start in range(0, len(turns), BLOCK):
            block = turns[start : start + BLOCK]
            found = [(at, drawn[turn.id]) for at, turn in enumerate(block) if turn.id in drawn]
            self.sequence.update(
                [1 - min(max(turn.p_unsupported, 0.0), 1.0) for turn in block],
                [at for at, _ in found],
                [None if each.faithful is None else float(each.faithful) for _, each in found],
                [each.probability for _, each in found],
            )
            if self.since_ns is None:
                self.since_ns = block[0].started_ns
            self.after = (block[-1].started_ns, block[-1].id)

    def told(self) -> dict[str, Any] | None:
        """Value and interval, of which turns; None before anything was taken in."""
        if self.since_ns is None:
            return None
        interval: Interval = self.sequence.interval()
        return {
            "value": self.sequence.value,
            "interval": list(interval),
            "turns": self.sequence.units,
            "labels": self.sequence.labels,
            "unknown": self.sequence.unknown,
            "since_ns": self.since_ns,
            "until_ns": self.after[0],
        }


def settled(
    turns: Sequence[ScoredTurn], waits: Callable[[ScoredTurn], bool]
) -> Sequence[ScoredTurn]:
    """The turns before the first one that waits for what it was drawn for."""
    first = next((at for at, turn in enumerate(turns) if waits(turn)), len(turns))
    return turns[:first]
