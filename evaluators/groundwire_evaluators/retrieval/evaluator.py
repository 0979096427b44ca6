"""Retrieval evaluator: relevance, redundancy and age of chunks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.retrieval.ages import ages
from groundwire_evaluators.retrieval.relevance import (
    ChunkTerms,
    QuestionTerms,
    duplicates,
    redundancy,
)
from groundwire_evaluators.text.languages import language_of
from groundwire_evaluators.turn import Turn

WHOLE_PROMPT = "prompt"  # the rung on which the one chunk holds the question too
_SAMPLE = 2_000  # code points of a chunk whose language is told


@dataclass(frozen=True)
class Retrieval:
    """Evaluates the retrieved chunks of a turn, independent of its answer.

    `value` is the relevance of the best chunk: the share of what the question asks for, by weight
    of its words, that this chunk speaks of, in [0, 1]. Signals: `relevance_mean` over the chunks,
    `relevance_rank` (place of the best chunk, from 0), `redundancy` in [0, 1] (text that an
    earlier chunk held), `duplicates` (share of near-copies), `chunks` (a count), and ages in
    seconds where metadata tell them (`retrieval.ages`). States: `no_context` for an empty
    retrieval, `not_evaluable` where there is no question, or one of small words only, or a language
    that is not read, or where the whole prompt is the one chunk: it holds the question too.

    A relevance is lexical: it falls when the retrieval fetches other subjects, and says nothing of
    which of several chunks on the subject answers. Which chunks the *answer* rests on is told by
    grounding (`retrieval.usage`).
    Price: about 0.15 ms a chunk of 800 characters that is new, 10 µs one seen lately; linear.
    """

    name: str = field(default="retrieval", init=False)
    revision: str = field(default="1", init=False)

    def judge(self, turn: Turn) -> Evaluation:
        """Relevance of the chunks to the question, their ages and redundancy."""
        signals = ages(turn).signals()
        texts = [chunk.text for chunk in turn.retrieved]
        if turn.not_evaluable_reason:
            return self._evaluation(State.NOT_EVALUABLE, turn.not_evaluable_reason, signals)
        if turn.context_source == WHOLE_PROMPT:
            return self._evaluation(State.NOT_EVALUABLE, "chunks are one with the prompt", signals)
        if not any(text.strip() for text in texts):
            return self._evaluation(State.NO_CONTEXT, "no chunk was given", signals)
        language = _language(next(text for text in texts if text.strip())[:_SAMPLE])
        if language is None:
            return self._evaluation(State.NOT_EVALUABLE, "language", signals)
        terms = QuestionTerms.of(turn.question, language)
        if not terms.weights:
            return self._evaluation(State.NOT_EVALUABLE, "no question", signals)
        read = [ChunkTerms.of(text, language) for text in texts]
        relevance = [terms.relevance(chunk.keys) for chunk in read]
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=max(relevance),
            signals={
                "relevance_mean": sum(relevance) / len(relevance),
                "relevance_rank": float(relevance.index(max(relevance))),
                "redundancy": redundancy(read),
                "duplicates": duplicates(read),
                "chunks": float(len(read)),
            }
            | signals,
        )

    def _evaluation(
        self, state: State, reason: str | None, signals: Mapping[str, float] | None = None
    ) -> Evaluation:
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=state,
            reason=reason,
            signals=signals or {},
        )


_language = lru_cache(maxsize=512)(language_of)  # chunks recur
