"""Text extraction from emitted values: JSON strings, messages, arguments."""

import ast
import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundwire_collector.assembly.message_attributes import known_role
from groundwire_collector.assembly.object_texts import message_in

# Keys of questions and answers in frameworks' values, likeliest first.
QUESTION_KEYS = (
    "question", "query", "user_question", "input", "inputs", "user_input", "user_query",
    "query_str", "utterance", "q", "text", "prompt", "user_prompt", "message", "content", "args",
    "kwargs", "messages", "data",
)  # fmt: skip
ANSWER_KEYS = (
    "answer", "final_answer", "output", "outputs", "output_text", "result", "response", "reply",
    "replies", "text",
    "content", "final_result", "final_output", "return", "return_value", "message", "messages",
    "choices", "completion", "generations", "candidates", "combined_chunk_content", "data",
    "kwargs", "parts",
)  # fmt: skip
ROLES = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant", "model": "assistant"}
_ROLE_KEYS = ("from", "speaker", "author", "sender", "who")
_SAYING_KEYS = ("value", "text", "content", "message", "says", "utterance", "body")
_PAIR_ROLES = {"human", "user", "ai", "assistant", "system", "tool"}
TEXT_PARTS = {"text", "input_text", "output_text", "refusal", "generic", None}
CALLING_PARTS = {"tool_call", "tool_use", "function_call"}
RETURNING_PARTS = {"tool_call_response", "tool_result"}
# Parts that are named by their only key: of Google's messages and of Bedrock's.
_CALLING_KEYS = ("functionCall", "function_call", "toolUse")
_RETURNING_KEYS = ("functionResponse", "function_response", "toolResult")
_DOCUMENT = re.compile(r"document|search_?result|passage|retriev|citation", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
LEAST_PROSE = 3  # words of a text that is known by nothing else
DEEPEST = 12
LONGEST_REPR = 65_536  # characters of a Python repr that is read


@dataclass(frozen=True, slots=True)
class Message:
    """Chat message; `calls` marks requests for tools."""

    role: str
    text: str
    calls: bool = False


class TruncatedJsonError(ValueError):
    """Attribute that begins as JSON and was cut."""


def unpack(value: Any, texts: bool = False) -> Any:
    """Parse JSON in a string.

    Objects and arrays; with `texts` also JSON strings, where the emitter writes every value as
    JSON.

    Raises:
        TruncatedJsonError: where it begins like one and does not end as one.
    """
    if not isinstance(value, str):
        return value
    first = value[:1]
    if first not in "[{ \n\t\r" and not (texts and first == '"'):
        return value
    text = value.strip()
    first = text[:1]
    if first not in "[{" and not (texts and first == '"'):
        return value
    try:
        return json.loads(text)
    except RecursionError:
        return value
    except ValueError as error:
        if _is_cut(text, error):
            raise TruncatedJsonError from None
        return _quoted_texts(text) or value  # prose in brackets, a Python repr


def _quoted_texts(text: str) -> list[str] | None:
    """Texts that were put between quotes and brackets without escapes, as Spring AI does."""
    return _BETWEEN.split(text[2:-2]) if text[:2] == '["' and text[-2:] == '"]' else None


def _is_cut(text: str, error: ValueError) -> bool:
    """Whether JSON was not understood because it ends too early."""
    if text[:2] in _OPENINGS:
        ends = text[-1] in "]}"
    else:
        ends = text[:1] != '"' or (len(text) > 1 and text[-1] == '"')
    if not ends:
        return True
    if not isinstance(error, json.JSONDecodeError) or text[:2] not in _OPENINGS:
        return False
    return error.pos >= len(text) or error.msg.startswith("Unterminated string")


def literal(value: Any) -> Any:
    """As `try_unpack`, and what Python wrote with str() of a dict or a list becomes that again."""
    unpacked = try_unpack(value)
    if not isinstance(unpacked, str) or unpacked[:2] not in _REPRS or len(unpacked) > LONGEST_REPR:
        return unpacked
    try:
        return ast.literal_eval(unpacked)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return unpacked


_OBJECT = re.compile(r"<[\w.<>]+ (?:object |instance )?.*at 0x[0-9a-fA-F]+>")  # a method's self
_BETWEEN = re.compile(r'",\s*"')
_OPENINGS = {'{"', "[{", '["', "[["}
_REPRS = {"{'", "[{", "['"}


def try_unpack(value: Any) -> Any:
    """Like `unpack`; truncated JSON stays a string."""
    try:
        return unpack(value)
    except TruncatedJsonError:
        return value


def follow(value: Any, path: Iterable[str]) -> Any:
    """The value at the end of `path` (keys and list positions), or None."""
    value = try_unpack(value)
    for step in path:
        if isinstance(value, dict):
            value = try_unpack(value.get(step))
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = try_unpack(value[int(step)])
        else:
            return None
    return value


def parse_question(value: Any) -> str | None:
    """Question in a value of any shape: last user message or first argument."""
    return _dig(value, QUESTION_KEYS, _question_of_list, 0)


def parse_answer(value: Any) -> str | None:
    """The answer in a value of any shape; a list of several answers is none."""
    return _dig(value, ANSWER_KEYS, _answer_of_list, 0)


def _dig(value: Any, keys: Sequence[str], of_list: Any, depth: int) -> str | None:
    value = try_unpack(value)
    if isinstance(value, str):
        value = (message_in(value) or {}).get("content", value)
        return value if value.strip() and not _OBJECT.fullmatch(value) else None
    if depth > DEEPEST:
        return None
    if isinstance(value, list):
        return of_list(value, depth + 1)  # type: ignore[no-any-return]
    if isinstance(value, dict):
        if keys is ANSWER_KEYS and (text := _of_parts(value) or _number_named_answer(value)):
            return text
        value = _in_snake_case(value)
        for key in keys:
            if key in value and (found := _dig(value[key], keys, of_list, depth + 1)):
                return found
        if keys is QUESTION_KEYS:  # a pipeline: its components by name, each with its inputs
            for inner in value.values():
                if isinstance(inner, dict) and (found := _dig(inner, keys, of_list, depth + 1)):
                    return found
    return None


def _in_snake_case(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same with `userQuery` as `user_query`; names of the tables are in that form."""
    if not any(_CAMEL.search(str(key)) for key in value):
        return value
    snake = {_CAMEL.sub("_", str(key)).lower(): inner for key, inner in value.items()}
    return {**snake, **value}


def _number_named_answer(value: Mapping[str, Any]) -> str | None:
    """An answer that is a number, where a name says that it is the answer."""
    number = value.get("answer", value.get("final_answer"))
    return str(number) if isinstance(number, int | float) and not isinstance(number, bool) else None


def only_text(value: Any) -> str | None:
    """Text in a value whose names say nothing: the only prose in it, or the first of a pair.

    `{"userSays": "..."}`, `{"reply_html": "...", "ms": 12}`, `["...", [sources]]`.
    """
    value = try_unpack(value)
    if isinstance(value, list) and len(value) > 1 and isinstance(value[0], str):
        rest = all(isinstance(item, list | dict) for item in value[1:])
        return value[0] if rest and value[0].strip() else None
    if not isinstance(value, dict):
        return None
    texts = [text for text in value.values() if isinstance(text, str)]
    return texts[0] if len(texts) == 1 and len(texts[0].split()) >= LEAST_PROSE else None


def conversation(value: Any) -> list[Message]:
    """Messages of a value that is or holds a conversation; [] where it is none."""
    value = try_unpack(value)
    held = value.get("messages") if isinstance(value, dict) else value
    held = try_unpack(held)
    return messages(held) if isinstance(held, list) and are_messages(held) else []


def _of_parts(value: Mapping[str, Any]) -> str | None:
    """Text of a multi-part message that requests no tool."""
    for key in ("parts", "content"):
        body = value.get(key)
        if not isinstance(body, list) or len(body) < 2 or are_messages(body):
            continue
        if all(isinstance(part, dict) and ("type" in part or "text" in part) for part in body):
            text, calls = _content(value)
            return None if calls else text or None
    return None


def _question_of_list(values: list[Any], depth: int) -> str | None:
    if len(values) == 1 and isinstance(values[0], list) and _pair(values[0]) is None:
        values = values[0]  # LangChain: a batch of one conversation
    values = [_as_message(value) for value in values]
    if are_messages(values):
        spoken = [message for message in messages(values) if message.role == "user"]
        return _dig(spoken[-1].text, QUESTION_KEYS, _question_of_list, depth) if spoken else None
    found = (_dig(item, QUESTION_KEYS, _question_of_list, depth) for item in values)
    return next((text for text in found if text), None)


def _answer_of_list(values: list[Any], depth: int) -> str | None:
    values = _without_reasoning([_as_message(value) for value in values if value is not None])
    if are_messages(values):
        if all(item.get("role") == "model" for item in values):  # Gemini: pieces of a stream
            pieces = messages(values)
            called = any(piece.calls for piece in pieces)
            return None if called else "".join(piece.text for piece in pieces) or None
        spoken = [message for message in messages(values) if message.role == "assistant"]
        return spoken[-1].text or None if spoken and not spoken[-1].calls else None
    texts = [found for item in values if (found := _dig(item, ANSWER_KEYS, _answer_of_list, depth))]
    return texts[0] if len(texts) == 1 and len(values) == 1 else None


def _without_reasoning(values: list[Any]) -> list[Any]:
    """Items of OpenAI's Responses API that are messages; all of them where the last is a call."""
    if not all(isinstance(item, dict) and "type" in item for item in values):
        return values
    spoken = [item for item in values if "role" in item]
    return spoken if spoken and spoken[-1] is values[-1] else values


def messages(value: Any, depth: int = 0) -> list[Message]:
    """Messages of a conversation in any common shape; text alone: user."""
    value = try_unpack(value)
    if isinstance(value, str):
        value = [value] if value.strip() else []
    if isinstance(value, dict):
        if "messages" in value:
            return messages(value["messages"], depth + 1)
        if "role" not in value and isinstance(value.get("input"), list):  # Responses API
            return messages(value["input"], depth + 1)
        value = [value]
    if not isinstance(value, list) or depth > DEEPEST:
        return []
    return [message for item in value for message in _as_messages(item, depth + 1)]


def _as_messages(item: Any, depth: int) -> list[Message]:
    item = _as_message(try_unpack(item))
    if isinstance(item, list):
        return messages(item, depth)
    if isinstance(item, str):
        item = {"role": "user", "content": item}
    if not isinstance(item, dict):
        return []
    item = _unwrap(item)
    role = str(item.get("role") or item.get("type") or "user")
    if _returns(item):  # Anthropic: results of tools in a message of the user
        role = "tool"
    text, calls = _content(item)
    return [Message(ROLES.get(role) or ROLES.get(role.lower(), role.lower()), text, calls)]


def _as_message(value: Any) -> Any:
    """A message in another form, as a mapping with role and content; others unchanged.

    Python's text of an object, a pair, or a mapping with names of its own (`from` and `value` of
    ShareGPT, `speaker` and `text`).
    """
    if isinstance(value, str):
        return message_in(value) or value
    if isinstance(value, dict):
        return _renamed(value) or value
    return _pair(value) or value


def _renamed(item: Mapping[str, Any]) -> dict[str, str] | None:
    if "role" in item or "type" in item:
        return None
    roles = (known_role(item.get(key)) for key in _ROLE_KEYS)
    role = next(filter(None, roles), None)
    text = next((item[key] for key in _SAYING_KEYS if isinstance(item.get(key), str)), None)
    return {"role": role, "content": text} if role and text is not None else None


def _pair(item: Any) -> dict[str, str] | None:
    """A message as LangChain takes it: a role and a text."""
    if not isinstance(item, list) or len(item) != 2:
        return None
    role, text = item
    known = isinstance(role, str) and isinstance(text, str) and role in _PAIR_ROLES
    return {"role": role, "content": text} if known else None


def _returns(item: Mapping[str, Any]) -> bool:
    """Whether all parts of a message are results of tools."""
    parts = item.get("parts", item.get("content"))
    return (
        isinstance(parts, list)
        and bool(parts)
        and all(isinstance(p, dict) and _returned_by(p) is not None for p in parts)
    )


def _returned_by(part: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The part that holds the result of a tool, if it is one."""
    if str(part.get("type")) in RETURNING_PARTS:
        return part
    inner = next((part[key] for key in _RETURNING_KEYS if key in part), None)
    return inner if isinstance(inner, dict) else None


def _unwrap(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Unwrap the message from its envelope.

    `{"message": {...}}`, LangChain's `{"type", "data"}` and `{"kwargs"}` hold the message;
    OpenInference's `{"prompt": {...}}` and `{"completion": {...}}` its text.
    """
    for key in ("message", "data", "kwargs", "prompt", "completion"):
        inner = try_unpack(item.get(key)) if key in item else None
        if isinstance(inner, dict) and not inner.keys().isdisjoint(("content", "role", "text")):
            return {**item, **inner}
    return item


def _content(item: Mapping[str, Any]) -> tuple[str, bool]:
    calls = bool(item.get("tool_calls") or item.get("function_call"))
    for key in ("parts", "contents", "content", "text", "prompt", "completion", "response"):
        body = item.get(key)
        if isinstance(body, str):
            body = _parts(body, key)
        if isinstance(body, list):
            parts = [_part(part) for part in body]
            calls = calls or any(called for _, called in parts)
            return "\n".join(text for text, _ in parts if text), calls
        if isinstance(body, str):
            return body, calls
    return "", calls


def _parts(body: str, key: str) -> Any:
    """The parts of a message in a string; any other list there is what its sender wrote."""
    if key in ("parts", "contents"):
        return try_unpack(body)
    if not body.startswith("[{"):
        return body
    parts = try_unpack(body)
    typed = isinstance(parts, list) and all(isinstance(p, dict) and "type" in p for p in parts)
    return parts if typed else body


def _part(part: Any) -> tuple[str, bool]:
    """Text of one message part, without reasoning."""
    if isinstance(part, str):
        return part, False
    if not isinstance(part, dict):
        return "", False
    part = part.get("message_content", part)
    kind = part.get("type") if isinstance(part, dict) else ""
    if kind in CALLING_PARTS or any(key in part for key in _CALLING_KEYS):
        return "", True
    if (returned := _returned_by(part)) is not None:
        return _result_in(returned), False
    if part.get("thought") is True:
        return "", False
    document = _document(part)
    if kind not in TEXT_PARTS and not document:
        return "", False
    text = part.get("content") or part.get("text") or part.get("refusal")
    text = document or part.get("generic_content", text)
    return (text, False) if isinstance(text, str) else ("", False)


def _result_in(part: Mapping[str, Any]) -> str:
    """Text of a tool's result; Google wraps it in `output` or `result`."""
    result = part.get("response", part.get("result", part.get("content")))
    if isinstance(result, dict) and len(result) == 1:
        result = result.get("output", result.get("result", result))
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)


def _document(part: Mapping[str, Any]) -> str | None:
    """A document or search result among the parts of a message, in the tag that marks context.

    OpenTelemetry's parts of the modality `document`, generic parts that are named so, and
    Anthropic's `document` and `search_result`.
    """
    named = (part.get("type"), part.get("modality"), part.get("generic_type"))
    if not any(isinstance(name, str) and _DOCUMENT.search(name) for name in named):
        return None
    source = part.get("source")
    held = source.get("data", source.get("content")) if isinstance(source, dict) else None
    body = next((part[k] for k in ("content", "text", "generic_content") if part.get(k)), held)
    texts = [body] if isinstance(body, str) else [_text_of(item) for item in _items(body)]
    text = "\n".join(filter(None, map(_decoded(part), texts)))
    return f"<document>\n{text}\n</document>" if text.strip() else None


def _text_of(item: Any) -> str:
    text = item.get("text", item.get("content")) if isinstance(item, dict) else item
    return text if isinstance(text, str) else ""


def _items(body: Any) -> list[Any]:
    return body if isinstance(body, list) else []


def _decoded(part: Mapping[str, Any]) -> Callable[[str], str]:
    """Reads base64 of a text; of other media nothing."""
    source = part.get("source")
    media = part.get("mime_type") or (isinstance(source, dict) and source.get("media_type"))
    encoded = part.get("type") == "blob" or (
        isinstance(source, dict) and source.get("type") == "base64"
    )

    def read(text: str) -> str:
        if not encoded:
            return text
        if not isinstance(media, str) or not media.startswith("text/"):
            return ""
        try:
            return base64.b64decode(text, validate=True).decode()
        except ValueError:
            return ""

    return read


def are_messages(values: list[Any]) -> bool:
    """Whether a list is a conversation: every item has a role, or the parts of a message."""
    return bool(values) and all(_is_message(item) for item in values)


def _is_message(item: Any) -> bool:
    if not isinstance(item, dict):
        return _pair(item) is not None
    if _renamed(item) is not None:
        return True
    if "role" in _unwrap(item) or "parts" in item or item.get("type") in ROLES:
        return True
    return item.get("type") in _PAIR_ROLES and isinstance(item.get("content"), str | list)


def same(left: str, right: str) -> bool:
    """Equal but for white space."""
    return left == right or " ".join(left.split()) == " ".join(right.split())
