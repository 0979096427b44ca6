"""Ranking measures: precision@k, recall@k, reciprocal rank, nDCG@k."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2


@dataclass(frozen=True, slots=True)
class Ranking:
    """Retrieved chunks, best first, with the relevance of labelled ones.

    `grades`: relevance by chunk name, 0 for irrelevant; a name that was not retrieved is a relevant
    chunk that retrieval missed. A chunk without a grade is unlabelled: a measure that would have to
    guess it is None. With `complete`, all relevant chunks are named, so that others are irrelevant.
    Of a name that comes twice the first place counts.
    """

    retrieved: tuple[str, ...]
    grades: Mapping[str, float] = field(default_factory=dict)
    complete: bool = False

    @property
    def relevant(self) -> frozenset[str]:
        """Names of the chunks that are known to be relevant."""
        return frozenset(name for name, grade in self.grades.items() if grade > 0)

    def precision(self, k: int) -> float | None:
        """Relevant chunks / chunks among the first k (fewer where fewer were retrieved)."""
        first = self._first(k)
        if first is None or not first:
            return None
        return sum(grade > 0 for grade in first) / len(first)

    def recall(self, k: int) -> float | None:
        """Relevant chunks among the first k / all that are known to be relevant.

        None without a known relevant chunk, or where a retrieved one is unlabelled.
        """
        if not self.relevant or self._first(len(self.retrieved)) is None:
            return None
        return sum(grade > 0 for grade in self._first(k) or ()) / len(self.relevant)

    def reciprocal_rank(self, k: int) -> float | None:
        """1 / place of the first relevant chunk, from 1; 0 where none is among the first k.

        None where an unlabelled chunk stands before it, and where it is known that no chunk of the
        index is relevant.
        """
        if self.complete and not self.relevant:
            return None
        for place, grade in enumerate(self._grades()[:k], start=1):
            if grade is None:
                return None
            if grade > 0:
                return 1.0 / place
        return 0.0

    def ndcg(self, k: int) -> float | None:
        """Discounted gain of the first k / that of the best order of all known chunks.

        Gains are the grades, discounts log2(place + 1) (Järvelin and Kekäläinen 2002,
        https://doi.org/10.1145/582415.582418; as trec_eval has it). None as `recall`.
        """
        if not self.relevant or self._first(len(self.retrieved)) is None:
            return None
        best = sorted((grade for grade in self.grades.values() if grade > 0), reverse=True)
        return _discounted(self._first(k) or []) / _discounted(best[:k])

    def _grades(self) -> list[float | None]:
        other = 0.0 if self.complete else None
        return [self.grades.get(name, other) for name in dict.fromkeys(self.retrieved)]

    def _first(self, k: int) -> list[float] | None:
        """Grades of the first k; None where one is unknown."""
        first = self._grades()[:k]
        known = [grade for grade in first if grade is not None]
        return known if len(known) == len(first) else None


MEASURES = {
    "precision": Ranking.precision,
    "recall": Ranking.recall,
    "mrr": Ranking.reciprocal_rank,
    "ndcg": Ranking.ndcg,
}


def _discounted(gains: list[float]) -> float:
    return sum(gain / log2(place + 1) for place, gain in enumerate(gains, start=1))
