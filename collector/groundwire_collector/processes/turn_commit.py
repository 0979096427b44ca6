"""Store and count judged turns: scores, counters, sessions, queues, drift, alarms.

All that judged traces lead to is one transaction, the caller's: they are counted once or not at
all.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from groundwire_collector import metric_definitions
from groundwire_collector.evaluation.batch import BatchConsumer, JudgedBatch
from groundwire_collector.processes.trace_judge import JudgedTraces, RequestParts
from groundwire_collector.settings import Settings
from groundwire_collector.storage import (
    counters,
    retention,
    trace_fragments,
    turns,
    unanswered_traces,
)
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_collector.storage.unanswered_traces import StoredUnanswered
from groundwire_evaluators.turn import Turn

if TYPE_CHECKING:
    from groundwire_collector.evaluation.publishing import ScorePublisher


class TurnCommit:
    """Stores judged turns and feeds their consumers; one leader per database."""

    def __init__(
        self,
        settings: Settings,
        consumers: Sequence[BatchConsumer],
        restore: Callable[[], None],
    ) -> None:
        """`consumers` in their fixed order; `restore` undoes in memory what was rolled back."""
        self._settings = settings
        self._publisher = _publisher(settings)
        self._consumers = consumers
        self.restore = restore

    def close(self) -> None:
        """Send what waits to be published."""
        if self._publisher is not None:
            self._publisher.stop()

    def publish(self, judged: Sequence[JudgedTurn]) -> None:
        """Publish scores, after they were committed; does nothing where none are published."""
        if self._publisher is not None:
            self._publisher.publish(judged)

    def take(self, connection: Connection, found: JudgedTraces, now_ns: int) -> None:
        """Store and count judged traces in the transaction of `connection`."""
        judged = found.judged
        before = {turn.id: turn for turn in turns.of_traces(connection, found.trace_ids)}
        absorbed = _absorbed(found.requests, before)
        stored = turns.outcomes(connection, [item.turn.id for item in judged])
        turns.save(connection, judged)
        retention.delete_turns(connection, list(absorbed))
        counted = {turn_id for turn_id, turn in before.items() if _counts(turn)}
        counted |= {taker for part, taker in absorbed.items() if part in counted}
        batch = JudgedBatch(
            judged=judged,
            new=[item for item in judged if item.turn.id not in counted and _counts(item.turn)],
            again=[item for item in judged if item.turn.id in counted],
            before=before,
            outcomes=stored,
            now_ns=now_ns,
            increments=Increments(by_tenant=self._settings.tenant_metrics),
        )
        for consumer in self._consumers:
            consumer.take(batch, connection)
        _note_unanswered(connection, found, batch.increments)
        counters.add(connection, batch.increments, now_ns)
        trace_fragments.put(connection, found.pieces)


def _note_unanswered(connection: Connection, found: JudgedTraces, increments: Increments) -> None:
    """Store the traces without a turn, and count those that are new among them."""
    unanswered_traces.forget(connection, found.answered)
    ids = {name for trace in found.unanswered for name in trace.trace_ids}
    known = unanswered_traces.known(connection, ids)
    for trace in found.unanswered:
        if known.isdisjoint(trace.trace_ids):
            increments.count(
                metric_definitions.TRACES_WITHOUT_TURN,
                {"service": trace.service, "family": trace.family, "reason": str(trace.reason)},
            )
    stored = [
        StoredUnanswered(
            name, trace.service, trace.started_ns, trace.family, str(trace.reason), trace.error
        )
        for trace in found.unanswered
        for name in trace.trace_ids
    ]
    unanswered_traces.save(connection, stored)


def _publisher(settings: Settings) -> "ScorePublisher | None":
    """Publisher of scores; its HTTP client is loaded only if one is configured."""
    if settings.publish_endpoint is None:
        return None
    from groundwire_collector.evaluation.publishing import ScorePublisher

    return ScorePublisher.of(settings)


def _absorbed(requests: Iterable[RequestParts], before: Mapping[str, Turn]) -> dict[str, str]:
    """The stored turns that were found to be a part of another one, by the id of that."""
    return {
        turn.id: request.turn_ids[-1]
        for request in requests
        for turn in before.values()
        if request.turn_ids and turn.id not in request.turn_ids and request.holds(turn)
    }


def _counts(turn: Turn) -> bool:
    """Production traffic only: neither diagnostics of our own, nor a trace without an answer."""
    return not (turn.closed_book or turn.probe) and turn.answer is not None
