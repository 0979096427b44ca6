"""Metrics of a batch of judged turns."""

from sqlalchemy import Connection

from groundwire_collector.evaluation.batch import JudgedBatch
from groundwire_collector.metrics.costs import Costs
from groundwire_collector.metrics.evaluations import version_labels
from groundwire_collector.metrics.retrieval import IndexClock
from groundwire_collector.metrics.staleness import LatestTurns
from groundwire_collector.metrics.turns import tally, tally_reopened
from groundwire_collector.settings import Settings
from groundwire_collector.storage.turns import StoredOutcome


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
