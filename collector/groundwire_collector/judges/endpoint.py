"""Chat model of a judge at an OpenAI-compatible endpoint."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundwire_collector.llm.client import ChatEndpoint, ChatReply
from groundwire_evaluators.judges.chat import Completion, Messages, ReplyProblem


@dataclass(frozen=True)
class JudgeModel:
    """`ChatModel` that requests JSON by schema.

    A `response_format` in the endpoint's `extra` takes precedence.
    """

    endpoint: ChatEndpoint
    temperature: float = 0.0

    @property
    def identity(self) -> str:
        extra = self.endpoint.extra
        digest = hashlib.sha256(json.dumps(extra, sort_keys=True).encode()).hexdigest()[:6]
        return f"{self.endpoint.model}-t{self.temperature:g}{f'-x{digest}' if extra else ''}"

    def complete(
        self, messages: Messages, schema: Mapping[str, Any], max_tokens: int
    ) -> Completion:
        shape = {"name": "verdicts", "strict": True, "schema": schema}
        reply = self.endpoint.chat(
            messages,
            temperature=self.temperature,
            max_tokens=max_tokens,
            response_format={"type": "json_schema", "json_schema": shape},
        )
        return Completion(
            text=None if reply.refusal else reply.text,
            failure=_failure(reply),
            detail=(reply.refusal or reply.detail)[:200],
            truncated=reply.truncated,
            failed=tuple(failure.value for failure in reply.failed),
            input_tokens=reply.input_tokens or 0,
            output_tokens=reply.output_tokens or 0,
            seconds=reply.seconds,
        )


def _failure(reply: ChatReply) -> str | None:
    if reply.refusal:
        return ReplyProblem.DECLINED.value
    return reply.failure.value if reply.failure else None
