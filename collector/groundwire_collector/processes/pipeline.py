"""The leader's pipeline: spans to turns, scores, counters, alarms, one commit.

Whatever one batch of turns leads to (turns, scores, counters, detector states, alarms, and that
the traces are settled) is one transaction. So a worker killed anywhere starts again where its last
commit was: nothing is lost and nothing is counted twice.
"""

from collections.abc import Sequence
from functools import partial
from time import time_ns

from sqlalchemy import Engine

from groundwire_collector.drift.behaviour.detection import BehaviourDrift
from groundwire_collector.drift.detection import DriftDetection
from groundwire_collector.evaluation.batch import BatchConsumer
from groundwire_collector.judges.queue import JudgeQueue
from groundwire_collector.metrics.closed_book import ClosedBookMetrics
from groundwire_collector.metrics.revisions import RevisionTimes
from groundwire_collector.metrics.sessions import SessionMetrics
from groundwire_collector.metrics.turn_metrics import TurnMetrics
from groundwire_collector.probing.closed_book_queue import ClosedBookQueue
from groundwire_collector.processes.arrivals import note_arrivals
from groundwire_collector.processes.counting import BatchCounter
from groundwire_collector.processes.passed_over import judge_or_pass_over, pass_over_deadly
from groundwire_collector.processes.time_limit import process_ends_after
from groundwire_collector.processes.trace_judge import TraceJudge
from groundwire_collector.processes.turn_commit import TurnCommit
from groundwire_collector.settings import Settings
from groundwire_collector.storage import progress
from groundwire_collector.storage.progress import PendingTrace
from groundwire_evaluators.evaluation import Evaluator

TRACES = 64  # traces judged in one transaction: short, so that the receiver waits little


class Pipeline:
    """Judges, and counts what it or workers judged; one leader."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        evaluators: Sequence[Evaluator] | None,
        *,
        after_crash: bool = False,
    ) -> None:
        """`evaluators` None: judging workers judge. `after_crash`: the leader before was killed."""
        self._settings = settings
        self._engine = engine
        self._judge = None if evaluators is None else TraceJudge(settings, engine, evaluators)
        drift, behaviour = DriftDetection(settings, engine), BehaviourDrift(settings, engine)
        consumers: Sequence[BatchConsumer] = (
            TurnMetrics(settings),
            SessionMetrics(),
            RevisionTimes(),
            ClosedBookMetrics(),
            ClosedBookQueue(settings),
            JudgeQueue(settings),
            drift,
            behaviour,
        )

        def restore() -> None:
            drift.restore()
            behaviour.restore()

        self._commit = TurnCommit(settings, consumers, restore)
        self._counter = BatchCounter(engine, self._commit, settings.batch_timeout_seconds)
        self._backlog_until_ns = time_ns() if after_crash else 0

    def close(self) -> None:
        """Send what waits to be published."""
        self._commit.close()

    def step(self, now_ns: int | None = None) -> int:
        """Register new spans, judge complete traces, count; returns how many of each in all.

        After an error nothing of the batch is kept, in the database or in memory.
        """
        now_ns = now_ns or time_ns()
        try:
            done = note_arrivals(self._engine, self._settings.trace_idle_seconds)
            done += self._counter.step(now_ns)
            return done + (self._judge_due(self._judge, now_ns) if self._judge else 0)
        except BaseException:
            self._commit.restore()
            raise

    def _judge_due(self, judge: TraceJudge, now_ns: int) -> int:
        with self._engine.connect() as connection:
            due = progress.due(connection, now_ns, TRACES, begun=False)
            suspects = progress.due(connection, now_ns, 1, begun=True)
        if not self._is_backlog([*due, *suspects]):
            self._judge_or_pass_over(judge, due, now_ns)
            return len(due)
        for batch in (due, suspects):
            if batch:
                self._judge_counted(judge, batch, now_ns)
        return len(due) + len(suspects)

    def _is_backlog(self, due: Sequence[PendingTrace]) -> bool:
        """Whether the worker before may have died of one of these."""
        if not any(trace.due_ns <= self._backlog_until_ns or trace.begun for trace in due):
            self._backlog_until_ns = 0
            return False
        return True

    def _judge_counted(self, judge: TraceJudge, batch: Sequence[PendingTrace], now_ns: int) -> None:
        """Judge traces whose attempts are counted; one that failed too often is skipped.

        Those that were not begun before go together; a suspect goes by itself after them, so that
        neither waits for the other.
        """
        if pass_over_deadly(self._engine, batch[0], now_ns):
            return
        with self._engine.begin() as connection:
            progress.begin(connection, batch)
        self._judge_or_pass_over(judge, batch, now_ns)

    def _judge_or_pass_over(
        self, judge: TraceJudge, due: Sequence[PendingTrace], now_ns: int
    ) -> None:
        commit = partial(self._judge_and_commit, judge, now_ns=now_ns)
        judge_or_pass_over(self._engine, due, commit, now_ns, self._commit.restore)

    def _judge_and_commit(
        self, judge: TraceJudge, due: Sequence[PendingTrace], now_ns: int
    ) -> None:
        due = judge.with_root(due)
        if not due:
            return
        found = judge.judge(due)
        with (
            process_ends_after(self._settings.batch_timeout_seconds),
            self._engine.begin() as connection,
        ):
            if progress.settle(connection, due) < len(due):
                connection.rollback()  # one was forgotten meanwhile; the others are due again
                return
            self._commit.take(connection, found, now_ns)
        self._commit.publish(found.judged)
