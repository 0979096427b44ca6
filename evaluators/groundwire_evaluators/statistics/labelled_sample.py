"""Sample with cheap scores for all units and labels for some."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class LabelledSample:
    """N units with a score each, n of them labelled.

    `scores` (N, in [0, 1]) predict the outcome; `labelled` (n) are positions among them, `outcomes`
    (n, in [0, 1]) their labels, `weights` (n) one over the probability with which each was drawn,
    `clusters` and `strata` (N) the number of the cluster (a session, say) and stratum of each unit.

    >>> from groundwire_evaluators.statistics import LabelledSample
    >>> sample = LabelledSample.of([0.9, 0.2, 0.6, 0.1], labelled=[0, 3], outcomes=[1, 0])
    >>> sample.total, sample.n, sample.kish
    (4, 2, 2.0)
    """

    scores: Floats
    labelled: Indices
    outcomes: Floats
    weights: Floats
    clusters: Indices
    strata: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.intp))

    @classmethod
    def of(
        cls,
        scores: ArrayLike,
        labelled: ArrayLike,
        outcomes: ArrayLike,
        *,
        probabilities: ArrayLike | None = None,
        clusters: Sequence[Hashable] | None = None,
        strata: Sequence[Hashable] | None = None,
    ) -> "LabelledSample":
        """Checked; without `probabilities` all are equal, without `clusters` each unit is its own.

        Raises:
            ValueError: lengths differ, a value is NaN or out of its range, a unit is labelled
                twice.
        """
        all_scores = _within("scores", scores, 0, 1)
        positions = np.asarray(labelled, dtype=np.intp)
        found = _within("outcomes", outcomes, 0, 1)
        total, n = len(all_scores), len(positions)
        if len(found) != n:
            raise ValueError(f"{len(found)} outcomes for {n} labelled units")
        if n and (positions.min() < 0 or positions.max() >= total):
            raise ValueError("a labelled unit was not scored")
        if len(np.unique(positions)) != n:
            raise ValueError("a unit is labelled twice")
        drawn = np.ones(n) if probabilities is None else _within("probabilities", probabilities)
        if len(drawn) != n or np.any(drawn <= 0):
            raise ValueError("every labelled unit needs a sampling probability in (0, 1]")
        return cls(
            scores=all_scores,
            labelled=positions,
            outcomes=found,
            weights=1.0 / drawn,
            clusters=_numbered("clusters", clusters, total, np.arange(total)),
            strata=_numbered("strata", strata, total, np.zeros(total, dtype=np.intp)),
        )

    @property
    def n(self) -> int:
        return len(self.labelled)

    @property
    def total(self) -> int:
        return len(self.scores)

    @property
    def kish(self) -> float:
        """Kish's effective number of labels: n, less what unequal weights cost."""
        if not self.n:
            return 0.0
        return float(self.weights.sum() ** 2 / np.sum(self.weights**2))

    def stratified(self, strata: Indices) -> "LabelledSample":
        """The same sample in other strata."""
        return LabelledSample(
            self.scores, self.labelled, self.outcomes, self.weights, self.clusters, strata
        )


def score_strata(sample: LabelledSample, most: int, fewest: int) -> Indices:
    """Strata by score, at most `most` of about equal size, each with at least `fewest` labels.

    Scores alone decide where they begin and end, and how many labels fall where; no outcome does.

    >>> from groundwire_evaluators.statistics import LabelledSample, score_strata
    >>> sample = LabelledSample.of([0.9, 0.2, 0.6, 0.1], labelled=[0, 3], outcomes=[1, 0])
    >>> score_strata(sample, most=4, fewest=1).tolist()
    [1, 0, 1, 0]
    """
    for count in range(most, 1, -1):
        edges = np.unique(np.quantile(sample.scores, np.arange(1, count) / count))
        strata = np.searchsorted(edges, sample.scores, side="left").astype(np.intp)
        held = np.bincount(strata[sample.labelled], minlength=len(edges) + 1)
        units = np.bincount(strata, minlength=len(edges) + 1)
        if np.all(held[units > 0] >= fewest):
            return np.unique(strata, return_inverse=True)[1].astype(np.intp)
    return np.zeros(sample.total, dtype=np.intp)


def _within(name: str, values: ArrayLike, low: float = 0.0, high: float = 1.0) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or not np.all((array >= low) & (array <= high)):  # NaN is in no range
        raise ValueError(f"{name} are numbers in [{low:g}, {high:g}], one a unit")
    return array


def _numbered(name: str, keys: Sequence[Hashable] | None, total: int, default: Indices) -> Indices:
    if keys is None:
        return default
    if len(keys) != total:
        raise ValueError(f"every scored unit needs its place in {name}")
    index: dict[Hashable, int] = {}
    return np.array([index.setdefault(each, len(index)) for each in keys], dtype=np.intp)
