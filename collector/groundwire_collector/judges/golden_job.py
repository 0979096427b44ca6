"""Job that replays the golden set to detect a changed judge."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import time_ns

from sqlalchemy import Engine

from groundwire_collector.evaluation.runner import judge
from groundwire_collector.judges.budget import JudgeBudget
from groundwire_collector.judges.golden import (
    GoldenJudgement,
    GoldenSet,
    GoldenTurn,
    flips,
    summarise,
)
from groundwire_collector.judges.metrics import tally_usage
from groundwire_collector.llm.circuit_breaker import CircuitBreaker
from groundwire_collector.metrics.prices import TokenPrice
from groundwire_collector.storage import counters, golden, judging
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.golden import GoldenRun, StoredAnswer
from groundwire_evaluators.evaluation import Evaluator, State, Usage

log = logging.getLogger(__name__)

SECOND_NS = 1_000_000_000
CHECK_INTERVAL_NS = 30 * SECOND_NS  # from one look whether a replay is due to the next
SERVICE = ""  # service label of replay calls


@dataclass
class GoldenJob:
    """Replays `golden` through a judge every `interval_seconds`.

    Counted from the start of the last replay of this revision and set; a new revision or set is
    replayed at once and becomes the new reference.

    Turn by turn within the judge's budget, which it shares with the traffic; each answer is one
    transaction with its cost, so a restart goes on where it was. A call that failed is an answer
    too (`failed`), and is not repeated before the next replay.
    """

    engine: Engine
    key: str
    evaluator: Evaluator
    golden: GoldenSet
    interval_seconds: float
    budget: JudgeBudget
    breaker: CircuitBreaker
    price: TokenPrice | None = None
    currency: str = ""
    clock_ns: Callable[[], int] = time_ns
    _checked_ns: int = 0

    def step(self) -> bool:
        """Judge one golden turn; False where nothing is due or allowed."""
        now_ns = self.clock_ns()
        if now_ns - self._checked_ns < CHECK_INTERVAL_NS:
            return False
        run = self._due(now_ns)
        with self.engine.connect() as connection:
            spent = self.budget.spent(connection, now_ns)
            done = {each.key for each in golden.answers(connection, run)} if run else set()
        if run is None or spent is not None or self.breaker.open(now_ns):
            self._checked_ns = now_ns
            return False
        left = [each for each in self.golden.turns if each.turn.id not in done]
        if not left:
            self._end(run, now_ns)
        elif self.budget.due():
            self._ask(run, left[0], now_ns)
        else:
            return False
        return True

    def _due(self, now_ns: int) -> GoldenRun | None:
        """Replay to continue, or a new one where due."""
        new = GoldenRun(
            judge=self.key,
            evaluator=self.evaluator.name,
            revision=self.evaluator.revision,
            digest=self.golden.digest,
            started_ns=now_ns,
        )
        with self.engine.connect() as connection:
            last = golden.last(connection, new)
        if last is not None and last.ended_ns is None:
            return last
        interval_ns = round(self.interval_seconds * SECOND_NS)
        if last is not None and now_ns - last.started_ns < interval_ns:
            return None
        with self.engine.begin() as connection:
            return golden.begin(connection, new)

    def _ask(self, run: GoldenRun, question: GoldenTurn, now_ns: int) -> None:
        [judged] = judge([self.evaluator], [question.turn])
        evaluation = judged.evaluations[0]
        answer = GoldenJudgement.of(question, evaluation)
        increments = Increments()
        usage = evaluation.usage or Usage()
        labels = (SERVICE, self.key, usage, self.price, self.currency)
        cost = tally_usage(increments, *labels)
        with self.engine.begin() as connection:
            golden.save(
                connection,
                run,
                StoredAnswer(
                    answer.key, answer.state.value, answer.judged_unsupported, answer.unsupported
                ),
            )
            judging.spend(connection, self.key, 1, cost, now_ns)
            counters.add(connection, increments, now_ns)

    def _end(self, run: GoldenRun, now_ns: int) -> None:
        with self.engine.begin() as connection:
            answers = self._answers(golden.answers(connection, run))
            before = golden.first(connection, run)
            first = self._answers(golden.answers(connection, before)) if before else []
            summary = summarise(answers)
            summary["flips"] = flips({answer.key: answer for answer in first}, answers)
            golden.end(connection, run, summary, now_ns)
        log.info("golden set of %s replayed: %s", self.key, summary)

    @staticmethod
    def _answers(stored: list[StoredAnswer]) -> list[GoldenJudgement]:
        return [
            GoldenJudgement(s.key, State(s.state), s.judged_unsupported, s.unsupported)
            for s in stored
        ]
