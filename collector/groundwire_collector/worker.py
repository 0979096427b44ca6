"""The worker: takes spans from the store, completes turns, judges them, and commits what it saw.

Whatever one batch of turns leads to (turns, scores, counters, detector states, alarms, and that
the traces are settled) is one transaction. So a worker killed anywhere starts again where its last
commit was: nothing is lost and nothing is counted twice.
"""

import logging
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from time import time_ns

from sqlalchemy import Connection, Engine

from groundwire_collector.assembly.completion import due_ns
from groundwire_collector.assembly.turns import assemble
from groundwire_collector.evaluation.judging import judge
from groundwire_collector.monitoring import memory
from groundwire_collector.monitoring.monitor import Monitor
from groundwire_collector.monitoring.tally import tally, tally_reopened
from groundwire_collector.settings import Settings
from groundwire_collector.storage import counters, drift, progress, spans, turns
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.progress import PendingTrace
from groundwire_collector.storage.spans import Arrival
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.turn import Turn

log = logging.getLogger(__name__)

ARRIVALS = 5000  # spans taken note of at once
TRACES = 64  # traces judged in one transaction: short, so that the receiver waits little


class Worker:
    """One worker over one database; `step` does one batch and says how much it did."""

    def __init__(self, settings: Settings, engine: Engine, evaluators: Sequence[Evaluator]) -> None:
        self._settings = settings
        self._engine = engine
        self._evaluators = evaluators
        self._monitor = self._remembered()

    def step(self, now_ns: int | None = None) -> int:
        """Take note of new spans, judge what is complete; how many spans and traces were seen.

        After an error nothing of the batch is kept, in the database or in memory.
        """
        now_ns = now_ns or time_ns()
        try:
            return self._note_arrivals() + self._judge_due(now_ns)
        except BaseException:
            self._monitor = self._remembered()
            raise

    def _remembered(self) -> Monitor:
        with self._engine.connect() as connection:
            return memory.recall(connection, self._settings)

    def _note_arrivals(self) -> int:
        with self._engine.begin() as connection:
            after = progress.position(connection)
            arrived = spans.arrivals(connection, after, ARRIVALS)
            if not arrived:
                return 0
            open_traces = progress.pending(connection, {a.trace_id for a in arrived})
            progress.put_pending(connection, list(self._pending(arrived, open_traces)))
            progress.move_to(connection, arrived[-1].seq)
        return len(arrived)

    def _pending(
        self, arrived: Iterable[Arrival], open_traces: dict[str, PendingTrace]
    ) -> Iterable[PendingTrace]:
        def trace_of(arrival: Arrival) -> str:
            return arrival.trace_id

        for trace_id, group in groupby(sorted(arrived, key=trace_of), key=trace_of):
            spans_seen = list(group)
            before = open_traces.get(trace_id)
            root_ended = any(a.closes for a in spans_seen) or (before and before.root_ended)
            last_ns = max(a.received_ns for a in spans_seen)
            due = due_ns(
                last_received_ns=last_ns,
                root_ended=bool(root_ended),
                answer_complete=any(a.complete for a in spans_seen),
                quiet_seconds=self._settings.quiet_seconds,
                longest_trace_seconds=self._settings.longest_trace_seconds,
            )
            yield PendingTrace(trace_id, last_ns, bool(root_ended), due)

    def _judge_due(self, now_ns: int) -> int:
        with self._engine.connect() as connection:
            due = progress.due(connection, now_ns, TRACES)
            traces = spans.spans_of(connection, [trace.trace_id for trace in due])
            completed = [turn for found in traces.values() for turn in assemble(found)]
            stored = turns.stored(connection, [turn.id for turn in completed])
        if not due:
            return 0
        fuller = [turn for turn in completed if stored.get(turn.id) != turn]
        judged = judge(self._evaluators, fuller)
        with self._engine.begin() as connection:
            self._commit(connection, judged, stored.keys(), now_ns)
            progress.settle(connection, due)
        return len(due)

    def _commit(
        self,
        connection: Connection,
        judged: Sequence[JudgedTurn],
        known: Collection[str],
        now_ns: int,
    ) -> None:
        turns.save(connection, judged)
        new = [item for item in judged if item.turn.id not in known and _counts(item.turn)]
        increments = Increments()
        for item in new:
            tally(increments, item)
        for item in judged:
            if item.turn.id in known:
                tally_reopened(increments, item.turn)
        counters.add(connection, increments, now_ns)
        for alarm in self._monitor.observe(new):
            self._record(connection, alarm)
        memory.keep(connection, self._monitor)

    def _record(self, connection: Connection, alarm: Alarm) -> None:
        if alarm.resolved_ns is not None and alarm.id is not None:
            drift.resolve_alarm(connection, alarm.id, alarm.resolved_ns)
            log.warning("resolved: %s of %s is back", alarm.signal, alarm.service)
            return
        self._monitor.identify(alarm, drift.raise_alarm(connection, alarm))
        log.warning(
            "alarm: %s of %s got worse by %.3f (%s %s)",
            *(alarm.signal, alarm.service, alarm.size, alarm.axis, alarm.value),
        )


def _counts(turn: Turn) -> bool:
    """Production traffic only: neither diagnostics of our own, nor a trace without an answer."""
    return not (turn.shadow or turn.canary) and turn.answer is not None
