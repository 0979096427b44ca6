"""Source of values: a chunk or the question, parsed once."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property

from groundwire_evaluators.reliance.frames import content_of
from groundwire_evaluators.reliance.values import Value, values_of
from groundwire_evaluators.text.parse_cache import ParseCache
from groundwire_evaluators.text.quantities import Quantity
from groundwire_evaluators.text.reading import Reading, reading
from groundwire_evaluators.text.tokens import Token
from groundwire_evaluators.text.words import ENGLISH, Language

_RUN = re.compile(r"\w+")
_GOES_ON = re.compile(r"\w|[.,]\d")  # behind what is only a part of a longer value
_MOST_PLACES = 64  # of one word that are compared


class Source:
    """Values of a text with their context words, computed lazily.

    Pass `tokens` where the text is cut into words already.
    """

    def __init__(
        self, text: str, language: Language = ENGLISH, tokens: Sequence[Token] | None = None
    ) -> None:
        self._start(Reading(text, language, tokens))

    @classmethod
    def of_chunk(cls, text: str, language: Language) -> "Source":
        """The source of a chunk, on the reading that all evaluators share."""
        source = cls.__new__(cls)
        source._start(reading(text, language))
        return source

    def _start(self, read: Reading) -> None:
        self._reading = read
        self.text, self.language, self.tokens = read.text, read.language, read.tokens
        self._frames: dict[int, frozenset[str]] = {}
        self._shown: dict[str, bool] = {}

    @cached_property
    def values(self) -> list[Value]:
        return values_of(self.text, self.tokens, self._reading.quantities, self.language)

    @cached_property
    def faces(self) -> frozenset[float | None]:
        """Its quantities as numbers, without units."""
        found = [value.meaning for value in self.values]
        return frozenset([each.face for each in found if isinstance(each, Quantity)])

    @cached_property
    def words(self) -> frozenset[str]:
        """The content words of the whole text."""
        return content_of(self.tokens, self.language)

    @property
    def folded(self) -> list[str]:
        """Every word, folded, in order."""
        return self._reading.folded

    def shows(self, text: str) -> bool:
        """Whether a source contains these characters, not as part of a longer word or number."""
        found = self._shown.get(text)
        if found is None:
            found = self._shown[text] = self._finds(text)
        return found

    def _finds(self, text: str) -> bool:
        word = _RUN.search(text)
        if word is None:
            return False
        for at in self._runs.get(word.group(), ()):
            start, end = at - word.start(), at - word.start() + len(text)
            before = self.text[start - 1 : start] if start > 0 else " "
            if start < 0 or before.isalnum() or before in "_.,":
                continue
            if self.text.startswith(text, start) and not _GOES_ON.match(self.text, end):
                return True
        return False

    @cached_property
    def _runs(self) -> dict[str, list[int]]:
        """Start of every run of letters and digits."""
        found: dict[str, list[int]] = {}
        for match in _RUN.finditer(self.text):
            places = found.setdefault(match.group(), [])
            if len(places) < _MOST_PLACES:
                places.append(match.start())
        return found

    @cached_property
    def _ends(self) -> list[int]:
        return [end for _, end in self._reading.sentences]

    def sentence(self, value: Value) -> tuple[int, int]:
        """Range of the sentence in which a value of this text starts."""
        ends = self._ends
        return self._reading.sentences[min(bisect_right(ends, value.start), len(ends) - 1)]

    def frame(self, value: Value) -> frozenset[str]:
        """The content words of the sentence of a value, its own included."""
        start, end = self.sentence(value)
        if start not in self._frames:
            self._frames[start] = content_of(self._between(start, end), self.language)
        return self._frames[start]

    def around(self, value: Value) -> frozenset[str]:
        """The content words of the sentence of a value, its own left out."""
        start, end = self.sentence(value)
        outside = [*self._between(start, value.start), *self._between(value.end, end)]
        return content_of(outside, self.language)

    def _between(self, start: int, end: int) -> Sequence[Token]:
        starts = self._reading.starts
        first = bisect_left(starts, start)
        return self.tokens[first : bisect_left(starts, end, lo=first)]


# Of chunks, for every evaluator that looks for values.
_CHUNKS = ParseCache(Source.of_chunk)


def source_of(text: str, language: Language) -> Source:
    """The source of a chunk, shared by all evaluators of the process."""
    return _CHUNKS.get(text, language)
