"""LRU cache of parsed texts."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from groundwire_evaluators.text.words import Language

T = TypeVar("T")


class Shelf(Generic[T]):
    """LRU cache of `make(text, language)`; not thread-safe.

    Price: bounded by the characters of the texts held; a reading weighs about a hundred bytes a
    character.
    """

    def __init__(self, make: Callable[[str, Language], T], characters: int = 300_000) -> None:
        self._make, self._limit, self._held = make, characters, 0
        self._readings: OrderedDict[tuple[str, str], T] = OrderedDict()

    def reading(self, text: str, language: Language) -> T:
        key = (language.code, text)
        found = self._readings.get(key)
        if found is not None:
            self._readings.move_to_end(key)
            return found
        made = self._make(text, language)
        if len(text) <= self._limit // 4:
            self._readings[key] = made
            self._held += len(text)
            while self._held > self._limit:
                (_, dropped), _ = self._readings.popitem(last=False)
                self._held -= len(dropped)
        return made

    def __reduce__(self) -> tuple[type["Shelf[T]"], tuple[Callable[[str, Language], T], int]]:
        """Sent to another process, a shelf arrives empty."""
        return Shelf, (self._make, self._limit)
