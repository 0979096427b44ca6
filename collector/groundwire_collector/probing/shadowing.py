"""Shadow calls of the collector: the same model, the same question, no context."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from groundwire_collector.probing.pace import Pace
from groundwire_collector.probing.target import Target
from groundwire_evaluators.reliance.canary.arms import Prompting
from groundwire_evaluators.reliance.shadow import Shadowed, compare_closed_book
from groundwire_evaluators.turn import Turn

_ALWAYS = 2**64


@dataclass
class ShadowCaller:
    """Asks the model of a sampled production turn again without its context.

    A turn is sampled by a hash of its trace id, with probability `rate` (times `eager` where the
    passive signals found a value that stands in no source, so that the rare cell is seen more
    often; the probability goes with the result). `system` is the production system prompt less its
    context instruction. `draws` closed-book answers are asked for each; more than one gives the
    strength of memory. Nothing is served, stored as an answer or counted as a turn.
    """

    target: Target
    rate: float = 0.01
    eager: float = 1.0
    draws: int = 1
    system: str = Prompting().closed_book
    pace: Pace = field(default_factory=lambda: Pace(per_minute=10.0, per_day=2000))
    failures: Counter[str] = field(default_factory=Counter)
    skipped: int = 0  # sampled, but the budget was spent

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 1 or self.eager < 1 or self.draws < 1:
            raise ValueError("rate lies in (0, 1]; eager and draws are at least 1")

    def probability(self, turn: Turn, novel: bool = False) -> float:
        """How likely this turn is sampled; 0 for what is no production turn with an answer."""
        if turn.shadow or turn.canary or not turn.question or not turn.answer:
            return 0.0
        return min(1.0, self.rate * (self.eager if novel else 1.0))

    def shadow(
        self, turn: Turn, *, novel: bool = False, supported: bool | None = None
    ) -> Shadowed | None:
        """The shadowed turn, or None where it was not sampled, not in budget, or no call answered.

        The effective probability of a turn skipped for the budget is not known, so such turns are
        counted in `skipped`: a budget that is often spent asks for a lower rate.
        """
        probability = self.probability(turn, novel)
        if not _sampled(turn.trace_id or turn.id, probability):
            return None
        if not self.pace.take():
            self.skipped += 1
            return None
        answers = self._closed_book(turn.question or "")
        if not any(answers):
            return None
        return compare_closed_book(turn, answers, probability=probability, supported=supported)

    def _closed_book(self, question: str) -> Sequence[str | None]:
        messages = [
            {"role": "system", "content": self.system},
            {"role": "user", "content": question},
        ]
        answers: list[str | None] = []
        for _ in range(self.draws):
            reply = self.target.ask(messages, question, [])
            if reply.failure:
                self.failures[reply.failure.value] += 1
            answers.append(reply.text)
        return answers


def _sampled(trace_id: str, probability: float) -> bool:
    """The same answer for the same trace, whoever asks."""
    drawn = int.from_bytes(hashlib.sha256(f"shadow {trace_id}".encode()).digest()[:8], "big")
    return drawn < probability * _ALWAYS
