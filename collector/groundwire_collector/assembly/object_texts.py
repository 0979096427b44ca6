"""Parser of messages in the `str` or `repr` of an object.

AutoGen writes the messages of an agent so, and frameworks whose tracer falls back to `str`.
"""

import ast
import re
from typing import Any

LONGEST = 65_536  # characters of a text that is read
_OBJECT = re.compile(r"(?P<type>[A-Z]\w*\()?[a-z_]\w*=")
_FIELD = re.compile(
    r"(?:^|[ (,])(?P<name>[a-z_]\w*)=(?P<value>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")", re.DOTALL
)
_ROLES = {"human": "user", "user": "user", "system": "system", "tool": "tool"}


def message_in(text: str) -> dict[str, Any] | None:
    """Role and content of a message object in its Python text; None where it is none.

    The role is that of `role`, else of `source` (AutoGen: the person is `user`, any other name an
    agent), else of the name of its class.
    """
    found = _OBJECT.match(text)
    if found is None or "content=" not in text or len(text) > LONGEST:
        return None
    fields = {field["name"]: _literal(field["value"]) for field in _FIELD.finditer(text)}
    if not fields.get("content"):
        return None
    kind = (found["type"] or "").lower()
    by_class = next((name for name in _ROLES if kind.startswith(name)), kind)
    named = fields.get("role") or fields.get("source") or by_class
    role = _ROLES.get(named, "assistant") if named else "user"
    return {"role": role, "content": fields["content"]}


def _literal(value: str) -> str | None:
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError, MemoryError):
        return None
