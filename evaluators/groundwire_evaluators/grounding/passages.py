"""A chunk made ready for looking things up: words, sentences, quantities and names, with places."""

from bisect import bisect_left
from collections import OrderedDict
from functools import cached_property

from groundwire_evaluators.grounding.vocabulary import META
from groundwire_evaluators.text.names import Name, names
from groundwire_evaluators.text.quantities import Quantity, quantities
from groundwire_evaluators.text.sentences import sentences
from groundwire_evaluators.text.tokens import Token, fold, tokenize
from groundwire_evaluators.text.words import Language

# A word that stands in more places than this says little about which of them is meant; without
# a limit, a long answer against a long chunk of one repeated word would take quadratic time.
MOST_PLACES = 32


class Passage:
    """One chunk, indexed once and read by every claim."""

    def __init__(self, text: str, language: Language) -> None:
        self.text = text
        self.language = language
        self.tokens: list[Token] = tokenize(text, language.stemmer)
        self.bounds: list[tuple[int, int]] = list(sentences(text, language.code))
        self.sentence_of: list[int] = []
        # Content word → the indices of its tokens; stop words have no places.
        self.places: dict[str, list[int]] = {}
        self._fill()

    def _fill(self) -> None:
        stop, places, bounds = self.language.stop, self.places, self.bounds
        sentence, last = 0, len(bounds) - 1
        for at, token in enumerate(self.tokens):
            while sentence < last and token.start >= bounds[sentence][1]:
                sentence += 1
            self.sentence_of.append(sentence)
            if token.text.lower() in stop or token.key in META:
                continue
            found = places.get(token.key)
            if found is None:
                places[token.key] = [at]
            elif len(found) < MOST_PLACES:
                found.append(at)

    @cached_property
    def quantities(self) -> list[Quantity]:
        return quantities(self.text, self.tokens)

    @cached_property
    def names(self) -> list[Name]:
        return names(self.text, self.tokens)

    def between(self, start: int, end: int) -> list[Token]:
        """The tokens that begin in a range of the text."""
        first = bisect_left(self.tokens, start, key=_start)
        return self.tokens[first : bisect_left(self.tokens, end, key=_start)]

    @cached_property
    def folded(self) -> frozenset[str]:
        """Every word as `fold` gives it, not stemmed: what names are looked up in."""
        return frozenset(fold(token.text) for token in self.tokens)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every key, stop words included."""
        return frozenset(token.key for token in self.tokens)


def _start(token: Token) -> int:
    return token.start


class Shelf:
    """The passages used last, by text; chunks recur, and indexing is half of the work.

    Bounded by characters held (an index weighs about a hundred bytes a character).
    """

    def __init__(self, characters: int = 300_000) -> None:
        self._limit, self._held = characters, 0
        self._passages: OrderedDict[tuple[str, str], Passage] = OrderedDict()

    def passage(self, text: str, language: Language) -> Passage:
        key = (language.code, text)
        found = self._passages.get(key)
        if found is not None:
            self._passages.move_to_end(key)
            return found
        made = Passage(text, language)
        if len(text) <= self._limit // 4:
            self._passages[key] = made
            self._held += len(text)
            while self._held > self._limit:
                (_, dropped), _ = self._passages.popitem(last=False)
                self._held -= len(dropped)
        return made
