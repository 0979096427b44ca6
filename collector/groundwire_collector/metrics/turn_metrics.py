"""Metrics of a batch of judged turns."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from groundwire_collector.evaluation.batch import JudgedBatch
from groundwire_collector.metrics.costs import Costs
from groundwire_collector.metrics.evaluations import version_labels
from groundwire_collector.metrics.reliance import count_stale
from groundwire_collector.metrics.retrieval import IndexClock
from groundwire_collector.metrics.turns import tally, tally_reopened
from groundwire_collector.settings import Settings
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.turns import StoredOutcome
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


class TurnMetrics:
    """Counts turns, their costs and the ages of their indexes.

    Raises UsageError where the price file cannot be read.
    """

    def __init__(self, settings: Settings) -> None:
        self._costs = Costs.of(settings)
        self._index_clock = IndexClock()
        self._latest = LatestTurns()

    def take(self, batch: JudgedBatch, _connection: Connection, /) -> None:
        increments = batch.increments
        for item in batch.new:
            tally(increments, item)
            labels = version_labels(item.turn)
            self._costs.tally(increments, item.turn, labels)
            self._index_clock.tally(increments, item, labels)
        self._latest.tally(increments, [item.turn for item in batch.new])
        for item in batch.again:
            before = batch.outcomes.get(item.turn.id, StoredOutcome())
            tally_reopened(increments, item, before)
