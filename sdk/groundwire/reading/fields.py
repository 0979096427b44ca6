"""Safe field access on foreign mappings and objects."""

from collections.abc import Iterable, Mapping
from typing import Any

MAX_KEYS = (64, 16, 16)  # at each depth
MAX_DEPTH = len(MAX_KEYS)
_SCALARS = (str, int, float, bool, type(None))


def field(value: Any, name: str) -> Any:
    """`value[name]` of a mapping, `value.name` of an object; None if missing."""
    if type(value) is dict:
        return value.get(name)
    try:
        if isinstance(value, Mapping):
            return value.get(name)
        return getattr(value, name, None)
    except Exception:
        return None


def first_text(value: Any, names: Iterable[str]) -> str | None:
    """The first of the fields that holds a text."""
    for name in names:
        found = field(value, name)
        if isinstance(found, str):
            return found
    return None


def number(value: Any) -> float | None:
    """A number as a float, numpy's included; None for anything else and for bool."""
    if type(value) is float:
        return value
    if isinstance(value, bool | str | bytes) or value is None:
        return None
    try:
        return float(value)
    except Exception:
        return None


def count(value: Any) -> int | None:
    """A non-negative whole number, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def plain(value: Any, depth: int = 0) -> Any:
    """A bounded copy made of JSON values only; what does not fit is None."""
    if type(value) in _SCALARS:
        return value
    if depth >= MAX_DEPTH:
        return None
    try:
        if isinstance(value, Mapping):
            return plain_mapping(value, depth)
        if isinstance(value, list | tuple | set | frozenset):
            return [
                plain(item, depth + 1)
                for _, item in zip(range(MAX_KEYS[depth]), value, strict=False)
            ]
        return _foreign_scalar(value)
    except Exception:
        return None


def plain_mapping(value: Mapping[Any, Any], depth: int = 0) -> dict[str, Any]:
    """`plain` of a mapping: a bounded number of entries, keys as texts."""
    copied = {}
    for _, (key, item) in zip(range(MAX_KEYS[depth]), value.items(), strict=False):
        copied[key if type(key) is str else str(key)] = (
            item if type(item) in _SCALARS else plain(item, depth + 1)
        )
    return copied


def _foreign_scalar(value: Any) -> Any:
    for scalar in (str, int, float):  # an enum's member, numpy's float64
        if isinstance(value, scalar):
            return scalar(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    module = type(value).__module__
    if module in ("uuid", "decimal", "pathlib"):
        return str(value)
    if module == "numpy" and hasattr(value, "item"):
        return value.item() if getattr(value, "size", 1) == 1 else None
    return None


def texts_of_parts(parts: Any) -> str | None:
    """The text of a message's content: a text, or a list of typed parts (reasoning left out)."""
    if isinstance(parts, str):
        return parts
    if not isinstance(parts, list | tuple):
        return None
    texts = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        elif field(part, "type") not in ("thinking", "reasoning") and not field(part, "thought"):
            text = field(part, "text")
            if not isinstance(text, str):
                text = field(part, "content")
            if isinstance(text, str):
                texts.append(text)
    return "".join(texts) if texts else None
