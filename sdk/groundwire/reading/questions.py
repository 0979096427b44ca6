"""The question or query in an argument."""

from collections.abc import Mapping
from typing import Any

from groundwire.reading.fields import field, first_text, texts_of_parts

_NAMES = ("question", "query", "query_str", "prompt", "input", "text", "content", "message", "q")
_USER = ("user", "human")


def read_question(value: Any) -> str | None:
    """A text; the last user message of a list of messages; the question field of an object."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return _last_user_message(value)
    if value is None or isinstance(value, int | float | bytes):
        return None
    messages = field(value, "messages")
    if isinstance(messages, list | tuple):
        return _last_user_message(messages)
    found = first_text(value, _NAMES)
    if found is None and not isinstance(value, Mapping):
        found = texts_of_parts(field(value, "content"))
    return found


def read_messages(value: Any) -> list[tuple[str, str]] | None:
    """(role, text) of each chat message; None if the value is not a list of messages."""
    if not isinstance(value, list | tuple) or not value:
        return None
    messages = []
    for message in value:
        role, text = _role(message), _text(message)
        if role is None or text is None:
            continue
        messages.append((role, text))
    return messages or None


def _last_user_message(messages: list[Any] | tuple[Any, ...]) -> str | None:
    last = None
    for message in messages:
        if _role(message) in _USER:
            last = _text(message) or last
    return last


def _role(message: Any) -> str | None:
    role = field(message, "role")
    if role is None:
        role = field(message, "type")  # LangChain: "human", "ai", "system"
    role = getattr(role, "value", role)  # an enum
    return role if isinstance(role, str) else None


def _text(message: Any) -> str | None:
    text = texts_of_parts(field(message, "content"))
    if text is None:
        text = texts_of_parts(field(message, "parts"))
    return first_text(message, ("text",)) if text is None else text
