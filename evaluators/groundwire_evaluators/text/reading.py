"""Shared reading of a text: words, sentences and quantities, each once.

Why: docs/decisions/0172-shared-reading-of-chunks.md
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from groundwire_evaluators.text.parse_cache import ParseCache
from groundwire_evaluators.text.quantities import Quantity, quantities
from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.text.tokens import Token, fold, tokenize
from groundwire_evaluators.text.words import Language


class Reading:
    """Tokens of a text, and lazily its sentences, quantities and words.

    `tokens` may be those at hand. Price: linear, about 3 ms for 10,000 code points.
    """

    def __init__(
        self, text: str, language: Language, tokens: Sequence[Token] | None = None
    ) -> None:
        self.text = text
        self.language = language
        self.tokens = tokenize(text, language.stemmer) if tokens is None else tokens

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """Range of each sentence."""
        return list(sentences(self.text, self.language.code))

    @cached_property
    def quantities(self) -> list[Quantity]:
        return quantities(self.text, self.tokens, self.language.code)

    @cached_property
    def starts(self) -> list[int]:
        """Where each token starts."""
        return [token.start for token in self.tokens]

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every key, those of stop words included."""
        return frozenset([token.key for token in self.tokens])

    @cached_property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """Pairs of keys that stand side by side."""
        return frozenset(pairwise([token.key for token in self.tokens]))

    @cached_property
    def folded(self) -> list[str]:
        """Every word as `fold` gives it, not stemmed, in order."""
        return [fold(token.text) for token in self.tokens]


# Several evaluators read the same chunks, one turn after the other.
_CHUNKS = ParseCache(Reading)


def reading(text: str, language: Language) -> Reading:
    """The reading of a chunk, shared by all evaluators of the process."""
    return _CHUNKS.get(text, language)
