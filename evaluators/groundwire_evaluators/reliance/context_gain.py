"""Context gain: how much its passages raised the log-probability of an answer.

The answer as it was given is scored twice, with its passages and without; nothing is generated. An
answer from memory needs no passages, so its gain is small. The contrast is that of context-aware
decoding (Shi et al. 2024, https://arxiv.org/abs/2305.14739); its normalised form is akin to
Normalized Context Utilization (Or 2026, https://arxiv.org/abs/2606.23695).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from groundwire_evaluators.evaluation import Evaluation, State, Usage
from groundwire_evaluators.preconditions import not_judged
from groundwire_evaluators.reliance.margin import context_gain
from groundwire_evaluators.reliance.probe.arms import ProbePrompting
from groundwire_evaluators.turn import Turn

REVISION = "1"  # of the code: what is made of the log-probabilities
ANSWERED = "answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerScore:
    """Score of an answer: its log-probability, or a failure.

    `logprob` is in nats, summed over `tokens`; `failure` is the kind of a call that gave none.
    """

    logprob: float | None = None
    tokens: int = 1
    failure: str | None = None
    detail: str = ""
    input_tokens: int = 0
    seconds: float = 0.0


class AnswerScorer(Protocol):
    """Interface of models that score an answer given to them; never raises.

    `identity` names what may change a score beside the messages and the model.
    """

    @property
    def identity(self) -> str: ...

    def score(
        self, messages: Sequence[Mapping[str, str]], answer: str, model: str
    ) -> AnswerScore: ...


@dataclass(frozen=True)
class ContextGain:
    """Evaluator of context gain: log-probability of an answer with less without passages.

    `value`, in [0, 1], is the context utilization: the share of the answer's surprisal without
    passages that these take away, 1 - log p(y | q, C) / log p(y | q), 0 where they add to it.
    `signals`: `context_gain` (nats a token, unbounded; near 0 for an answer that would have come
    anyway), `logprob` and `logprob_closed_book` (nats a token). It flags nothing: a low value is
    memory, which may be right. `model` overrules the model that the turn names.

    Price: two prefills a turn, nothing generated (llama.cpp decodes the answer twice). The AUROC of
    "this answer came from memory" on recorded fine-tunes is in
    docs/explanation/a-real-fine-tune.md. Blind to what passages and memory both say, and lowered by
    questions that give the answer away.
    """

    scorer: AnswerScorer
    prompting: ProbePrompting = field(default_factory=ProbePrompting)
    model: str = ""
    name: str = "context_gain"

    @property
    def revision(self) -> str:
        model = hashlib.sha256(self.model.encode()).hexdigest()[:6] if self.model else "turn"
        return f"{REVISION}-{self.scorer.identity}-m{model}-p{self.prompting.version}"

    def judge(self, turn: Turn) -> Evaluation:
        """The utilization of one turn's context; never raises."""
        question, answer = turn.question, turn.answer or ""
        model = self.model or turn.response_model or turn.model or ""
        if known := not_judged(turn):
            return self._without(*known)
        if not answer.strip():
            return self._without(State.NO_CLAIMS, "the answer is empty")
        if not question or not model:
            missing = "model" if question else "question"
            return self._without(State.NOT_EVALUABLE, f"no {missing}")
        scores = []
        for chunks in ([chunk.text for chunk in turn.chunks], []):
            scores.append(self.scorer.score(self.prompting.chat(question, chunks), answer, model))
            if scores[-1].failure is not None:
                break
        return replace(self._of(scores), usage=_usage(scores))

    def _of(self, scores: Sequence[AnswerScore]) -> Evaluation:
        *_, last = scores
        if last.failure is not None:
            failed = self._without(State.FAILED, f"{last.failure}: {last.detail}")
            return replace(failed, failure=last.failure)
        with_context, without = (score.logprob or 0.0 for score in scores)
        tokens = max(1, scores[0].tokens)  # of both: an endpoint may cut the two otherwise
        return Evaluation(
            evaluator=self.name,
            revision=self.revision,
            state=State.SCORED,
            value=utilization(with_context, without),
            signals={
                "context_gain": context_gain(with_context / tokens, without / tokens),
                "logprob": with_context / tokens,
                "logprob_closed_book": without / tokens,
            },
        )

    def _without(self, state: State, reason: str) -> Evaluation:
        return Evaluation(evaluator=self.name, revision=self.revision, state=state, reason=reason)


def utilization(with_context: float, without_context: float) -> float:
    """Share of an answer's surprisal that its context takes away, in [0, 1].

    Both are log-probabilities of the answer in nats, each a mean or each a sum; 0 for an answer
    that is certain without context.
    """
    if without_context >= 0:
        return 0.0
    return min(1.0, max(0.0, 1 - with_context / without_context))


def _usage(scores: Sequence[AnswerScore]) -> Usage:
    calls: dict[str, int] = {}
    for score in scores:
        kind = score.failure or ANSWERED
        calls[kind] = calls.get(kind, 0) + 1
    return Usage(
        calls=calls,
        input_tokens=sum(score.input_tokens for score in scores),
        seconds=sum(score.seconds for score in scores),
    )
