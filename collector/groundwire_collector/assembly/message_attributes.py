"""Attribute names that hold the role and the text of a message."""

import re
from collections.abc import Mapping
from functools import lru_cache

ROLES = {
    role: name
    for name, roles in {
        "user": "user human customer person client visitor caller",
        "assistant": "assistant ai bot agent model llm system_answer chatbot gpt",
        "system": "system developer instructions",
        "tool": "tool function context document documents retrieval retriever search knowledge",
    }.items()
    for role in roles.split()
}
_ROLE = re.compile(r"(?:\A|[._-]|(?<=[a-z]))(?:role|speaker|author|sender)\Z", re.IGNORECASE)
_TEXT = re.compile(
    r"(?:\A|[._-]|(?<=[a-z]))(?:content|text|message|body|utterance|value)\Z", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def role_and_text(keys: tuple[str, ...]) -> tuple[str, str] | None:
    """The keys of a role and of the text beside it; None without such a pair."""
    for role in keys:
        if not (found := _ROLE.search(role)):
            continue
        prefix = role[: found.start()]
        for text in keys:
            matched = _TEXT.search(text)
            if matched and text[: matched.start()] == prefix:
                return role, text
    return None


def known_role(value: object) -> str | None:
    """Role of a message as a prompt names it; None for a word that is no role."""
    return ROLES.get(value.strip().lower()) if isinstance(value, str) else None


def text_in(attributes: Mapping[str, object], key: str) -> str | None:
    """A text that is not blank."""
    value = attributes.get(key)
    return value if isinstance(value, str) and value.strip() else None
