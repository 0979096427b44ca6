"""Lexical relevance of a chunk to a question."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from groundwire_evaluators.text.lexicon import lexicon
from groundwire_evaluators.text.reading import reading
from groundwire_evaluators.text.tokens import WORD, fold, keys
from groundwire_evaluators.text.words import META, Language

RELATED = 0.3  # from this relevance on a chunk speaks of the question
NEAR_COPY = 0.8  # share of a chunk's word pairs in one earlier chunk
_LONGEST_QUESTION = 4_000  # code points


@dataclass(frozen=True, slots=True)
class ChunkTerms:
    """Terms of a chunk and their adjacent pairs."""

    keys: frozenset[str]
    pairs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, text: str, language: Language) -> "ChunkTerms":
        """The terms of a chunk, on the reading that all evaluators share."""
        read = reading(text, language)
        return cls(read.keys, read.pairs)


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """Content terms of a question, with weights."""

    weights: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, question: str | None, language: Language) -> "QuestionTerms":
        """Rare words weigh more: 1 / (1 + log2 of their count in the lexicon's texts)."""
        key, common = keys(language.stemmer), lexicon().commonness
        weights = {}
        for word in WORD.findall((question or "")[:_LONGEST_QUESTION]):
            if key[word] not in META and fold(word) not in language.stop:
                weights[key[word]] = 1.0 / (1.0 + max(common.get(key[word], 0), 0))
        return cls(tuple(weights.items()))

    def relevance(self, keys: Set[str]) -> float:
        """Weighted share in [0, 1] of the question's terms that a chunk holds.

        It tells chunks about the question from chunks about something else, and no more: one that
        answers in other words is missed, one that repeats the question is taken for an answer.
        Measured in docs/reference/retrieval.md.
        """
        total = sum(weight for _, weight in self.weights)
        found = sum(weight for key, weight in self.weights if key in keys)
        return found / total if total else 0.0


def redundancy(chunks: Sequence[ChunkTerms]) -> float:
    """In [0, 1]: of the pairs of neighbouring words in all chunks, those an earlier chunk held."""
    seen: set[tuple[str, str]] = set()
    total = again = 0
    for chunk in chunks:
        total += len(chunk.pairs)
        again += len(chunk.pairs & seen)
        seen |= chunk.pairs
    return again / total if total else 0.0


def duplicates(chunks: Sequence[ChunkTerms]) -> float:
    """Share in [0, 1] of chunks that are near-copies of an earlier one, by their word pairs.

    Pairs are shingles of two words; the measure is containment (Broder 1997,
    https://doi.org/10.1109/SEQUEN.1997.666900), so a part of an earlier chunk is a copy too.
    Price: quadratic in the chunks, some 10 µs a pair of them.
    """
    copies = 0
    for at, chunk in enumerate(chunks):
        least = NEAR_COPY * len(chunk.pairs)
        before = chunks[:at] if chunk.pairs else ()
        copies += any(len(chunk.pairs & other.pairs) >= least for other in before)
    return copies / len(chunks) if chunks else 0.0
