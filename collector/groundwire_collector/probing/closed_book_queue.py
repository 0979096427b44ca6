"""Enqueueing of sampled turns for the prober's closed-book calls."""

from sqlalchemy import Connection

from groundwire_collector.evaluation.batch import JudgedBatch
from groundwire_collector.evaluation.sampling import ClosedBookSampler
from groundwire_collector.settings import Settings
from groundwire_collector.storage import closed_book_turns


class ClosedBookQueue:
    """Queues sampled turns for a call without their context."""

    def __init__(self, settings: Settings) -> None:
        self._sample = ClosedBookSampler(settings.closed_book_rate if settings.probes else 0.0)

    def take(self, batch: JudgedBatch, connection: Connection) -> None:
        chosen = [item.turn for item in batch.new if self._sample.holds(item.turn)]
        waiting = [
            closed_book_turns.sampled(t, self._sample.probability(t), batch.now_ns) for t in chosen
        ]
        closed_book_turns.enqueue(connection, waiting)
