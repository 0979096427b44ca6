"""Figures of a reader on pairs that it never saw: area under the curve, by kind of pair."""

from collections.abc import Callable, Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

from benchmarks.reader.facts import schemas
from benchmarks.reader.mixture import Tests
from benchmarks.reader.pairs import Pair, Relation

Array = NDArray[np.float64]
Read = Callable[[Sequence[tuple[str, str]]], Array]
_CLAIMS = {"qa": 900, "summary": 300, "edits": 300}  # labelled claims checked on the way


def auroc(scores: Array, wrong: NDArray[np.bool_]) -> float:
    """The chance that a wrong pair scores above a right one, ties half; nan without both."""
    good, bad = np.sort(scores[~wrong]), scores[wrong]
    if not len(good) or not len(bad):
        return float("nan")
    below = np.searchsorted(good, bad, "left") + np.searchsorted(good, bad, "right")
    return float(below.mean() / 2 / len(good))


def on_the_way(read: Read, tests: Tests) -> dict[str, float]:
    """The figures of a learning curve, on samples that are always the same."""
    figures: dict[str, float] = {}
    for name, pairs in tests.made.items():
        figures |= _figures(name, pairs, read)
    draw = Random(0)
    claims = {
        "qa": [c.pair for c in tests.labelled if c.task == "qa"],
        "summary": [
            c.pair
            for c in tests.labelled
            if c.set_name.startswith("ragtruth") and c.task == "summary"
        ],
        "edits": [c.pair for c in tests.labelled if c.set_name.startswith(("summedits", "bump"))],
    }
    for name, pairs in claims.items():
        chosen = draw.sample(pairs, min(len(pairs), _CLAIMS[name]))
        figures |= _figures(f"labelled {name}", chosen, read)
    return figures


def _figures(name: str, pairs: Sequence[Pair], read: Read) -> dict[str, float]:
    probabilities = read([(pair.claim, pair.evidence) for pair in pairs])
    wrong = np.array([pair.relation is not Relation.SUPPORTED for pair in pairs])
    kinds = np.array([_kind(pair) for pair in pairs])
    unsupported = 1.0 - probabilities[:, 0]
    figures = {name: auroc(unsupported, wrong)}
    for kind in sorted(set(kinds) - {""}):
        chosen = kinds == kind
        figures[f"{name}: {kind}"] = auroc(unsupported[chosen], wrong[chosen])
    return figures


def _kind(pair: Pair) -> str:
    """The kind of a fact; text pairs have none, since the supported ones have no edit."""
    source, _, name = pair.rule.partition(":")
    return schemas()[name].kind if source == "fact" else ""
