"""Log-probability margins of given answers under two contexts.

Both need a pass that scores a given text (a completions endpoint with `echo` and `logprobs`, or
vLLM's `prompt_logprobs`); chat endpoints cannot score an answer they did not write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any


class NoLogprobsError(ValueError):
    """The endpoint returned no log-probabilities of the given text."""


@dataclass(frozen=True, slots=True)
class ScoredText:
    """Tokens of a text with natural log-probabilities and offsets.

    The first token is unconditioned (None); offsets are code points of the whole text.
    """

    logprobs: tuple[float | None, ...]
    offsets: tuple[int, ...]

    def within(self, start: int, end: int) -> float:
        """Mean log-probability, in nats a token, of the tokens that begin in [start, end).

        Length normalised, so that answers of different lengths compare; tokens after `end` are the
        endpoint's own. Raises `NoLogprobsError`.
        """
        scored = self.tokens_within(start, end)
        return sum(scored) / len(scored)

    def tokens_within(self, start: int, end: int) -> list[float]:
        """Log-probabilities of the tokens that begin in [start, end); raises `NoLogprobsError`."""
        scored = [
            logprob
            for logprob, offset in zip(self.logprobs, self.offsets, strict=True)
            if start <= offset < end and logprob is not None
        ]
        if not scored:
            raise NoLogprobsError(NoLogprobsError.__doc__)
        return scored


def read_scored(choice: dict[str, Any], text: str) -> ScoredText:
    """From one choice of a completion: OpenAI's `logprobs` with `echo`, or vLLM's
    `prompt_logprobs` (https://docs.vllm.ai). Raises `NoLogprobsError` where there is neither."""
    logprobs = choice.get("logprobs")
    if isinstance(logprobs, dict) and logprobs.get("token_logprobs"):
        offsets = logprobs.get("text_offset")
        values = tuple(logprobs["token_logprobs"])
        if isinstance(offsets, list) and len(offsets) == len(values):
            return ScoredText(values, tuple(offsets))
        return ScoredText(values, _from_start(logprobs.get("tokens") or ()))
    prompt = choice.get("prompt_logprobs")
    if isinstance(prompt, list):
        return _from_vllm(prompt, text)
    raise NoLogprobsError(NoLogprobsError.__doc__)


def read_answer(response: dict[str, Any], answer: str) -> ScoredText:
    """The answer that ends a scored chat: vLLM's `prompt_logprobs` beside the choices.

    Raises `NoLogprobsError` where there are none.
    """
    prompt = response.get("prompt_logprobs")
    if not isinstance(prompt, list):
        raise NoLogprobsError(NoLogprobsError.__doc__)
    return _from_vllm(prompt, answer)


def _from_vllm(prompt: list[dict[str, Any] | None], text: str) -> ScoredText:
    """Each position maps token ids to their entries; the given token's is the first."""
    values: list[float | None] = []
    tokens: list[str] = []
    for entry in prompt:
        token = next(iter(entry.values()), None) if entry else None
        values.append(None if token is None else float(token["logprob"]))
        tokens.append("" if token is None else str(token.get("decoded_token") or ""))
    return ScoredText(tuple(values), _offsets(tokens, text))


def _from_start(tokens: Sequence[str]) -> tuple[int, ...]:
    ends = list(accumulate(map(len, tokens)))
    return (0, *ends[:-1]) if ends else ()


def _offsets(tokens: Sequence[str], text: str) -> tuple[int, ...]:
    """Where tokens begin, counted from the end of the text: the last ones always stand for its
    characters; those before it (a start mark, the messages before an answer) begin below 0."""
    offsets, at = [], len(text)
    for token in reversed(tokens):
        at -= len(token)
        offsets.append(at)
    return tuple(reversed(offsets))


def context_gain(with_context: float, without_context: float) -> float:
    """How much likelier the context makes the answer, in nats a token: the mean of log p(y | q, C)
    less that of log p(y | q) (the contrast of context-aware decoding, Shi et al. 2024,
    https://arxiv.org/abs/2305.14739). Near 0 for an answer that would have come anyway."""
    return with_context - without_context


def conflict_margin(substitute: float, original: float) -> float:
    """Mean log-probability of the context's answer less that of the original, given the conflict
    context; above 0 the context wins. It predicts behaviour at AUROC 0.93 to 0.97 on the outputs of
    three base models (benchmarks/reliance.py)."""
    return substitute - original
