"""Job that makes the closed-book calls of sampled turns, within a budget."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from groundwire_collector.llm.client import ChatEndpoint, ChatReply
from groundwire_collector.llm.rate_limiter import RateLimiter
from groundwire_collector.metrics import closed_book
from groundwire_collector.metrics.evaluations import version_labels
from groundwire_collector.metrics.reliance import (
    ANSWERED,
    SKIPPED,
    OutcomeSource,
    count_call,
    count_closed_book,
    supported_by_grounding,
)
from groundwire_collector.storage import closed_book_turns, counters, turns
from groundwire_collector.storage.closed_book_turns import ClosedBookTurn
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.reliance.closed_book import OTHERS, compare_closed_book

PATIENCE_NS = 600 * 1_000_000_000  # a turn that waited longer is skipped, and counted


@dataclass
class ClosedBookJob:
    """Processes pending closed-book calls, one transaction per outcome.

    `model` is asked, or without it the model that the turn asked. A failed call is counted, and
    its turn leaves the sample: an answer that is missing because the endpoint was away says nothing
    of the model.
    """

    engine: Engine
    endpoint: ChatEndpoint
    system: str
    pace: RateLimiter
    model: str | None = None

    def step(self, now_ns: int) -> bool:
        """Process one turn; False where nothing is due."""
        with self.engine.connect() as connection:
            found = closed_book_turns.waiting(connection)
            judged = turns.get(connection, found[0].turn_id) if found else None
        if not found:
            return False
        [waiting] = found
        if judged is None:
            self._give_up(waiting, {}, SKIPPED, now_ns)
        elif waiting.sampled_ns < now_ns - PATIENCE_NS or not (self.model or judged.turn.model):
            self._give_up(waiting, version_labels(judged.turn), SKIPPED, now_ns)
        elif self.pace.take():
            self._ask(waiting, judged, now_ns)
        else:
            return False
        return True

    def _ask(self, waiting: ClosedBookTurn, judged: JudgedTurn, now_ns: int) -> None:
        target = self.endpoint.of(self.model or judged.turn.model or "")
        question = judged.turn.question or ""
        messages = [
            {"role": "system", "content": self.system},
            {"role": "user", "content": question},
        ]
        reply = target.ask(messages, question, [])
        if reply.text is None:
            kind = reply.failure.value if reply.failure else "empty"
            self._give_up(waiting, version_labels(judged.turn), kind, now_ns)
        else:
            self._keep(waiting, judged, reply, now_ns)

    def _keep(
        self, waiting: ClosedBookTurn, judged: JudgedTurn, reply: ChatReply, now_ns: int
    ) -> None:
        labels = version_labels(judged.turn)
        with self.engine.connect() as connection:
            others = turns.other_answers(connection, judged.turn, OTHERS)
        outcome = compare_closed_book(
            judged.turn,
            [reply.text],
            probability=waiting.probability,
            supported=supported_by_grounding(judged),
            others=others,
        )
        increments = Increments()
        tokens = {"input": reply.input_tokens, "output": reply.output_tokens}
        count_call(increments, OutcomeSource.CLOSED_BOOK, ANSWERED, labels, tokens)
        with self.engine.begin() as connection:
            if closed_book_turns.still_waits(connection, waiting.turn_id):
                count_closed_book(increments, outcome, labels)
                closed_book_turns.put(connection, [closed_book.compared(waiting, outcome)])
            counters.add(connection, increments, now_ns)

    def _give_up(
        self, waiting: ClosedBookTurn, labels: Mapping[str, str], result: str, now_ns: int
    ) -> None:
        increments = Increments()
        count_call(increments, OutcomeSource.CLOSED_BOOK, result, labels)
        with self.engine.begin() as connection:
            closed_book_turns.give_up(connection, [waiting.turn_id])
            counters.add(connection, increments, now_ns)
