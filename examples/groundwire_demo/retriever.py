"""BM25 retrieval over the handbook, with bm25s."""

from collections.abc import Sequence
from typing import Any

import bm25s
import Stemmer

from groundwire_demo.corpus import CorpusPassage


class Retriever:
    """BM25 index over title and text of passages."""

    def __init__(self, passages: Sequence[CorpusPassage]) -> None:
        self._passages = passages
        self._index = bm25s.BM25()
        self._index.index(
            self._tokens([f"{passage.title}. {passage.text}" for passage in passages]),
            show_progress=False,
        )

    def search(self, question: str, limit: int = 4) -> list[tuple[CorpusPassage, float]]:
        """At most `limit` passages with their BM25 scores, best first."""
        found, scores = self._index.retrieve(
            self._tokens([question]), k=limit, show_progress=False, return_as="tuple"
        )
        return [
            (self._passages[int(number)], float(score))
            for number, score in zip(found[0], scores[0], strict=True)
            if score > 0
        ]

    def _tokens(self, texts: list[str]) -> Any:
        # PyStemmer's stemmers keep state: one for each call, since many threads search.
        stemmer = Stemmer.Stemmer("english")
        return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)
