"""Call accounting for ragas, by HTTP hooks and errors."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import openai

from groundwire_evaluators.evaluation import Usage
from groundwire_evaluators.judges.chat import ANSWERED, ReplyProblem


@dataclass
class RecordedCalls:
    """Recorded calls of one judgement: model answers and outcomes."""

    answers: list[Any] = field(default_factory=list)
    requests: int = 0
    embedded: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def hooks(self) -> dict[str, list[Any]]:
        """For the HTTP client that the calls go over."""
        return {"request": [self.note_request], "response": [self.note_response]}

    async def note_request(self, request: httpx.Request) -> None:
        self.requests += 1
        self.embedded += request.url.path.endswith("/embeddings")

    async def note_response(self, response: httpx.Response) -> None:
        kind = _kind_of_status(response.status_code)
        self.calls[kind] = self.calls.get(kind, 0) + 1
        usage = _usage_of(await response.aread())
        self.input_tokens += usage.get("prompt_tokens", 0)
        self.output_tokens += usage.get("completion_tokens", 0)

    def usage(self, failure: str | None, seconds: float) -> Usage:
        """Calls by outcome.

        Calls without an answer, or with one that ragas could not read, count as `failure`, or as
        lost where a retry succeeded.
        """
        calls = dict(self.calls)
        lost = self.requests - sum(calls.values())
        unread = max(0, calls.get(ANSWERED, 0) - self.embedded - len(self.answers))
        if unread:
            calls[ANSWERED] -= unread
            kind = failure if failure == ReplyProblem.TRUNCATED else ReplyProblem.NONSENSE.value
            calls[kind] = unread
        if lost > 0:
            kind = failure if failure == "timeout" else "unreachable"
            calls[kind] = calls.get(kind, 0) + lost
        return Usage(
            calls={kind: number for kind, number in calls.items() if number},
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            seconds=seconds,
        )


def _kind_of_status(status: int) -> str:
    if status == 429:
        return "rate_limited"
    if status >= 500:
        return "server_error"
    return ANSWERED if 200 <= status < 300 else "refused"


def _usage_of(body: bytes) -> Mapping[str, int]:
    try:
        usage = json.loads(body)["usage"]
    except (ValueError, LookupError, TypeError):
        return {}
    found = usage if isinstance(usage, dict) else {}
    return {name: number for name, number in found.items() if isinstance(number, int)}


def kind_of(error: BaseException) -> tuple[str, str]:
    """Failure kind of an error; instructor wraps those of openai."""
    for cause in _causes(error):
        if isinstance(cause, openai.APITimeoutError):
            return "timeout", "no answer in time"
        if isinstance(cause, openai.APIConnectionError):
            return "unreachable", str(cause)[:200]
        if isinstance(cause, openai.APIStatusError):
            return _kind_of_status(cause.status_code), f"status {cause.status_code}"
        if type(cause).__name__ in ("IncompleteOutputException", "LengthFinishReasonError"):
            return ReplyProblem.TRUNCATED.value, "the reply was truncated"
    return ReplyProblem.NONSENSE.value, f"{type(error).__name__}: {error}"[:200]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
