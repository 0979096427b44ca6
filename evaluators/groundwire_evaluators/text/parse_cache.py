"""LRU cache of parsed texts."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from groundwire_evaluators.text.words import Language

T = TypeVar("T")


class ParseCache(Generic[T]):
    """LRU cache of `make(text, language)`, safe in threads.

    Price: bounded by the number of characters of the cached texts; a parsed text takes about a
    hundred bytes per character.
    """

    def __init__(self, make: Callable[[str, Language], T], characters: int = 100_000) -> None:
        self._make, self._limit, self._size = make, characters, 0
        self._parsed: OrderedDict[tuple[str, str], T] = OrderedDict()
        self._lock = Lock()

    def get(self, text: str, language: Language) -> T:
        key = (language.code, text)
        with self._lock:
            found = self._parsed.get(key)
            if found is not None:
                self._parsed.move_to_end(key)
                return found
        made = self._make(text, language)
        if len(text) <= self._limit // 4:
            with self._lock:
                self._keep(key, made)
        return made

    def _keep(self, key: tuple[str, str], made: T) -> None:
        if key in self._parsed:
            return  # another thread was faster
        self._parsed[key] = made
        self._size += len(key[1])
        while self._size > self._limit:
            (_, dropped), _ = self._parsed.popitem(last=False)
            self._size -= len(dropped)

    def __reduce__(self) -> tuple[type["ParseCache[T]"], tuple[Callable[[str, Language], T], int]]:
        """Pickle without the entries: the cache is empty in the other process."""
        return ParseCache, (self._make, self._limit)
