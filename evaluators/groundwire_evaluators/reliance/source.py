"""A text that values may come from: a chunk or the question, read once for all that look at it."""

from bisect import bisect_right
from functools import cached_property

from groundwire_evaluators.reliance.frames import content_of
from groundwire_evaluators.reliance.values import Value, find_values
from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.text.tokens import fold, tokenize
from groundwire_evaluators.text.words import ENGLISH, Language


class Source:
    """The values of a text and the content words around each: made when asked for."""

    def __init__(self, text: str, language: Language = ENGLISH) -> None:
        self.text = text
        self.tokens = tokenize(text, language.stemmer)
        self._frames: dict[int, frozenset[str]] = {}

    @cached_property
    def values(self) -> list[Value]:
        return find_values(self.text, self.tokens)

    @cached_property
    def words(self) -> frozenset[str]:
        """The content words of the whole text."""
        return content_of(self.tokens)

    @cached_property
    def folded(self) -> list[str]:
        """Every word, folded, in order."""
        return [fold(token.text) for token in self.tokens]

    @cached_property
    def _sentences(self) -> list[tuple[int, int]]:
        return list(sentences(self.text))

    @cached_property
    def _ends(self) -> list[int]:
        return [end for _, end in self._sentences]

    def sentence(self, value: Value) -> tuple[int, int]:
        """Where the sentence stands that a value of this text begins in."""
        ends = self._ends
        return self._sentences[min(bisect_right(ends, value.start), len(ends) - 1)]

    def frame(self, value: Value) -> frozenset[str]:
        """The content words of the sentence of a value, its own included."""
        start, end = self.sentence(value)
        if start not in self._frames:
            inside = [token for token in self.tokens if start <= token.start < end]
            self._frames[start] = content_of(inside)
        return self._frames[start]
