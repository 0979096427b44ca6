"""Count what judging workers judged.

Batches are counted in the order of their ids, several in one transaction: the alarms are those of
one worker that had committed the same batches in that order.
"""

import logging
from collections.abc import Sequence

from sqlalchemy import Engine

from groundwire_collector.processes.judged_traces_json import decoded
from groundwire_collector.processes.passed_over import note_failed
from groundwire_collector.processes.time_limit import process_ends_after
from groundwire_collector.processes.turn_commit import TurnCommit
from groundwire_collector.storage import judged_batches
from groundwire_collector.storage.engine import PASSING
from groundwire_collector.storage.judged_batches import StoredBatch

log = logging.getLogger(__name__)

BATCHES = 4  # counted in one transaction


class BatchCounter:
    """Counts judged batches (`step`); one leader per database."""

    def __init__(self, engine: Engine, commit: TurnCommit, timeout_seconds: float) -> None:
        self._engine = engine
        self._commit = commit
        self._timeout_seconds = timeout_seconds

    def step(self, now_ns: int) -> int:
        """Count the batches that wait longest; returns how many."""
        with self._engine.connect() as connection:
            batches = judged_batches.oldest(connection, BATCHES)
        try:
            self._count(batches, now_ns)
        except PASSING:
            raise
        except Exception:
            log.exception("judged batches failed; retrying them one by one")
            self._commit.restore()
            for batch in batches:
                self._count_or_pass_over(batch, now_ns)
        return len(batches)

    def _count(self, batches: Sequence[StoredBatch], now_ns: int) -> None:
        if not batches:
            return
        found = [decoded(batch.body, batch.trace_ids) for batch in batches]
        with process_ends_after(self._timeout_seconds), self._engine.begin() as connection:
            for traces in found:
                self._commit.take(connection, traces, now_ns)
            judged_batches.delete_counted(connection, [batch.id for batch in batches])
        for traces in found:
            self._commit.publish(traces.judged)

    def _count_or_pass_over(self, batch: StoredBatch, now_ns: int) -> None:
        """A batch that cannot be counted holds up no other."""
        try:
            self._count([batch], now_ns)
        except PASSING:
            raise
        except Exception as error:
            log.exception("a judged batch of %d traces skipped", len(batch.trace_ids))
            self._commit.restore()
            reason = f"counting it raises {type(error).__name__}"
            with self._engine.begin() as connection:
                note_failed(connection, sorted(batch.trace_ids), reason, now_ns)
                judged_batches.delete_counted(connection, [batch.id])
