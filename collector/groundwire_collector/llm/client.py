"""LLM clients: OpenAI-compatible chat endpoint or Python function."""

import copy
import importlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_result,
    stop_after_attempt,
    wait_exponential,
)

from groundwire_collector.errors import UsageError

Messages = Sequence[dict[str, str]]


class CallFailure(StrEnum):
    """Reason why a call failed; a metric label."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"  # 429
    SERVER_ERROR = "server_error"  # 5xx
    REFUSED = "refused"  # other 4xx: key, model or request is wrong
    NONSENSE = "nonsense"  # no JSON, or not of the shape
    EMPTY = "empty"
    RAISED = "raised"  # the user's function raised


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """Answer or failure of a call; `failed` are its earlier attempts.

    `truncated` says that the answer hit the limit of tokens, `refusal` how the model declined.
    """

    text: str | None = None
    failure: CallFailure | None = None
    detail: str = ""
    failed: tuple[CallFailure, ...] = ()
    truncated: bool = False
    refusal: str | None = None
    retry_after: float = 0.0  # seconds that the endpoint asks to wait
    seconds: float = 0.0
    input_tokens: int | None = None
    output_tokens: int | None = None
    model: str | None = None  # as the endpoint names it


class ChatTarget(Protocol):
    """Interface of LLM clients; never raises for errors of the other side."""

    def ask(self, messages: Messages, question: str, chunks: Sequence[str]) -> ChatReply: ...


_RETRIED = frozenset({CallFailure.RATE_LIMITED, CallFailure.SERVER_ERROR, CallFailure.UNREACHABLE})
_LONGEST_WAIT = 60.0  # seconds; a longer Retry-After is not waited for
_LARGEST_BODY = 4_000_000  # bytes


@dataclass
class ChatEndpoint:
    """OpenAI-compatible chat endpoint; `url` ends before /chat/completions.

    Asks at T = 0 with a fixed seed, for at most `max_tokens`. Rate limits, server errors and lost
    connections are retried `retries` times, waiting as long as Retry-After says or 1, 2, 4 … s.
    `extra` is merged into every request, for what a server wants beside the standard fields; null
    takes a field out that it does not take.
    """

    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    timeout: float = 60.0
    retries: int = 2
    max_tokens: int = 200
    extra: dict[str, Any] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise UsageError(f"{self.url!r} is not an http(s) URL")
        headers = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        self._client = httpx.Client(timeout=self.timeout, headers=headers)

    def close(self) -> None:
        self._client.close()

    def of(self, model: str) -> "ChatEndpoint":
        """Endpoint with another model over the same connection."""
        other = copy.copy(self)
        other.model = model
        return other

    def ask(
        self,
        messages: Messages,
        question: str = "",  # noqa: ARG002
        chunks: Sequence[str] = (),  # noqa: ARG002
    ) -> ChatReply:
        """One answer; question and chunks are in the messages already."""
        return self.chat(messages)

    def chat(self, messages: Sequence[Mapping[str, str]], **fields: Any) -> ChatReply:
        """One answer; `fields` of the request are set over those that are always sent."""
        wanted = {
            "model": self.model,
            "messages": list(messages),
            "temperature": 0,
            "seed": 0,
            "max_tokens": self.max_tokens,
            **fields,
            **self.extra,
        }
        body = {name: value for name, value in wanted.items() if value is not None}
        return self._retried(lambda: _chat_reply(self._post("chat/completions", body)))

    def complete(self, body: dict[str, Any]) -> "dict[str, Any] | ChatReply":
        """JSON of a raw completion, or the failed reply."""
        return self.post("completions", body)

    def post(self, path: str, body: dict[str, Any]) -> "dict[str, Any] | ChatReply":
        """JSON of a response to any request below the base URL, or the failed reply."""
        posted = self._post(path, {"model": self.model, **body})
        return posted if isinstance(posted, ChatReply) else posted[0]

    def _retried(self, call: Callable[[], ChatReply]) -> ChatReply:
        failed: list[CallFailure] = []
        tries = Retrying(
            retry=retry_if_result(_may_pass),
            stop=stop_after_attempt(self.retries + 1),
            wait=_wait,
            sleep=self.sleep,
            before_sleep=lambda state: failed.append(_last(state).failure or CallFailure.EMPTY),
            retry_error_callback=_last,
        )
        return replace(tries(call), failed=tuple(failed))

    def _post(self, path: str, body: dict[str, Any]) -> "tuple[dict[str, Any], float] | ChatReply":
        started = time.monotonic()
        try:
            response = self._client.post(f"{self.url.rstrip('/')}/{path}", json=body)
            content = response.content
        except httpx.TimeoutException as error:
            return ChatReply(failure=CallFailure.TIMEOUT, detail=type(error).__name__)
        except httpx.HTTPError as error:
            return ChatReply(
                failure=CallFailure.UNREACHABLE, detail=f"{type(error).__name__}: {error}"
            )
        seconds = time.monotonic() - started
        if failure := _status_failure(response.status_code):
            return ChatReply(
                failure=failure,
                detail=f"{response.status_code} {response.text[:200]}",
                retry_after=_seconds(response.headers.get("retry-after", "")),
                seconds=seconds,
            )
        try:
            decoded = response.json() if len(content) <= _LARGEST_BODY else None
        except ValueError:
            decoded = None
        if not isinstance(decoded, dict):
            return ChatReply(
                failure=CallFailure.NONSENSE, detail=response.text[:200], seconds=seconds
            )
        return decoded, seconds


def _may_pass(reply: ChatReply) -> bool:
    return reply.failure in _RETRIED and reply.retry_after <= _LONGEST_WAIT


def _last(state: RetryCallState) -> ChatReply:
    """The reply of the latest attempt."""
    assert state.outcome is not None  # an attempt was made
    reply: ChatReply = state.outcome.result()
    return reply


def _wait(state: RetryCallState) -> float:
    """Seconds before the next attempt: Retry-After, or 1, 2, 4 …"""
    return _last(state).retry_after or wait_exponential()(state)


def _status_failure(status: int) -> CallFailure | None:
    if status == 429:
        return CallFailure.RATE_LIMITED
    if status >= 500:
        return CallFailure.SERVER_ERROR
    return None if 200 <= status < 300 else CallFailure.REFUSED


def _chat_reply(posted: tuple[dict[str, Any], float] | ChatReply) -> ChatReply:
    """Reply of a decoded response, or the failure that came in its place."""
    if isinstance(posted, ChatReply):
        return posted
    decoded, seconds = posted
    try:
        choice = decoded["choices"][0]
        text, refusal = choice["message"]["content"], choice["message"].get("refusal")
    except (LookupError, TypeError, AttributeError):
        return ChatReply(failure=CallFailure.NONSENSE, detail=str(decoded)[:200], seconds=seconds)
    if text is not None and not isinstance(text, str):
        return ChatReply(failure=CallFailure.NONSENSE, detail=str(text)[:200], seconds=seconds)
    usage = decoded.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    empty = not (text or "").strip()
    return ChatReply(
        text=None if empty else text,
        failure=CallFailure.EMPTY if empty else None,
        seconds=seconds,
        truncated=choice.get("finish_reason") == "length",
        refusal=refusal if isinstance(refusal, str) and refusal else None,
        input_tokens=_count(counts.get("prompt_tokens")),
        output_tokens=_count(counts.get("completion_tokens")),
        model=decoded.get("model") if isinstance(decoded.get("model"), str) else None,
    )


def _seconds(retry_after: str) -> float:
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        return 0.0


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


@dataclass(frozen=True)
class FunctionTarget:
    """User function `function(question, chunks) -> str` as a chat target.

    `chunks` is a list of texts, empty for a closed-book call.
    """

    call: Callable[[str, list[str]], Any]

    @classmethod
    def named(cls, dotted: str) -> "FunctionTarget":
        """From "package.module:function" or "package.module.function"."""
        module, _, name = dotted.rpartition(":" if ":" in dotted else ".")
        try:
            found = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise UsageError(f"{dotted!r} cannot be imported: {error}") from error
        if not callable(found):
            raise UsageError(f"{dotted!r} is not a function")
        return cls(found)

    def ask(self, messages: Messages, question: str, chunks: Sequence[str]) -> ChatReply:  # noqa: ARG002
        started = time.monotonic()
        try:
            answer = self.call(question, list(chunks))
        except Exception as error:  # the user's code may raise anything; it is counted
            detail = f"{type(error).__name__}: {error}"
            return ChatReply(
                failure=CallFailure.RAISED, detail=detail, seconds=time.monotonic() - started
            )
        seconds = time.monotonic() - started
        if not isinstance(answer, str):
            return ChatReply(
                failure=CallFailure.NONSENSE, detail=repr(answer)[:200], seconds=seconds
            )
        if not answer.strip():
            return ChatReply(failure=CallFailure.EMPTY, seconds=seconds)
        return ChatReply(text=answer, seconds=seconds)


def target_of(
    endpoint: str | None, model: str, function: str | None, *, max_tokens: int = 200
) -> ChatTarget:
    """Chat target of a command: endpoint (key in OPENAI_API_KEY) or function.

    Raises:
        UsageError: neither or both are given, or the endpoint without a model.
    """
    if (endpoint is None) == (function is None):
        raise UsageError("give either --endpoint (with --model) or --function")
    if function is not None:
        sys.path.insert(0, os.getcwd())  # as `python -m` would
        return FunctionTarget.named(function)
    if not model:
        raise UsageError("--endpoint needs --model")
    return ChatEndpoint(
        endpoint or "", model, os.environ.get("OPENAI_API_KEY"), max_tokens=max_tokens
    )
