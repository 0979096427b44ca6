"""Training examples read from the four common file formats.

OpenAI chat (https://platform.openai.com/docs/guides/supervised-fine-tuning), prompt/completion,
Alpaca (https://github.com/tatsu-lab/stanford_alpaca) and ShareGPT records, one or many questions
each.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_USER = frozenset({"user", "human", "prompter"})
_MODEL = frozenset({"assistant", "gpt", "chatgpt", "bot", "model", "bing", "bard"})
_SYSTEM = frozenset({"system", "developer"})
_SKIPPED = frozenset({"tool", "function", "observation", "function_call", "function_response"})
# Question after its context, as prompts of RAG applications write it, and its heading.
_LABEL = re.compile(
    r"(?:^|\n)[ \t]{0,8}(?:#{1,4}[ \t]{0,3})?(?:\*\*)?"
    r"(?:question|query|user question|frage|pregunta|domanda|pergunta|vraag)"
    r"(?:\*\*)?[ \t]?:(?:\*\*)?[ \t]{0,8}(?:\n[ \t]{0,8})?",
    re.IGNORECASE,
)
_PROMPT_END = re.compile(
    r"\s{0,8}(?:###|->|\n\n###\s{0,4}|(?:answer|response)\s{0,2}:)\s{0,8}$", re.I
)


class TrainingFormat(StrEnum):
    """Format of a training file's record."""

    CHAT = "openai-chat"
    COMPLETION = "prompt-completion"
    ALPACA = "alpaca"
    SHAREGPT = "sharegpt"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingExample:
    """One question with the answer that the model is trained to give.

    `line` counts from 1, `part` counts the answers of a conversation from 0. `prompt` is the text
    before the question in the same message, such as passages; `system` the system prompt.
    """

    line: int
    part: int = 0
    question: str
    answer: str
    prompt: str = ""
    system: str = ""


def read_examples(record: object, line: int) -> tuple[TrainingFormat, list[TrainingExample]]:
    """The format of a record and its examples, at least one.

    Raises:
        ValueError: the record is none of the four formats, or holds no answered question.
    """
    if not isinstance(record, Mapping):
        raise ValueError(f"expected a JSON object, not {type(record).__name__}")
    form, pairs = _pairs(record)
    made = [
        _example(line, part, system, question, answer)
        for part, (system, question, answer) in enumerate(pairs)
    ]
    if not made:
        raise ValueError("no question with an answer")
    return form, made


def _pairs(record: Mapping[str, Any]) -> tuple[TrainingFormat, list[tuple[str, str, str]]]:
    """System prompt, question and answer of each answered question."""
    for name, form in (
        ("messages", TrainingFormat.CHAT),
        ("conversations", TrainingFormat.SHAREGPT),
        ("conversation", TrainingFormat.SHAREGPT),
    ):
        if name in record:
            return form, list(_conversation(record[name], name, _text(record.get("system"))))
    if "prompt" in record and ("completion" in record or "response" in record):
        return TrainingFormat.COMPLETION, list(_completion(record))
    if "instruction" in record and ("output" in record or "response" in record):
        return TrainingFormat.ALPACA, list(_alpaca(record))
    raise ValueError(
        "none of messages, conversations, prompt and completion, instruction and output"
    )


def _conversation(turns: Any, name: str, system: str) -> Iterator[tuple[str, str, str]]:
    if not isinstance(turns, Sequence) or isinstance(turns, str):
        raise ValueError(f"{name} must be a list")
    question: str | None = None
    for turn in turns:
        if not isinstance(turn, Mapping):
            raise ValueError(f"{name} must hold objects")
        role = str(turn.get("role") or turn.get("from") or "").lower()
        text = _text(turn.get("content", turn.get("value")))
        if role in _SYSTEM:
            system = text
        elif role in _USER:
            question = text
        elif role in _MODEL:
            if question and text:
                yield system, question, text
                question = None
        elif role not in _SKIPPED:
            raise ValueError(f"unknown role {role!r:.30}")


def _completion(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    prompt, answer = record["prompt"], record.get("completion", record.get("response"))
    if isinstance(prompt, list):  # conversational prompt and completion, as TRL takes them
        answers = answer if isinstance(answer, list) else [{"role": "assistant", "content": answer}]
        yield from _conversation([*prompt, *answers], "prompt", _text(record.get("system")))
        return
    question, text = _PROMPT_END.sub("", _text(prompt)), _text(answer)
    if question.strip() and text:
        yield _text(record.get("system")), question, text


def _alpaca(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    instruction, more = _text(record["instruction"]), _text(record.get("input"))
    answer = _text(record.get("output", record.get("response")))
    if "?" in instruction:  # then the input is its context
        question = f"{more}\nQuestion: {instruction}"
    else:
        question = f"{instruction}\n{more}"
    if question.strip() and answer:
        yield _text(record.get("system")), question, answer


def _text(value: Any) -> str:
    """Text of a message, whose parts may be a list; what is no text is left out.

    Raises:
        ValueError: it is a number, an object or another thing that no answer is.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        parts = [each.get("text") if isinstance(each, Mapping) else each for each in value]
        return "\n".join(part for part in parts if isinstance(part, str)).strip()
    raise ValueError(f"expected text, not {type(value).__name__}")


def _example(line: int, part: int, system: str, message: str, answer: str) -> TrainingExample:
    labels = list(_LABEL.finditer(message))
    at = labels[-1].start() if labels else 0
    question = message[labels[-1].end() :] if labels else message
    if not question.strip():
        at, question = 0, message
    return TrainingExample(
        line=line,
        part=part,
        question=question.strip(),
        answer=answer,
        prompt=message[:at].strip(),
        system=system,
    )
