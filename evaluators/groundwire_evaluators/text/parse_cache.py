"""LRU cache of parsed texts."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from groundwire_evaluators.text.words import Language

T = TypeVar("T")


class ParseCache(Generic[T]):
    """LRU cache of `make(text, language)`; not thread-safe.

    Price: bounded by the number of characters of the cached texts; a parsed text takes about a
    hundred bytes per character.
    """

    def __init__(self, make: Callable[[str, Language], T], characters: int = 100_000) -> None:
        self._make, self._limit, self._size = make, characters, 0
        self._parsed: OrderedDict[tuple[str, str], T] = OrderedDict()

    def get(self, text: str, language: Language) -> T:
        key = (language.code, text)
        found = self._parsed.get(key)
        if found is not None:
            self._parsed.move_to_end(key)
            return found
        made = self._make(text, language)
        if len(text) <= self._limit // 4:
            self._parsed[key] = made
            self._size += len(text)
            while self._size > self._limit:
                (_, dropped), _ = self._parsed.popitem(last=False)
                self._size -= len(dropped)
        return made

    def __reduce__(self) -> tuple[type["ParseCache[T]"], tuple[Callable[[str, Language], T], int]]:
        """Pickle without the entries: the cache is empty in the other process."""
        return ParseCache, (self._make, self._limit)
