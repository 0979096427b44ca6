"""Anytime-valid confidence sequence of a segment's faithfulness, updated incrementally.

It says of which share of the turns since the baseline the answer is faithful. A turn that has been
taken in is not looked at again: later labels of it, and turns that arrive out of order, are left
out of this interval (not of the others).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log, log1p
from typing import Any, Self

from groundwire_collector.estimates.faithfulness import SampledTurn
from groundwire_collector.storage.estimates import ScoredTurn
from groundwire_evaluators.statistics import Interval, RateSequence

GAP_CHANCE = 1e-6  # a stretch without a draw that is less likely is none of chance
BLOCK = 100  # turns after which the score's weight is refitted


@dataclass(slots=True)
class FaithfulnessSequence:
    """Confidence sequence state; a new `origin` (baseline, revision, rate) restarts it.

    `after` is the last turn that was looked at, `since_ns` when the first one taken in started.
    `undrawn` turns have come since the last drawn one: so many that chance cannot explain it say
    that nothing was being drawn (a judge was off), and the sequence begins anew behind them.

    >>> from groundwire_collector.estimates.faithfulness import SampledTurn
    >>> from groundwire_collector.storage.estimates import ScoredTurn
    >>> turns = [
    ...     ScoredTurn(f"turn-{at}", f"trace-{at}", "shop", "", "session", at, 0.2)
    ...     for at in range(1, 1001)
    ... ]
    >>> drawn = {turn.id: SampledTurn(0.5, turn.started_ns % 5 != 0) for turn in turns[::2]}
    >>> sequence = FaithfulnessSequence({"baseline": 1}, RateSequence(0.5), after=(0, ""))
    >>> sequence.take(turns, drawn)
    >>> report = sequence.report()
    >>> round(report["value"], 2), report["turns"], report["labels"]
    (0.8, 1000, 500)
    """

    origin: dict[str, Any]
    sequence: RateSequence
    after: tuple[int, str]
    since_ns: int | None = None
    undrawn: int = 0

    @classmethod
    def resumed(
        cls,
        state: Mapping[str, Any],
        origin: dict[str, Any],
        least_probability: float,
        start: tuple[int, str],
    ) -> Self:
        """Restore from `to_state` if the origin matches; else a new sequence from `start`."""
        if state.get("origin") != origin:
            return cls(origin, RateSequence(least_probability), start)
        return cls(
            origin,
            RateSequence.from_state(state["sequence"]),
            (int(state["after"][0]), str(state["after"][1])),
            state["since_ns"],
            state["undrawn"],
        )

    def to_state(self) -> dict[str, Any]:
        return {
            "origin": self.origin,
            "sequence": self.sequence.to_state(),
            "after": list(self.after),
            "since_ns": self.since_ns,
            "undrawn": self.undrawn,
        }

    def take(self, turns: Sequence[ScoredTurn], drawn: Mapping[str, SampledTurn]) -> None:
        """The next turns, oldest first, each drawn one with what became of it."""
        if not turns:
            return
        valid = self._behind_gaps(turns, drawn)
        for start in range(0, len(valid), BLOCK):
            block = valid[start : start + BLOCK]
            found = [(at, drawn[turn.id]) for at, turn in enumerate(block) if turn.id in drawn]
            self.sequence.update(
                [1 - min(max(turn.p_unsupported, 0.0), 1.0) for turn in block],
                [at for at, _ in found],
                [None if each.faithful is None else float(each.faithful) for _, each in found],
                [each.probability for _, each in found],
            )
            if self.since_ns is None:
                self.since_ns = block[0].started_ns
        self.after = (turns[-1].started_ns, turns[-1].id)

    def _behind_gaps(
        self, turns: Sequence[ScoredTurn], drawn: Mapping[str, SampledTurn]
    ) -> Sequence[ScoredTurn]:
        """Turns after the last gap in sampling; all turns without a gap.

        They begin behind a drawn turn, not with it: that it was drawn is what ended the stretch.
        """
        least = self.sequence.least_probability
        longest = log(GAP_CHANCE) / log1p(-least) if least < 1 else 1.0
        start = 0
        for at, turn in enumerate(turns, start=1):
            if turn.id not in drawn:
                self.undrawn += 1
                continue
            if self.undrawn > longest:
                self._restart()
                start = at
            self.undrawn = 0
        if self.undrawn > longest:
            self._restart()
            return ()
        return turns[start:]

    def _restart(self) -> None:
        self.sequence = RateSequence(self.sequence.least_probability)
        self.since_ns = None

    def report(self) -> dict[str, Any] | None:
        """Value, interval and turn range; None before the first turn."""
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
    """Turns before the first one that still waits for its reference."""
    first = next((at for at, turn in enumerate(turns) if waits(turn)), len(turns))
    return turns[:first]
