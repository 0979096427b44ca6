"""Nested values from flattened attributes: `p.0.a` to lists, `p.x` to maps."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from groundwire_collector.storage.span import Json

MOST_INDEX = 100_000  # larger numbers are map keys, not list positions
DEEPEST = 16  # steps of a key below its number
LONGEST_KEY = 120  # characters of a key that is remembered
_NUMBER = re.compile(r"[0-9]{1,9}")

_Way = tuple[int, tuple[str, ...], bool]  # the number, the path below it, whether that has numbers


def numbered(attributes: Mapping[str, Json], prefix: str) -> list[Json]:
    """Nested list from numbered keys (`p.0.a.b`, `p.1`); a gap is kept as `rank`."""
    items: dict[int, Any] = {}
    deep = False
    for key, value in attributes.items():
        if not key.startswith(prefix):
            continue
        way = _way(key, prefix) if len(key) <= LONGEST_KEY else _split(key, prefix)
        if way is None:
            continue
        number, path, nested = way
        deep = deep or nested
        if path:
            _place(items.setdefault(number, {}), path, value)
        else:
            items[number] = value
    if deep:
        items = {number: _listed(item) for number, item in items.items()}
    if max(items, default=-1) < len(items):
        return [items[number] for number in sorted(items)]
    return [_with_rank(items[number], number) for number in sorted(items)]


def named(attributes: Mapping[str, Json], prefix: str) -> dict[str, Json]:
    return {
        key.removeprefix(prefix): value
        for key, value in attributes.items()
        if key.startswith(prefix)
    }


def _split(key: str, prefix: str) -> _Way | None:
    number, *path = key[len(prefix) :].split(".")
    if not _NUMBER.fullmatch(number) or int(number) > MOST_INDEX or len(path) > DEEPEST:
        return None
    return int(number), tuple(path), any(map(_NUMBER.fullmatch, path))


_way = lru_cache(maxsize=16_384)(_split)


def _place(item: Any, path: tuple[str, ...], value: Json) -> None:
    for step in path[:-1]:
        if not isinstance(item, dict):
            return
        item = item.setdefault(step, {})
    if isinstance(item, dict):
        item[path[-1]] = value


def _listed(item: Any) -> Any:
    """Convert maps with only numeric keys to lists."""
    if not isinstance(item, dict):
        return item
    inner = {key: _listed(value) for key, value in item.items()}
    if inner and all(map(_NUMBER.fullmatch, inner)):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def _with_rank(item: Any, index: int) -> Any:
    """Keep the number as rank, even where earlier items were lost."""
    return {**item, "rank": index} if isinstance(item, dict) else item
