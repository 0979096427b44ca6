"""Question topics by TF-IDF and spherical k-means (Dhillon and Modha 2001)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundwire_evaluators.text.tokens import tokenize
from groundwire_evaluators.text.words import content

Floats = npt.NDArray[np.float64]

WORDS = 1000  # size of the vocabulary
ROUNDS = 20
SHOWN = 4  # words that name a topic


@dataclass(frozen=True, slots=True)
class Topics:
    """Topic model; each question belongs to its nearest topic or none.

    `vocabulary`: key of a word to its column; `weights`: inverse document frequencies. `centres`:
    unit vectors, one row a topic. A question without any known word belongs to no topic.

    >>> from groundwire_evaluators.statistics.topics import Topics
    >>> questions = ["refund a parcel", "parcel refund status", "reset the password"]
    >>> topics = Topics.learn(questions, topics=2)
    >>> topics.of(topics.vectors(["Where is my refund?", "password lost"]))
    ['parcel refund status', 'password reset']
    """

    vocabulary: dict[str, int]
    weights: Floats
    centres: Floats
    names: tuple[str, ...]
    known: Floats  # vectors of the questions it was learnt from

    @classmethod
    def learn(cls, questions: Sequence[str], topics: int = 8, seed: int = 0) -> "Topics":
        """Price: half a second for 1,000 questions; memory 8 kB a question."""
        words = [_words(question) for question in questions]
        spelled = {key: lower for found in words for key, lower in found.items()}
        frequency = Counter(key for found in words for key in found)
        common = [key for key, _ in frequency.most_common(WORDS)]
        vocabulary = {key: column for column, key in enumerate(sorted(common))}
        seen = np.array([frequency[key] for key in sorted(common)], dtype=float)
        weights = np.log((1 + len(questions)) / (1 + seen)) + 1
        vectors = _vectors(words, vocabulary, weights)
        nonzero = vectors[vectors.any(axis=1)]
        centres = _centres(nonzero, min(topics, len(np.unique(nonzero, axis=0))), seed)
        ordered = sorted(common)
        names = tuple(
            " ".join(spelled[ordered[at]] for at in np.argsort(-row)[:SHOWN] if row[at] > 0)
            for row in centres
        )
        return cls(vocabulary, weights, centres, names, vectors)

    def vectors(self, questions: Sequence[str]) -> Floats:
        return _vectors([_words(each) for each in questions], self.vocabulary, self.weights)

    def of(self, vectors: Floats) -> list[str]:
        """The name of the topic of each question; empty for none."""
        if not len(self.centres):
            return [""] * len(vectors)
        likeness = vectors @ self.centres.T
        return [self.names[int(row.argmax())] if row.any() else "" for row in likeness]

    def novelty(self, vectors: Floats, *, own: bool = False) -> Floats:
        """How unlike a question is to the most similar one learnt from: 0 the same words, 1 none.

        `own`: the questions are those it was learnt from, none is compared with itself.
        """
        likeness = vectors @ self.known.T
        if own:
            np.fill_diagonal(likeness, 0.0)
        return np.asarray(1 - likeness.max(axis=1, initial=0.0))


def _words(question: str) -> dict[str, str]:
    """Content words of a question: key and spelling, without numbers."""
    found = {token.lower: token.key for token in tokenize(question) if token.lower[0].isalpha()}
    return {found[lower]: lower for lower in content(found)}


def _vectors(
    words: Sequence[dict[str, str]], vocabulary: dict[str, int], weights: Floats
) -> Floats:
    """Of length 1 with the words that are not in the vocabulary, which weigh as the rarest do."""
    vectors = np.zeros((len(words), len(vocabulary)))
    rest = np.zeros(len(words))
    rarest = float(weights.max(initial=1.0))
    for row, found in enumerate(words):
        known = [vocabulary[key] for key in found if key in vocabulary]
        vectors[row, known] = weights[known]
        rest[row] = (len(found) - len(known)) * rarest**2
    length = np.sqrt((vectors**2).sum(axis=1) + rest)
    return np.asarray(vectors / np.maximum(length, 1e-12)[:, None])


def _centres(vectors: Floats, topics: int, seed: int) -> Floats:
    """Spherical k-means, initialised by k-means++ (Arthur and Vassilvitskii 2007)."""
    if topics < 1:
        return np.zeros((0, vectors.shape[1]))
    rng = np.random.default_rng(seed)
    chosen = [int(rng.integers(len(vectors)))]
    while len(chosen) < topics:
        away = np.maximum(1 - (vectors @ vectors[chosen].T).max(axis=1), 0)
        chosen.append(int(rng.choice(len(vectors), p=away / away.sum())))
    centres = vectors[chosen]
    for _ in range(ROUNDS):
        nearest = (vectors @ centres.T).argmax(axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, vectors)
        length = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(length > 0, sums / np.maximum(length, 1e-12), centres)
    return np.asarray(centres)
