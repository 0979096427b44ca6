"""Closed-book calls: same model, same question, no context."""

from collections import Counter
from dataclasses import dataclass, field

from groundwire_collector.llm.client import ChatReply, ChatTarget
from groundwire_collector.llm.rate_limiter import RateLimiter
from groundwire_collector.probing.sampling import ClosedBookSampler
from groundwire_evaluators.reliance.closed_book import ClosedBookComparison, compare_closed_book
from groundwire_evaluators.reliance.probe.arms import ProbePrompting
from groundwire_evaluators.turn import Turn


@dataclass
class ClosedBookCaller:
    """Repeats a sampled turn's question without its context.

    A turn is sampled by a hash of its trace id, with probability `rate` (times `eager` where the
    passive signals found a value that stands in no source, so that the rare cell is seen more
    often; the probability goes with the result). `system` is the production system prompt less its
    context instruction. `draws` closed-book answers are asked for each; more than one gives the
    strength of memory. Nothing is served, stored as an answer or counted as a turn.
    """

    target: ChatTarget
    rate: float = 0.01
    eager: float = 1.0
    draws: int = 1
    system: str = ProbePrompting().closed_book
    pace: RateLimiter = field(default_factory=lambda: RateLimiter(per_minute=10.0, per_day=2000))
    failures: Counter[str] = field(default_factory=Counter)
    skipped: int = 0  # sampled, but the budget was spent

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 1 or self.eager < 1 or self.draws < 1:
            raise ValueError("rate lies in (0, 1]; eager and draws are at least 1")

    def probability(self, turn: Turn, novel: bool = False) -> float:
        """Sampling probability of a turn; 0 unless a production turn with an answer."""
        return ClosedBookSampler(self.rate, self.eager).probability(turn, novel)

    def closed_book(
        self, turn: Turn, *, novel: bool = False, supported: bool | None = None
    ) -> ClosedBookComparison | None:
        """Closed-book comparison; None if not sampled, over budget, or failed.

        The effective probability of a turn skipped for the budget is not known, so such turns are
        counted in `skipped`: a budget that is often spent asks for a lower rate.
        """
        if not ClosedBookSampler(self.rate, self.eager).holds(turn, novel):
            return None
        if not self.pace.take():
            self.skipped += 1
            return None
        replies = ask_closed_book(self.target, turn.question or "", self.system, self.draws)
        self.failures.update(reply.failure.value for reply in replies if reply.failure)
        answers = [reply.text for reply in replies]
        if not any(answers):
            return None
        probability = self.probability(turn, novel)
        return compare_closed_book(turn, answers, probability=probability, supported=supported)


def ask_closed_book(
    target: ChatTarget, question: str, system: str, draws: int = 1
) -> list[ChatReply]:
    """Answers of the model without context, `draws` times."""
    messages = [
        {"role": "system", "content": system},
        {"role": "user", "content": question},
    ]
    return [target.ask(messages, question, []) for _ in range(draws)]
