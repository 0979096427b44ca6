"""Text and response facts of one stream item."""

from collections.abc import Mapping
from typing import Any

from groundwire.reading.answers import ModelAnswer, read_metadata
from groundwire.reading.fields import field, first_text, texts_of_parts


def read_item(item: Any, answer: ModelAnswer) -> str | None:
    """The text an item adds; model, tokens, finish reason, log-probabilities go into `answer`."""
    if type(item) is str:
        return item
    if isinstance(item, bytes | bytearray):
        return bytes(item).decode("utf-8", "replace")
    if item is None or isinstance(item, int | float):
        return None
    choices = field(item, "choices")
    if isinstance(choices, list):  # OpenAI chat and completions, LiteLLM
        read_metadata(item, answer)
        return _choice(choices[0], answer) if choices else None
    kind = field(item, "type")
    if isinstance(kind, str) and kind not in ("AIMessageChunk", "ai"):
        return _event(kind, item, answer)
    return _message(item, answer)


def _choice(choice: Any, answer: ModelAnswer) -> str | None:
    reason = field(choice, "finish_reason")
    if isinstance(reason, str):
        answer.finish_reasons[:] = [reason]
    tokens = field(field(choice, "logprobs"), "content")
    if isinstance(tokens, list):
        answer.logprobs = [*(answer.logprobs or ()), *tokens]
    text = texts_of_parts(field(field(choice, "delta"), "content"))
    return first_text(choice, ("text",)) if text is None else text


def _event(kind: str, item: Any, answer: ModelAnswer) -> str | None:
    """Typed events: OpenAI responses, Anthropic messages."""
    delta = field(item, "delta")
    if kind in ("response.output_text.delta", "response.refusal.delta"):
        return delta if isinstance(delta, str) else None
    if kind == "content_block_delta":
        return first_text(delta, ("text",))
    if kind in ("response.completed", "response.incomplete", "response.created"):
        read_metadata(field(item, "response"), answer)
    elif kind == "message_start":
        read_metadata(field(item, "message"), answer)
    elif kind == "message_delta":
        reason = first_text(delta, ("stop_reason",))
        if reason:
            answer.finish_reasons[:] = [reason]
        read_metadata(item, answer)
    return None


def _message(item: Any, answer: ModelAnswer) -> str | None:
    """Ollama, Google, LangChain, LlamaIndex, and mappings of the app's own."""
    read_metadata(item, answer)
    candidates = field(item, "candidates")
    if isinstance(candidates, list):
        return _candidate(candidates[0], answer) if candidates else None
    delta = field(item, "delta")
    if isinstance(delta, str):
        return delta
    text = texts_of_parts(field(item, "content"))
    if text is None:
        text = texts_of_parts(field(field(item, "message"), "content"))
    if text is None:
        text = first_text(item, ("response", "text", "token", "answer"))
    if text is None and isinstance(delta, Mapping):
        text = texts_of_parts(delta.get("content"))
    return text


def _candidate(candidate: Any, answer: ModelAnswer) -> str | None:
    reason = field(candidate, "finish_reason")
    reason = getattr(reason, "name", reason)
    if isinstance(reason, str):
        answer.finish_reasons[:] = [reason]
    return texts_of_parts(field(field(candidate, "content"), "parts"))
