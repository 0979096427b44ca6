"""Log-probabilities of fixed answers: conflict margins and context gains."""

import time
from collections.abc import Mapping, Sequence
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
    text = prompt + answer
    body = {"prompt": text, "max_tokens": 1, "echo": True, "logprobs": 1, "temperature": 0}
    found = endpoint.complete(body)
    if isinstance(found, ChatReply):
        found = endpoint.complete({**body, "echo": False, "logprobs": None, "prompt_logprobs": 0})
    if isinstance(found, ChatReply):
        raise NoScoringError(f"{NO_SCORING} Response: {found.failure} {found.detail}")
    try:
        scored = read_scored(found["choices"][0], text)
        return scored.within(len(prompt), len(text))
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
    """`AnswerScorer` at an OpenAI-compatible endpoint that returns prompt log-probabilities.

    A chat with the answer as its last message where the server scores chats (vLLM's
    `prompt_logprobs`), which keeps the model's chat template; else the messages as one text, by
    completions. Which of the two it can is asked once. One prefill a call.
    """

    endpoint: ChatEndpoint
    _chats: bool = True

    @property
    def identity(self) -> str:
        return "logprobs"

    def score(self, messages: Sequence[Mapping[str, str]], answer: str, model: str) -> AnswerScore:
        """Mean log-probability of an answer to these messages, nats a token."""
        endpoint, began = self.endpoint.of(model), time.monotonic()
        found = self._in_chat(endpoint, messages, answer) if self._chats else None
        if found is None:
            found = _in_text(endpoint, messages, answer)
            self._chats = self._chats and found.failure is not None
        return replace(found, seconds=time.monotonic() - began)

    def _in_chat(
        self, endpoint: ChatEndpoint, messages: Sequence[Mapping[str, str]], answer: str
    ) -> AnswerScore | None:
        """None where the server does not score chats."""
        final = {"role": "assistant", "content": answer}
        response = endpoint.post(
            "chat/completions", {**CHAT_SCORING, "messages": [*messages, final]}
        )
        if isinstance(response, ChatReply):
            return None if response.failure is CallFailure.REFUSED else _failed(response)
        try:
            logprob = read_answer(response, answer).within(0, len(answer))
        except (NoLogprobsError, LookupError, TypeError, ValueError):
            return None
        return AnswerScore(logprob=logprob, input_tokens=_input_tokens(response))


def _in_text(
    endpoint: ChatEndpoint, messages: Sequence[Mapping[str, str]], answer: str
) -> AnswerScore:
    prompt = "\n\n".join(message["content"] for message in messages) + "\nAnswer:"
    try:
        return AnswerScore(logprob=mean_logprob(endpoint, prompt, f" {answer}"))
    except NoScoringError as error:
        return AnswerScore(failure=CallFailure.REFUSED.value, detail=str(error)[:300])


def _failed(reply: ChatReply) -> AnswerScore:
    return AnswerScore(failure=str(reply.failure), detail=reply.detail)


def _input_tokens(response: Mapping[str, Any]) -> int:
    usage = response.get("usage")
    found = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return found if isinstance(found, int) else 0
