"""Staleness metric: whether an answer follows a changed source.

The latest turn of each question is remembered in this process, at most `CAPACITY` of them: a
restart forgets them, and with them some of the experiments, never a count.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from groundwire_collector.metrics.evaluations import version_labels
from groundwire_collector.metrics.reliance import count_stale
from groundwire_collector.storage.counters import Increments
from groundwire_evaluators.reliance.passive import stale_answer
from groundwire_evaluators.text.tokens import question_key
from groundwire_evaluators.turn import Turn

CAPACITY = 2000  # turns; some 20 MB with chunks of usual size


@dataclass(slots=True)
class LatestTurns:
    """Latest turn of each question of a service."""

    capacity: int = CAPACITY
    _turns: OrderedDict[tuple[str, str], Turn] = field(default_factory=OrderedDict)

    def tally(self, increments: Increments, turns: Iterable[Turn]) -> None:
        """Count repeated questions that were answered from changed chunks."""
        for turn in turns:
            if not turn.question or not turn.answer or not turn.chunks:
                continue
            before = self._replace(turn)
            if before is not None and _texts(before) != _texts(turn):
                count_stale(increments, stale_answer(before, turn), version_labels(turn))

    def _replace(self, turn: Turn) -> Turn | None:
        """Remember this turn of its question; the one before."""
        key = (turn.service, question_key(turn.question))
        before = self._turns.pop(key, None)
        self._turns[key] = turn
        if len(self._turns) > self.capacity:
            self._turns.popitem(last=False)
        return before


def _texts(turn: Turn) -> list[str]:
    return [chunk.text for chunk in turn.chunks]
