"""Job that judges queued turns, in small transactions with their cost."""

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from time import time_ns

from sqlalchemy import Connection, Engine

from groundwire_collector import metric_definitions
from groundwire_collector.evaluation.publishing import ScorePublisher
from groundwire_collector.evaluation.runner import judge
from groundwire_collector.judges.budget import JudgeBudget, SkipReason
from groundwire_collector.judges.metrics import tally_judgement, tally_not_sampled, tally_usage
from groundwire_collector.llm.circuit_breaker import CircuitBreaker
from groundwire_collector.llm.client import CallFailure
from groundwire_collector.metrics.prices import TokenPrice
from groundwire_collector.storage import counters, judging, labels, turns
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.judging import JudgeTask
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, Evaluator, State, Usage

log = logging.getLogger(__name__)

SECOND_NS = 1_000_000_000
LEASE_NS = 900 * SECOND_NS  # longer than any judgement with its retries takes
PATIENCE_NS = 3600 * SECOND_NS  # a turn that waited longer is not judged
TRIES = 3  # attempts per turn on transient failures
AGAIN_NS = 60 * SECOND_NS  # before the second try; four times as long before the third
CHECK_INTERVAL_NS = 30 * SECOND_NS  # interval of checks for new reference answers
TOGETHER = 200  # turns skipped or queued per transaction

PASSING = frozenset(
    {
        CallFailure.TIMEOUT,
        CallFailure.UNREACHABLE,
        CallFailure.RATE_LIMITED,
        CallFailure.SERVER_ERROR,
    }
)
AWAY = PASSING | {CallFailure.REFUSED}  # failures of the endpoint, not of the turn


@dataclass
class JudgeJob:
    """Processes the queue of one judge; `step` is thread-safe.

    A task leaves the queue in the transaction that keeps its judgement and counts its cost, so a
    process that is killed loses no task; what it was at is judged again when its lease is over.
    Calls that fail for what may pass are tried `TRIES` times in all, then the turn is `failed`.
    """

    engine: Engine
    key: str  # as the settings name the judge
    evaluator: Evaluator
    budget: JudgeBudget
    batch: int = 1
    price: TokenPrice | None = None
    currency: str = ""
    referenced: bool = False  # sees the turns that have a reference answer, and no sample
    publisher: ScorePublisher | None = None
    clock_ns: Callable[[], int] = time_ns
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    _checked_ns: int = 0

    def step(self) -> bool:
        """Judge due turns, or skip overdue ones; False where nothing is due."""
        now_ns = self.clock_ns()
        if self.referenced and now_ns - self._checked_ns >= CHECK_INTERVAL_NS:
            self._checked_ns = now_ns
            self._await_referenced(now_ns)
        with self.engine.connect() as connection:
            spent = self.budget.spent(connection, now_ns)
            late = judging.overdue(connection, self.key, now_ns - PATIENCE_NS, now_ns, TOGETHER)
            idle = not late and not judging.is_due(connection, self.key, now_ns)
        if late:
            self._let_go(late, spent or self._reason(now_ns), now_ns)
            return True
        if idle or spent or not self.budget.due() or not self.breaker.allows(now_ns):
            return False
        lease = uuid.uuid4().hex
        with self.engine.begin() as connection:
            if self.budget.spent(connection, now_ns):  # by another thread, meanwhile
                return False
            until_ns = now_ns + LEASE_NS
            tasks = judging.take(connection, self.key, lease, now_ns, until_ns, self.batch)
            judging.spend(connection, self.key, len(tasks), 0.0, now_ns)
            taken = [(task, self._turn(connection, task)) for task in tasks]
        self._judge(taken, lease)
        return bool(tasks)

    def _await_referenced(self, now_ns: int) -> None:
        """Queue turns that received a reference answer since."""
        name = self.evaluator.name
        with self.engine.begin() as connection:
            found = judging.referenced(connection, self.key, name, TOGETHER)
            tasks = [JudgeTask(turn, self.key, of, None, now_ns, now_ns) for turn, of in found]
            judging.enqueue(connection, tasks)

    def _turn(self, connection: Connection, task: JudgeTask) -> JudgedTurn | None:
        """Turn of a task, with its reference answer where the judge needs it."""
        item = turns.get(connection, task.turn_id)
        if item is None or not self.referenced:
            return item
        reference = labels.reference_of(connection, task.turn_id)
        return replace(item, turn=replace(item.turn, reference=reference))

    def _judge(self, taken: Sequence[tuple[JudgeTask, JudgedTurn | None]], lease: str) -> None:
        there = [(task, item) for task, item in taken if item and item.turn.answer]
        began_ns = self.clock_ns()
        judged = judge([self.evaluator], [item.turn for _, item in there])
        seconds = (self.clock_ns() - began_ns) / SECOND_NS / max(1, len(there))
        for (task, item), result in zip(there, judged, strict=True):
            evaluation = replace(result.evaluations[0], probability=task.probability)
            self._keep(task, item, evaluation, lease, seconds)
        for task, found in taken:
            if found is None or not found.turn.answer:
                self._forget(task, lease)

    def _keep(
        self, task: JudgeTask, item: JudgedTurn, evaluation: Evaluation, lease: str, seconds: float
    ) -> None:
        now_ns, increments = self.clock_ns(), Increments()
        usage, kind = evaluation.usage or Usage(), evaluation.failure
        cost = tally_usage(increments, task.service, self.key, usage, self.price, self.currency)
        increments.observe(metric_definitions.JUDGE_DURATION, {"evaluator": self.key}, seconds)
        self._heed(kind, increments, now_ns)
        again = kind in PASSING and task.attempts + 1 < TRIES
        with self.engine.begin() as connection:
            if again:
                due_ns = now_ns + AGAIN_NS * 4**task.attempts
                judging.put_back(connection, task, lease, due_ns)
            joins = not again and judging.finish(connection, task, lease)
            if joins:
                turns.join(connection, item.turn, evaluation)
                seen = [(evaluation.evaluator, evaluation.revision)]
                judging.note_revisions(connection, seen, now_ns)
                if task.counts:
                    tally_judgement(increments, item.turn, evaluation)
            judging.spend(connection, self.key, 0, cost, now_ns)
            counters.add(connection, increments, now_ns)
        if joins and self.publisher is not None:
            self.publisher.publish([JudgedTurn(item.turn, (evaluation,))])

    def _heed(self, kind: str | None, increments: Increments, now_ns: int) -> None:
        """Report the endpoint's state to the circuit breaker."""
        if kind not in AWAY:
            self.breaker.succeeded()
        elif self.breaker.failed(now_ns):
            log.warning("judge %s paused: repeated call failures (%s)", self.key, kind)
            increments.count(metric_definitions.JUDGE_PAUSES, {"evaluator": self.key})

    def _forget(self, task: JudgeTask, lease: str) -> None:
        """A turn that was deleted meanwhile, or lost its answer."""
        with self.engine.begin() as connection:
            judging.finish(connection, task, lease)

    def _reason(self, now_ns: int) -> SkipReason:
        return SkipReason.BREAKER if self.breaker.open(now_ns) else SkipReason.LATE

    def _let_go(self, tasks: Sequence[JudgeTask], reason: SkipReason, now_ns: int) -> None:
        increments = Increments()
        with self.engine.begin() as connection:
            for task in tasks:
                item = turns.get(connection, task.turn_id)
                if not judging.finish(connection, task, task.lease) or item is None:
                    continue
                evaluation = self._not_sampled(task, reason)
                turns.join(connection, item.turn, evaluation)
                if task.counts:
                    tally_judgement(increments, item.turn, evaluation)
                    tally_not_sampled(increments, task.service, self.key, reason)
            counters.add(connection, increments, now_ns)

    def _not_sampled(self, task: JudgeTask, reason: SkipReason) -> Evaluation:
        return Evaluation(
            evaluator=self.evaluator.name,
            revision=self.evaluator.revision,
            state=State.NOT_SAMPLED,
            reason=reason.value,
            probability=task.probability,
        )
