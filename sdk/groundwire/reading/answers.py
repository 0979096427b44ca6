"""Answer, model, tokens and finish reason of a client library's response."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from typing import Any

from groundwire.reading.fields import count, field, first_text, texts_of_parts

_ANSWER = (
    "answer",
    "output_text",
    "response",
    "result",
    "text",
    "output",
    "content",
    "completion",
    "generated_text",
    "reply",
    "message",
)


@dataclass(slots=True)
class ModelAnswer:
    """Facts read from one response; `logprobs` are parsed later."""

    text: str | None = None
    model: str | None = None
    response_id: str | None = None
    finish_reasons: list[str] = default(default_factory=list)
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None  # of the input tokens
    reasoning_tokens: int | None = None  # of the output tokens
    logprobs: Any = None


def read_answer(result: Any, *, metadata: bool = True) -> ModelAnswer | None:
    """Read the answer from a text, mapping, dataclass or client library's response.

    Without `metadata`, only the text is looked for.
    """
    if isinstance(result, str):
        return ModelAnswer(result)
    if result is None or isinstance(result, int | float):
        return None
    if isinstance(result, bytes):
        return ModelAnswer(result.decode("utf-8", "replace"))
    if isinstance(result, tuple):  # (answer, sources)
        return next((a for item in result if (a := read_answer(item)) and a.text), None)
    if isinstance(result, list):
        return _from_list(result)
    answer = ModelAnswer()
    if metadata:
        read_metadata(result, answer)
    answer.text = _text(result, answer)
    if answer.text is None and answer.model is None and answer.response_id is None:
        return None
    return answer


def _text(result: Any, answer: ModelAnswer) -> str | None:
    if type(result) is dict and type(text := result.get("answer")) is str:
        return text
    choices = field(result, "choices")
    if isinstance(choices, list):  # OpenAI, LiteLLM
        return _choices(choices, answer)
    candidates = field(result, "candidates")
    if isinstance(candidates, list):  # Google
        return _candidates(candidates, answer)
    found = first_text(result, _ANSWER)
    if found is not None:
        return found
    for name in ("content", "output", "message", "raw_response", "replies", "answer", "llm"):
        found = _nested(field(result, name), answer)
        if found is not None:
            return found
    return None


def _nested(inner: Any, answer: ModelAnswer) -> str | None:
    if inner is None:
        return None
    text = texts_of_parts(inner)  # Anthropic's blocks, LangChain's content parts
    if text is not None:
        return text
    if isinstance(inner, list):
        texts = [
            texts_of_parts(field(item, "content")) or first_text(item, ("text",)) for item in inner
        ]
        return "".join(t for t in texts if t) or None
    below = first_text(inner, ("content", "text", "answer"))
    if below is None:
        below = texts_of_parts(field(inner, "content"))
    if below is None and isinstance(inner, Mapping):
        below = _nested(field(inner, "replies"), answer)
    return below


def _choices(choices: list[Any], answer: ModelAnswer) -> str | None:
    text = None
    for choice in choices:
        reason = field(choice, "finish_reason")
        if isinstance(reason, str):
            answer.finish_reasons.append(reason)
        if text is None:
            message = field(choice, "message")
            text = texts_of_parts(field(message, "content"))
            if text is None:
                text = first_text(message, ("refusal",)) or first_text(choice, ("text",))
            answer.logprobs = answer.logprobs or field(choice, "logprobs")
    return text


def _candidates(candidates: list[Any], answer: ModelAnswer) -> str | None:
    text = None
    for candidate in candidates:
        reason = field(candidate, "finish_reason") or field(candidate, "finishReason")
        reason = getattr(reason, "name", reason)
        if isinstance(reason, str):
            answer.finish_reasons.append(reason)
        if text is None:
            text = texts_of_parts(field(field(candidate, "content"), "parts"))
            answer.logprobs = answer.logprobs or field(candidate, "logprobs_result")
    return text


def _from_list(result: list[Any]) -> ModelAnswer | None:
    if not result:
        return None
    text = texts_of_parts(result)
    if text is not None:
        return ModelAnswer(text)
    return read_answer(result[-1])


def read_metadata(result: Any, answer: ModelAnswer) -> None:
    """Model, id, tokens, finish reason and log-probabilities, wherever the library puts them."""
    metadata = field(result, "response_metadata")  # LangChain
    if not isinstance(metadata, Mapping):
        metadata = field(result, "meta")  # Haystack
    if isinstance(metadata, Mapping):
        _metadata(metadata, answer)
        _usage(metadata.get("token_usage") or metadata.get("usage"), answer)
        answer.logprobs = answer.logprobs or metadata.get("logprobs")
    _metadata(result, answer)
    for name in ("usage", "usage_metadata", "usageMetadata"):
        _usage(field(result, name), answer)
    if answer.output_tokens is None:  # Ollama
        answer.input_tokens = _first(answer.input_tokens, count(field(result, "prompt_eval_count")))
        answer.output_tokens = count(field(result, "eval_count"))
    raw = field(result, "raw")  # LlamaIndex keeps the provider's response
    if raw is not None and raw is not result and not isinstance(raw, str):
        read_metadata(raw, answer)


def _metadata(source: Any, answer: ModelAnswer) -> None:
    answer.model = answer.model or first_text(
        source, ("model", "model_name", "model_version", "modelVersion")
    )
    answer.response_id = answer.response_id or first_text(
        source, ("id", "response_id", "responseId")
    )
    reason = first_text(source, ("stop_reason", "finish_reason", "done_reason"))
    if reason and not answer.finish_reasons:
        answer.finish_reasons.append(reason)


def _usage(usage: Any, answer: ModelAnswer) -> None:
    if usage is None:
        return
    for name in ("prompt_tokens", "input_tokens", "prompt_token_count", "promptTokenCount"):
        answer.input_tokens = _first(count(field(usage, name)), answer.input_tokens)
    for name in (
        "completion_tokens",
        "output_tokens",
        "candidates_token_count",
        "candidatesTokenCount",
    ):
        answer.output_tokens = _first(count(field(usage, name)), answer.output_tokens)
    _parts(usage, answer)


_CACHED = (
    ("prompt_tokens_details", "cached_tokens"),  # OpenAI
    ("input_tokens_details", "cached_tokens"),
    ("input_token_details", "cache_read"),  # LangChain
)
_REASONING = (
    ("completion_tokens_details", "reasoning_tokens"),
    ("output_tokens_details", "reasoning_tokens"),
    ("output_token_details", "reasoning"),
)
_CACHED_BESIDE = ("cache_read_input_tokens", "cache_creation_input_tokens")  # Anthropic


def _parts(usage: Any, answer: ModelAnswer) -> None:
    """Which of the tokens were read from a cache or spent on reasoning, as OpenTelemetry counts
    them: parts of input and output. Anthropic and Google count some of them beside the rest."""
    for outer, inner in _CACHED:
        answer.cached_tokens = _first(
            count(field(field(usage, outer), inner)), answer.cached_tokens
        )
    for outer, inner in _REASONING:
        reasoning_tokens = count(field(field(usage, outer), inner))
        answer.reasoning_tokens = _first(reasoning_tokens, answer.reasoning_tokens)
    read, written = (count(field(usage, name)) for name in _CACHED_BESIDE)
    if answer.cached_tokens is None and (read or written):
        answer.cached_tokens = read
        answer.input_tokens = (answer.input_tokens or 0) + (read or 0) + (written or 0)
    for name in ("cached_content_token_count", "cachedContentTokenCount"):
        answer.cached_tokens = _first(answer.cached_tokens, count(field(usage, name)))
    for name in ("thoughts_token_count", "thoughtsTokenCount"):
        thought = count(field(usage, name))
        if answer.reasoning_tokens is None and thought:
            answer.reasoning_tokens = thought
            answer.output_tokens = (answer.output_tokens or 0) + thought


def _first(one: int | None, two: int | None) -> int | None:
    return two if one is None else one
