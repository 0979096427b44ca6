"""Worker pipeline: spans to turns, scores, counters, alarms, one commit.

Whatever one batch of turns leads to (turns, scores, counters, detector states, alarms, and that
the traces are settled) is one transaction. So a worker killed anywhere starts again where its last
commit was: nothing is lost and nothing is counted twice.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from time import time_ns
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from groundwire_collector import metric_definitions
from groundwire_collector.assembly.completion import SECOND, due_ns, waits_for_root
from groundwire_collector.assembly.conversation import with_earlier_context
from groundwire_collector.assembly.loading import gather
from groundwire_collector.assembly.received_scores import judgements_of
from groundwire_collector.assembly.steps import steps_of
from groundwire_collector.assembly.turns import AssembledRequest, assemble_requests
from groundwire_collector.assembly.unanswered import UnansweredTrace, unanswered
from groundwire_collector.drift.detection import DriftDetection
from groundwire_collector.evaluation.batch import BatchConsumer, JudgedBatch
from groundwire_collector.evaluation.registry import GROUNDING
from groundwire_collector.evaluation.runner import judge
from groundwire_collector.evaluation.steps import judge_steps
from groundwire_collector.judges.queue import JudgeQueue
from groundwire_collector.metrics.closed_book import ClosedBookMetrics
from groundwire_collector.metrics.revisions import RevisionTimes
from groundwire_collector.metrics.sessions import SessionMetrics
from groundwire_collector.metrics.turn_metrics import TurnMetrics
from groundwire_collector.probing.closed_book_queue import ClosedBookQueue
from groundwire_collector.processes.time_limit import process_ends_after
from groundwire_collector.settings import Settings
from groundwire_collector.storage import (
    counters,
    failed_traces,
    progress,
    retention,
    spans,
    trace_fragments,
    turns,
    unanswered_traces,
)
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.engine import PASSING
from groundwire_collector.storage.failed_traces import FailedTrace
from groundwire_collector.storage.progress import PendingTrace
from groundwire_collector.storage.spans import Arrival
from groundwire_collector.storage.trace_fragments import TraceFragment
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_collector.storage.unanswered_traces import StoredUnanswered
from groundwire_evaluators.evaluation import Evaluation, Evaluator
from groundwire_evaluators.turn import Turn

if TYPE_CHECKING:
    from groundwire_collector.evaluation.publishing import ScorePublisher

log = logging.getLogger(__name__)

ARRIVALS = 5000  # spans taken note of at once
MOST_BEGUN = 3  # times that a worker may die while it judges a trace
TRACES = 64  # traces judged in one transaction: short, so that the receiver waits little


@dataclass(frozen=True, slots=True)
class TurnBatch:
    """New turns and received scores of completed traces.

    `before` are those of the turns that are stored already, as they were; `absorbed` those of them
    that turned out to be a part of another turn, by whose id; `pieces` what the index of pieces is
    to know of these traces; `unanswered` the traces that gave no turn,
    `answered` the ids of those that did; `steps` those of the turns, where steps are judged.
    """

    turns: Sequence[Turn]
    received: Mapping[str, tuple[Evaluation, ...]]
    before: Mapping[str, Turn]
    absorbed: Mapping[str, str]
    pieces: Sequence[TraceFragment]
    unanswered: Sequence[UnansweredTrace] = ()
    answered: Collection[str] = ()
    steps: Mapping[str, Sequence[Turn]] = field(default_factory=dict)


class Pipeline:
    """Processes batches (`step`); one leader per database."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        evaluators: Sequence[Evaluator],
        *,
        after_crash: bool = False,
    ) -> None:
        """`after_crash`: the worker before ended without a word, perhaps of a trace."""
        self._settings = settings
        self._engine = engine
        self._evaluators = evaluators
        self._publisher = _publisher(settings)
        self._drift = DriftDetection(settings, engine)
        self._consumers: Sequence[BatchConsumer] = (
            TurnMetrics(settings),
            SessionMetrics(),
            RevisionTimes(),
            ClosedBookMetrics(),
            ClosedBookQueue(settings),
            JudgeQueue(settings),
            self._drift,
        )
        self._backlog_until_ns = time_ns() if after_crash else 0

    def close(self) -> None:
        """Send what waits to be published."""
        if self._publisher is not None:
            self._publisher.stop()

    def step(self, now_ns: int | None = None) -> int:
        """Register new spans and judge complete traces; returns the number of spans and traces.

        After an error nothing of the batch is kept, in the database or in memory.
        """
        now_ns = now_ns or time_ns()
        try:
            return self._note_arrivals() + self._judge_due(now_ns)
        except BaseException:
            self._drift.restore()
            raise

    def _note_arrivals(self) -> int:
        with self._engine.begin() as connection:
            after = progress.position(connection)
            arrived = spans.arrivals(connection, after, ARRIVALS)
            if not arrived:
                return 0
            ids = {arrival.trace_id for arrival in arrived}
            open_traces = progress.pending(connection, ids)
            judged = turns.traces_with_turns(connection, ids - open_traces.keys())
            progress.put_pending(connection, list(self._pending(arrived, open_traces, judged)))
            progress.move_to(connection, arrived[-1].seq)
        return len(arrived)

    def _pending(
        self, arrived: Iterable[Arrival], open_traces: Mapping[str, PendingTrace], judged: set[str]
    ) -> Iterable[PendingTrace]:
        """The open traces with what arrived; a trace that was judged waits for no root."""

        def trace_of(arrival: Arrival) -> str:
            return arrival.trace_id

        for trace_id, group in groupby(sorted(arrived, key=trace_of), key=trace_of):
            spans_seen = list(group)
            before = open_traces.get(trace_id, PendingTrace(trace_id, 0, trace_id in judged, 0))
            last_ns = max(a.received_ns for a in spans_seen)
            due = due_ns(
                last_received_ns=last_ns,
                answer_complete=any(a.complete for a in spans_seen),
                trace_idle_seconds=self._settings.trace_idle_seconds,
            )
            root_ended = before.root_ended or any(a.closes or a.complete for a in spans_seen)
            yield PendingTrace(trace_id, last_ns, root_ended, due, before.begun)

    def _judge_due(self, now_ns: int) -> int:
        with self._engine.connect() as connection:
            due = progress.due(connection, now_ns, TRACES, begun=False)
            suspects = progress.due(connection, now_ns, 1, begun=True)
        if not self._is_backlog([*due, *suspects]):
            self._judge_or_pass_over(due, now_ns)
            return len(due)
        for batch in (due, suspects):
            if batch:
                self._judge_counted(batch, now_ns)
        return len(due) + len(suspects)

    def _is_backlog(self, due: Sequence[PendingTrace]) -> bool:
        """Whether the worker before may have died of one of these."""
        if not any(trace.due_ns <= self._backlog_until_ns or trace.begun for trace in due):
            self._backlog_until_ns = 0
            return False
        return True

    def _judge_counted(self, batch: Sequence[PendingTrace], now_ns: int) -> None:
        """Judge traces whose attempts are counted; one that failed too often is skipped.

        Those that were not begun before go together; a suspect goes by itself after them, so that
        neither waits for the other.
        """
        if batch[0].begun >= MOST_BEGUN:
            reason = f"begun {batch[0].begun} times without an end: the worker died each time"
            log.error("trace %s skipped: %s", batch[0].trace_id, reason)
            self._pass_over(batch[0], reason, now_ns)
            return
        with self._engine.begin() as connection:
            progress.begin(connection, batch)
        self._judge_or_pass_over(batch, now_ns)

    def _judge_or_pass_over(self, due: Sequence[PendingTrace], now_ns: int) -> None:
        try:
            self._judge(due, now_ns)
        except PASSING:
            raise
        except Exception:
            log.exception("a batch failed; retrying its traces one by one")
            self._drift.restore()
            self._judge_singly(due, now_ns)

    def _judge_singly(self, due: Sequence[PendingTrace], now_ns: int) -> None:
        """One trace that cannot be taken is counted and passed over; it holds up no other."""
        for trace in due:
            try:
                self._judge([trace], now_ns)
            except PASSING:
                raise
            except Exception as error:
                log.exception("trace %s skipped", trace.trace_id)
                self._drift.restore()
                self._pass_over(trace, f"it raises {type(error).__name__}", now_ns)

    def _judge(self, due: Sequence[PendingTrace], now_ns: int) -> None:
        """Assemble, evaluate, commit.

        An evaluator has limits of its own, each a turn. Whatever else hangs ends the worker, and
        the next one counts what it begins.
        """
        with process_ends_after(self._settings.batch_timeout_seconds):
            due = self._with_root(due)
            batch = self._batch(due) if due else None
        if batch is None:
            return
        of_steps = self._of_steps(batch)
        judged = [
            JudgedTurn(
                item.turn,
                (
                    *item.evaluations,
                    *of_steps.get(item.turn.id, ()),
                    *batch.received.get(item.turn.id, ()),
                ),
            )
            for item in judge(self._evaluators, batch.turns)
        ]
        with (
            process_ends_after(self._settings.batch_timeout_seconds),
            self._engine.begin() as connection,
        ):
            if progress.settle(connection, due) < len(due):
                connection.rollback()  # one was forgotten meanwhile; the others are due again
                return
            self._commit(connection, judged, batch, now_ns)
            trace_fragments.put(connection, batch.pieces)
        if self._publisher is not None:
            self._publisher.publish(judged)

    def _of_steps(self, batch: TurnBatch) -> dict[str, tuple[Evaluation, ...]]:
        """Grounding of the turns' steps, by turn id."""
        grounding = next((e for e in self._evaluators if e.name == GROUNDING), None)
        if grounding is None or not batch.steps:
            return {}
        found = judge_steps(grounding, batch.steps)
        return {turn_id: (evaluation,) for turn_id, evaluation in found.items()}

    def _with_root(self, due: Sequence[PendingTrace]) -> list[PendingTrace]:
        """Traces except those whose root may still arrive, which are postponed."""
        with self._engine.connect() as connection:
            put_off = self._without_root(connection, due)
        if put_off:
            with self._engine.begin() as connection:
                progress.put_pending(connection, put_off)
        names = {trace.trace_id for trace in put_off}
        return [trace for trace in due if trace.trace_id not in names]

    def _without_root(
        self, connection: Connection, due: Sequence[PendingTrace]
    ) -> list[PendingTrace]:
        """Traces without a root, due when the wait for it ends."""
        wait = round(self._settings.trace_max_seconds * SECOND)
        pending = {
            trace.trace_id: replace(trace, due_ns=trace.last_received_ns + wait)
            for trace in due
            if not trace.root_ended and trace.due_ns < trace.last_received_ns + wait
        }
        found = spans.spans_of(connection, pending.keys())
        return [pending[trace_id] for trace_id, each in found.items() if waits_for_root(each)]

    def _pass_over(self, trace: PendingTrace, reason: str, now_ns: int) -> None:
        increments = Increments()
        increments.count(metric_definitions.TRACES_FAILED, {})
        with self._engine.begin() as connection:
            counters.add(connection, increments, now_ns)
            failed_traces.add(connection, FailedTrace(trace.trace_id, now_ns, reason))
            progress.settle(connection, [trace])

    def _batch(self, due: Sequence[PendingTrace]) -> TurnBatch:
        """Turns of these traces that are new, or more complete than stored."""
        ids = {trace.trace_id for trace in due}
        with self._engine.connect() as connection:
            gathered = gather(connection, sorted(ids))
            before = {turn.id: turn for turn in turns.of_traces(connection, gathered.traces)}
            found = assemble_requests(gathered.traces.values(), before.keys())
            touched = [request for request in found if not request.trace.ids.isdisjoint(ids)]
            requests = with_earlier_context(connection, touched)
        received: dict[str, tuple[Evaluation, ...]] = {}
        for request in requests:
            received |= judgements_of(request)
        completed = [turn for request in requests for turn, _ in request.turns]
        fuller = [turn for turn in completed if before.get(turn.id) != turn or turn.id in received]
        known = [p for p in gathered.pieces.values() if p.trace_id in ids and p.roles.spans]
        silent = [unanswered(r.trace) for r in requests if not r.turns and r.trace.readings]
        answered = {name for request in requests if request.turns for name in request.trace.ids}
        absorbed = _absorbed(requests, before)
        steps = steps_of(requests) if self._settings.judge_steps else {}
        return TurnBatch(fuller, received, before, absorbed, known, silent, answered, steps)

    def _commit(
        self, connection: Connection, judged: Sequence[JudgedTurn], batch: TurnBatch, now_ns: int
    ) -> None:
        stored = turns.outcomes(connection, [item.turn.id for item in judged])
        turns.save(connection, judged)
        retention.delete_turns(connection, list(batch.absorbed))
        counted = {turn_id for turn_id, turn in batch.before.items() if _counts(turn)}
        counted |= {taker for part, taker in batch.absorbed.items() if part in counted}
        new = [item for item in judged if item.turn.id not in counted and _counts(item.turn)]
        found = JudgedBatch(
            judged=judged,
            new=new,
            again=[item for item in judged if item.turn.id in counted],
            before=batch.before,
            outcomes=stored,
            now_ns=now_ns,
            increments=Increments(by_tenant=self._settings.tenant_metrics),
        )
        for consumer in self._consumers:
            consumer.take(found, connection)
        _note_unanswered(connection, batch, found.increments)
        counters.add(connection, found.increments, now_ns)


def _note_unanswered(connection: Connection, batch: TurnBatch, increments: Increments) -> None:
    """Store the traces without a turn, and count those that are new among them."""
    unanswered_traces.forget(connection, batch.answered)
    ids = {name for trace in batch.unanswered for name in trace.trace_ids}
    known = unanswered_traces.known(connection, ids)
    for trace in batch.unanswered:
        if known.isdisjoint(trace.trace_ids):
            increments.count(
                metric_definitions.TRACES_WITHOUT_TURN,
                {"service": trace.service, "family": trace.family, "reason": str(trace.reason)},
            )
    stored = [
        StoredUnanswered(
            name, trace.service, trace.started_ns, trace.family, str(trace.reason), trace.error
        )
        for trace in batch.unanswered
        for name in trace.trace_ids
    ]
    unanswered_traces.save(connection, stored)


def _publisher(settings: Settings) -> "ScorePublisher | None":
    """Publisher of scores; its HTTP client is loaded only if one is configured."""
    if settings.publish_endpoint is None:
        return None
    from groundwire_collector.evaluation.publishing import ScorePublisher

    return ScorePublisher.of(settings)


def _absorbed(requests: Iterable[AssembledRequest], before: Mapping[str, Turn]) -> dict[str, str]:
    """The stored turns that were found to be a part of another one, by the id of that."""
    found = {}
    for request in requests:
        ids = [turn.id for turn, _ in request.turns]
        for turn in before.values():
            if ids and turn.id not in ids and request.holds(turn):
                found[turn.id] = ids[-1]
    return found


def _counts(turn: Turn) -> bool:
    """Production traffic only: neither diagnostics of our own, nor a trace without an answer."""
    return not (turn.closed_book or turn.probe) and turn.answer is not None
