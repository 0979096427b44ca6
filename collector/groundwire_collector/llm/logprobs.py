"""Log-probabilities of fixed answers: conflict margins and context gains."""

from groundwire_collector.errors import GroundwireError
from groundwire_collector.llm.client import ChatEndpoint, ChatReply
from groundwire_evaluators.reliance.margin import (
    NoLogprobsError,
    conflict_margin,
    context_gain,
    read_scored,
)
from groundwire_evaluators.reliance.probe.arms import Arm, ProbePrompting, Trial

NO_SCORING = (
    "The endpoint cannot score given texts: it needs /completions with echo and logprobs (OpenAI's"
    " legacy completions, llama.cpp) or prompt_logprobs (vLLM). Chat endpoints cannot; run without"
    " margins, or point at a completions endpoint of the same model."
)


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


def turn_gain(
    endpoint: ChatEndpoint, question: str, context: str, answer: str, prompting: ProbePrompting
) -> float:
    """Context gain of a turn's answer, nats per token; two scoring passes."""
    tail = f"Question: {question}\nAnswer:"
    closed = f"{prompting.closed_book}\n\n{tail}"
    opened = f"{prompting.system}\n\nPassages:\n{context}\n\n{tail}"
    with_context, without = (
        mean_logprob(endpoint, prompt, f" {answer}") for prompt in (opened, closed)
    )
    return context_gain(with_context, without)
