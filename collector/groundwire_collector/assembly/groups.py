"""Groups of attributes as one value: `p.0.a`, `p.1.a` as a list, `p.x`, `p.y` as a map."""

import re
from collections.abc import Mapping
from typing import Any

from groundwire_collector.span import Json

MOST_INDEX = 100_000  # a number beyond this is no position in a list
_NUMBER = re.compile(r"\d+")


def numbered(attributes: Mapping[str, Json], prefix: str) -> list[Json]:
    """`p.0.a.b`, `p.1` to `[{"a": {"b": ...}}, ...]` in order; a gap is kept as `rank`."""
    items: dict[int, Any] = {}
    for key, value in attributes.items():
        if not key.startswith(prefix):
            continue
        number, *path = key[len(prefix) :].split(".")
        if not _NUMBER.fullmatch(number) or int(number) > MOST_INDEX:
            continue
        if path:
            _place(items.setdefault(int(number), {}), path, value)
        else:
            items[int(number)] = value
    whole = max(items, default=-1) < len(items)
    return [_listed(items[i]) if whole else _with_rank(_listed(items[i]), i) for i in sorted(items)]


def named(attributes: Mapping[str, Json], prefix: str) -> dict[str, Json]:
    return {
        key.removeprefix(prefix): value
        for key, value in attributes.items()
        if key.startswith(prefix)
    }


def _place(item: Any, path: list[str], value: Json) -> None:
    for step in path[:-1]:
        if not isinstance(item, dict):
            return
        item = item.setdefault(step, {})
    if isinstance(item, dict):
        item[path[-1]] = value


def _listed(item: Any) -> Any:
    """Maps whose keys are all numbers are lists."""
    if not isinstance(item, dict):
        return item
    inner = {key: _listed(value) for key, value in item.items()}
    if inner and all(_NUMBER.fullmatch(key) for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def _with_rank(item: Any, index: int) -> Any:
    """The number says the rank, even where those before it were lost on the way."""
    return {**item, "rank": index} if isinstance(item, dict) else item
