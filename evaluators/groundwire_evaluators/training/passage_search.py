"""BM25 search over chunks, without a server or a model.

Robertson and Zaragoza 2009, *The Probabilistic Relevance Framework: BM25 and Beyond*,
https://doi.org/10.1561/1500000019 (k1 = 1.2, b = 0.75).
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.reliance.frames import content_of
from groundwire_evaluators.text.languages import language_of
from groundwire_evaluators.text.tokens import tokenize
from groundwire_evaluators.text.words import ENGLISH, Language
from groundwire_evaluators.turn import Chunk

_K1, _B = 1.2, 0.75
_FURTHER = 20  # chunks without the word that are added, so that few chunks tell words apart
_SAMPLE = 200  # code points of each of the first chunks by which the language is recognised
_SAMPLED = 40


@dataclass(frozen=True, slots=True)
class FoundChunk:
    """A chunk of the index and its score, larger is better."""

    chunk: Chunk
    score: float


class PassageSearch:
    """Index of chunk texts by their content words.

    `title` in a chunk's metadata is searched with its text. Building is linear in the texts,
    about 40 µs for 100 words; a search costs the postings of the question's words.
    """

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.chunks = list(chunks)
        sample = " ".join(chunk.text[:_SAMPLE] for chunk in self.chunks[:_SAMPLED])
        self.language: Language = language_of(sample) or ENGLISH
        counts = [Counter(self._keys(_searched(chunk))) for chunk in self.chunks]
        self._lengths = np.array([sum(count.values()) for count in counts], dtype=np.float64)
        self._postings = _postings(counts)

    def find(self, text: str, limit: int) -> list[FoundChunk]:
        """At most `limit` chunks that share words with a text, best first."""
        scores = np.zeros(len(self.chunks))
        for word in self.words(text):
            if word in self._postings:
                places, counts = self._postings[word]
                norm = _K1 * (1 - _B + _B * self._lengths[places] / self._mean)
                scores[places] += self.weight(word) * counts * (_K1 + 1) / (counts + norm)
        best = np.argsort(-scores, kind="stable")[:limit]
        return [FoundChunk(self.chunks[at], float(scores[at])) for at in best if scores[at] > 0]

    def words(self, text: str) -> frozenset[str]:
        """The content words of a text, as stems of the index's language."""
        return content_of(tokenize(text, self.language.stemmer), self.language)

    def weight(self, word: str) -> float:
        """Inverse document frequency of a stem, positive; the most for an unknown one."""
        known = len(self._postings[word][0]) if word in self._postings else 0
        return math.log1p((len(self.chunks) + _FURTHER - known + 0.5) / (known + 0.5))

    @cached_property
    def _mean(self) -> float:
        return float(self._lengths.mean()) or 1.0

    def _keys(self, text: str) -> list[str]:
        stop = self.language.stop
        return [
            token.key
            for token in tokenize(text, self.language.stemmer)
            if token.lower not in stop and len(token.text) > 1
        ]


def _searched(chunk: Chunk) -> str:
    title = chunk.metadata.get("title")
    return f"{title}\n{chunk.text}" if isinstance(title, str) else chunk.text


def _postings(
    counts: Sequence[Mapping[str, int]],
) -> dict[str, tuple[NDArray[np.intp], NDArray[np.float64]]]:
    places: dict[str, tuple[list[int], list[int]]] = {}
    for at, words in enumerate(counts):
        for word, count in words.items():
            entry = places.setdefault(word, ([], []))
            entry[0].append(at)
            entry[1].append(count)
    return {
        word: (np.array(at, dtype=np.intp), np.array(count, dtype=np.float64))
        for word, (at, count) in places.items()
    }
