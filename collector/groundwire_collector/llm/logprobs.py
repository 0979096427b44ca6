"""Log-probabilities of fixed answers: conflict margins and context gains."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from groundwire_collector.errors import GroundwireError
from groundwire_collector.llm.client import CallFailure, ChatEndpoint, ChatReply
from groundwire_evaluators.reliance.context_gain import AnswerScore
from groundwire_evaluators.reliance.margin import (
    NoLogprobsError,
    conflict_margin,
    read_answer,
    read_scored,
)
from groundwire_evaluators.reliance.probe.arms import Arm, ProbePrompting, Trial

NO_SCORING = (
    "The endpoint cannot score given texts: it needs /completions with echo and logprobs (OpenAI's"
    " legacy completions, llama.cpp) or prompt_logprobs (vLLM). Chat endpoints cannot; run without"
    " margins, or point at a completions endpoint of the same model."
)

CHAT_SCORING: dict[str, Any] = {
    "max_tokens": 1,
    "temperature": 0,
    "prompt_logprobs": 0,
    "add_generation_prompt": False,
    "continue_final_message": True,
}


class NoScoringError(GroundwireError):
    """The endpoint cannot score given texts (no echo with log-probabilities)."""


def mean_logprob(endpoint: ChatEndpoint, prompt: str, answer: str) -> float:
    """Mean log-probability of `answer` after `prompt`, nats per token.

    Raises `NoScoringError` where the endpoint cannot, with what it said.
    """
    scored = _token_logprobs(endpoint, prompt, answer)
    return sum(scored) / len(scored)


def _token_logprobs(endpoint: ChatEndpoint, prompt: str, answer: str) -> list[float]:
    text = prompt + answer
    body = {"prompt": text, "max_tokens": 1, "echo": True, "logprobs": 1, "temperature": 0}
    found = endpoint.complete(body)
    if isinstance(found, ChatReply):
        found = endpoint.complete({**body, "echo": False, "logprobs": None, "prompt_logprobs": 0})
    if isinstance(found, ChatReply):
        raise NoScoringError(f"{NO_SCORING} Response: {found.failure} {found.detail}")
    try:
        scored = read_scored(found["choices"][0], text)
        return scored.tokens_within(len(prompt), len(text))
    except (NoLogprobsError, LookupError, TypeError, ValueError) as error:
        raise NoScoringError(f"{NO_SCORING} Response: {str(found)[:200]}") from error


def trial_prompt(trial: Trial, prompting: ProbePrompting) -> str:
    """The trial as one text, for endpoints without chat."""
    parts = [message["content"] for message in prompting.messages(trial)]
    return "\n\n".join(parts) + "\nAnswer:"


def trial_margin(endpoint: ChatEndpoint, trial: Trial, prompting: ProbePrompting) -> float:
    """The conflict margin of a trial under conflict, nats a token; two scoring passes."""
    if trial.arm in (Arm.CLOSED_BOOK, Arm.CLEAN):
        raise ValueError(f"the {trial.arm} arm has no conflict")
    prompt = trial_prompt(trial, prompting)
    answers = (trial.item.substitute, trial.item.original)
    substitute, original = (mean_logprob(endpoint, prompt, f" {answer}") for answer in answers)
    return conflict_margin(substitute, original)


@dataclass
class EndpointScorer:
    """`AnswerScorer` at an OpenAI-compatible endpoint that returns log-probabilities.

    Tried in this order, and remembered: a chat with the answer as its last message (vLLM's
    `prompt_logprobs`); a chat whose answer a grammar leaves no choice (llama.cpp, whose
    log-probabilities are those before the grammar); the messages as one text, by completions with
    echo, without the model's chat template. One prefill a call; llama.cpp decodes the answer too.
    """

    endpoint: ChatEndpoint
    _way: int = 0

    @property
    def identity(self) -> str:
        return "logprobs"

    def score(self, messages: Sequence[Mapping[str, str]], answer: str, model: str) -> AnswerScore:
        """Log-probability of an answer to these messages, in nats."""
        endpoint, began = self.endpoint.of(model), time.monotonic()
        for way in range(self._way, len(_WAYS)):
            found = _WAYS[way](endpoint, messages, answer)
            if found is not None:
                if found.failure is None:
                    self._way = way
                return replace(found, seconds=time.monotonic() - began)
        raise AssertionError("the last way always gives a score or a failure")


def _as_prompt(
    endpoint: ChatEndpoint, messages: Sequence[Mapping[str, str]], answer: str
) -> AnswerScore | None:
    """None where the server does not score chats."""
    final = {"role": "assistant", "content": answer}
    response = endpoint.post("chat/completions", {**CHAT_SCORING, "messages": [*messages, final]})
    if isinstance(response, ChatReply):
        return None if response.failure is CallFailure.REFUSED else _failed(response)
    try:
        logprobs = read_answer(response, answer).tokens_within(0, len(answer))
    except (NoLogprobsError, LookupError, TypeError, ValueError):
        return None
    return _scored(logprobs, response)


def _by_grammar(
    endpoint: ChatEndpoint, messages: Sequence[Mapping[str, str]], answer: str
) -> AnswerScore | None:
    """None where the server knows no grammar, or gives no log-probabilities under one."""
    body = {
        "messages": list(messages),
        "grammar": f"root ::= {json.dumps(answer, ensure_ascii=False)}",
        "max_tokens": len(answer) + 8,
        "temperature": 0,
        "logprobs": True,
    }
    response = endpoint.post("chat/completions", body)
    if isinstance(response, ChatReply):
        return None if response.failure is CallFailure.REFUSED else _failed(response)
    try:
        choice = response["choices"][0]
        if choice["message"]["content"].strip() != answer.strip():
            return None
        tokens = choice["logprobs"]["content"]
        return _scored([float(each["logprob"]) for each in tokens if each["token"]], response)
    except (LookupError, TypeError, AttributeError, ValueError):
        return None


def _in_text(
    endpoint: ChatEndpoint, messages: Sequence[Mapping[str, str]], answer: str
) -> AnswerScore:
    prompt = "\n\n".join(message["content"] for message in messages) + "\nAnswer:"
    try:
        logprobs = _token_logprobs(endpoint, prompt, f" {answer}")
        return AnswerScore(logprob=sum(logprobs), tokens=len(logprobs))
    except NoScoringError as error:
        return AnswerScore(failure=CallFailure.REFUSED.value, detail=str(error)[:300])


_WAYS: tuple[
    Callable[[ChatEndpoint, Sequence[Mapping[str, str]], str], AnswerScore | None], ...
] = (_as_prompt, _by_grammar, _in_text)


def _scored(logprobs: Sequence[float], response: Mapping[str, Any]) -> AnswerScore | None:
    if not logprobs:
        return None
    return AnswerScore(
        logprob=sum(logprobs), tokens=len(logprobs), input_tokens=_input_tokens(response)
    )


def _failed(reply: ChatReply) -> AnswerScore:
    return AnswerScore(failure=str(reply.failure), detail=reply.detail)


def _input_tokens(response: Mapping[str, Any]) -> int:
    usage = response.get("usage")
    found = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return found if isinstance(found, int) else 0
