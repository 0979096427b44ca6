"""Lexical search for a chunk that answers a question."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from groundwire_evaluators.grounding.false_refusals import ANSWERING, answering_chunk
from groundwire_evaluators.grounding.passages import Passage
from groundwire_evaluators.retrieval.relevance import ChunkTerms, QuestionTerms
from groundwire_evaluators.text.languages import language_of
from groundwire_evaluators.text.words import Language

FEWEST_TERMS = 3  # of a question that is searched for: fewer stand in many chunks by chance
_SAMPLE = 2_000  # code points of a chunk by which its language is told


class ChunkSearch:
    """Index of chunk texts by stem, one for each language.

    Price: about 0.2 ms a chunk of 800 characters to index; a question costs a look at the chunks
    that share its words, and 1 ms for each that holds nearly all of them for the first time.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._by_language: dict[str, _LanguageIndex] = {}
        for text in dict.fromkeys(texts):
            language = language_of(text[:_SAMPLE])
            if language is not None:
                part = self._by_language.setdefault(language.code, _LanguageIndex(language))
                part.add(text)

    def can_search(self, question: str | None) -> bool:
        """Whether a question has enough words in a language of the chunks."""
        return any(len(terms.weights) >= FEWEST_TERMS for _, terms in self._parts(question))

    def find(self, question: str | None) -> list[str]:
        """Texts of the chunks with a sentence that answers, best first."""
        return [
            entry.text
            for part, terms in self._parts(question)
            if len(terms.weights) >= FEWEST_TERMS
            for entry in part.candidates(terms)
            if entry.answers(question)
        ]

    def _parts(self, question: str | None) -> Iterator[tuple["_LanguageIndex", QuestionTerms]]:
        """A question alone is too short to tell its language for sure: each that it may be."""
        found = language_of(question or "")
        for part in self._by_language.values():
            if found is None or found.code == part.language.code:
                yield part, QuestionTerms.of(question, part.language)


class _LanguageIndex:
    """Chunks of one language, with the places of each stem."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._entries: list[_IndexedChunk] = []
        self._places: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, text: str) -> None:
        for key in ChunkTerms.of(text, self.language).keys:
            self._places[key].append(len(self._entries))
        self._entries.append(_IndexedChunk(text, self.language))

    def candidates(self, terms: QuestionTerms) -> list["_IndexedChunk"]:
        """Chunks that hold enough of the question, most first."""
        weights: defaultdict[int, float] = defaultdict(float)
        for key, weight in terms.weights:
            for at in self._places.get(key, ()):
                weights[at] += weight
        least = ANSWERING * sum(weight for _, weight in terms.weights) - 1e-9
        found = [at for at, weight in weights.items() if weight >= least]
        return [self._entries[at] for at in sorted(found, key=lambda at: (-weights[at], at))]


class _IndexedChunk:
    """A chunk, parsed when a question first comes near it."""

    def __init__(self, text: str, language: Language) -> None:
        self.text = text
        self._language = language

    def answers(self, question: str | None) -> bool:
        return answering_chunk(question, [self._passage], self._language) is not None

    @cached_property
    def _passage(self) -> Passage:
        return Passage(self.text, self._language)
