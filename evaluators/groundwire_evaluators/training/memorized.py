"""Answers that repeat a training answer although their chunks say otherwise.

No call to any model: the training file says what the model was taught, the turn says what it read.

Why: docs/decisions/0171-the-training-file-as-a-witness.md
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from groundwire_evaluators.evaluation import Evaluation, Evaluator, State
from groundwire_evaluators.preconditions import not_judged
from groundwire_evaluators.reliance.equivalence import asserted_in, equivalent
from groundwire_evaluators.reliance.values import Value, find_values
from groundwire_evaluators.text.languages import language_of
from groundwire_evaluators.text.words import ENGLISH
from groundwire_evaluators.training.example import TrainingExample
from groundwire_evaluators.training.passage_search import PassageSearch
from groundwire_evaluators.training.replaced_words import replaced_words
from groundwire_evaluators.training.stale_facts import FactChecker, FactState
from groundwire_evaluators.turn import Turn

SAME_QUESTION = 0.6  # similarity from which a training question asks the same
MEMORIZED_OVERRIDE = "memorized_override"


@dataclass(frozen=True, slots=True)
class TrainedQuestion:
    """Training example of a similar question; similarity in (0, 1]."""

    example: TrainingExample
    similarity: float


@dataclass(frozen=True)
class MemorizedOverride:
    """Share of turns whose answer repeats its training answer against the context.

    1: the answer gives the value, or else the words, of a training answer to a similar question,
    and the chunks say otherwise or do not say so. 0: it does not, or the chunks agree. State
    `no_claims` where no training question resembles the turn's; `refusal`, `no_context` and
    `not_evaluable` as everywhere. Signals: `novelty` in [0, 1], one less the similarity of the
    nearest training question (1 where there is none), in every state but `not_evaluable`;
    `repeats`, 0 or 1: the answer repeats the training answer, whatever the chunks say.

    `judge` is the grounding evaluator. It sees only what is in the training file: memory from
    pre-training needs closed-book calls.
    Price: 10 µs without a similar training question, else about 2 ms.
    """

    judge: Evaluator
    name: str = field(default=MEMORIZED_OVERRIDE, init=False)
    revision: str = field(default="1", init=False)

    def judge_with(
        self, turn: Turn, trained: Sequence[TrainedQuestion], flagged: bool | None = None
    ) -> Evaluation:
        """Judge a turn by the training examples nearest to it, best first.

        `flagged` is what `judge` said of the turn already; None: it has not judged it.
        """
        state = not_judged(turn)
        novelty = 1.0 - trained[0].similarity if trained else 1.0
        signals = {} if turn.answer is None else {"novelty": novelty}
        if state is not None:
            return self._evaluation(state[0], state[1], signals)
        if not trained:
            return self._evaluation(State.NO_CLAIMS, "no similar training question", signals)
        repeated = [each for each in trained if _repeats(turn, each.example)]
        if repeated and flagged is None:
            flagged = self.judge.judge(turn).flagged
        against = next((each for each in repeated if flagged or self._overrides(turn, each)), None)
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=0.0 if against is None else 1.0,
            reason=None if against is None else _reason(against.example),
            signals=signals | {"repeats": float(bool(repeated))},
        )

    def _overrides(self, turn: Turn, trained: TrainedQuestion) -> bool:
        """Whether the chunks lack the training answer, or say otherwise where they speak of it."""
        if not _in_chunks(turn, trained.example.answer):
            return True
        if trained.similarity < SAME_QUESTION:
            return False
        answer = TrainingExample(line=0, question=turn.question or "", answer=turn.answer or "")
        checker = FactChecker(PassageSearch(turn.chunks), self.judge)
        return checker.check(answer).state is FactState.STALE

    def _evaluation(self, state: State, reason: str, signals: dict[str, float]) -> Evaluation:
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=state,
            reason=reason,
            signals=signals,
        )


def _repeats(turn: Turn, example: TrainingExample) -> bool:
    """Whether an answer gives the training answer, or a value of it that no chunk holds."""
    question, answer = turn.question or "", turn.answer or ""
    if _repeats_unshown_value(turn, example.answer):
        return True
    if not equivalent(answer, example.answer, question):
        return False
    language = language_of(f"{question} {answer}") or ENGLISH
    replaced = replaced_words(answer, example.answer, language)
    return replaced is None or not _in_chunks(turn, replaced[0])


def _repeats_unshown_value(turn: Turn, trained: str) -> bool:
    stated = find_values(turn.answer or "")
    repeated = [value for value in stated if _among(value, find_values(trained))]
    known = find_values("\n".join([turn.question or "", *(chunk.text for chunk in turn.chunks)]))
    return any(not _among(value, known) for value in repeated)


def _among(value: Value, others: Iterable[Value]) -> bool:
    return any(value.matches(other) for other in others)


def _in_chunks(turn: Turn, text: str) -> bool:
    return any(asserted_in(text, chunk.text, turn.question or "") for chunk in turn.chunks)


def _reason(example: TrainingExample) -> str:
    return f"repeats the training answer “{example.answer[:80]}” (line {example.line})"
