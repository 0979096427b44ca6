"""Chat model interface of the LLM judge."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from groundwire_evaluators.evaluation import Usage

Messages = Sequence[Mapping[str, str]]

ANSWERED = "answered"


class ReplyProblem(StrEnum):
    """Reason why a received reply is unusable."""

    NONSENSE = "nonsense"  # no JSON, or not what was asked for
    TRUNCATED = "truncated"
    DECLINED = "declined"  # the judge refuses to judge
    HIJACKED = "hijacked"  # it supported what nothing can support: a text it read led it


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """Completion text, or the kind of failure in its place.

    `failed` are the kinds of the attempts before, in order; each was a call.
    """

    text: str | None = None
    failure: str | None = None
    detail: str = ""
    truncated: bool = False
    failed: tuple[str, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0


class ChatModel(Protocol):
    """Interface of chat models with JSON schema output; never raises.

    `identity` names everything beside the messages that may change an answer: the model, its
    temperature, what is set of it. It becomes part of a judge's revision.
    """

    @property
    def identity(self) -> str: ...

    def complete(
        self, messages: Messages, schema: Mapping[str, Any], max_tokens: int
    ) -> Completion: ...


@dataclass
class CallTally:
    """Token, time and outcome totals of one judgement's calls."""

    calls: dict[str, int] = field(default_factory=dict)
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0

    def add(self, completion: Completion, result: str) -> None:
        """Add a completion with its outcome `result`."""
        for kind in (*completion.failed, result):
            self.calls[kind] = self.calls.get(kind, 0) + 1
        self.input_tokens += completion.input_tokens
        self.output_tokens += completion.output_tokens
        self.seconds += completion.seconds

    @property
    def usage(self) -> Usage:
        return Usage(**asdict(self))
