"""The figures of the grounding evaluator, as one table.

    python benchmarks/grounding.py            # a few minutes on one core

Every figure is out of sample: RAGTruth, SummEdits and BUMP by five-fold cross-validation over sources with all other
sets in training, "never trained on" by leaving the whole family out. Thresholds come from the training folds. Intervals: 95 %,
bootstrap over sources, seed 0. Definitions: the README of the data.
"""

import random
import re
import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from grounding_data import SETS, Array, Labelled, answers, family, labelled, turn
from numpy.typing import NDArray
from train_grounding import Part, answer_logits, best_f1, train, whole

from groundwire_evaluators.evaluation import State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.grounding import model as model_module
from groundwire_evaluators.grounding.model import Model

FOLDS = 5
RESAMPLES = 1000
Labels = NDArray[np.int64]

# The word-count floor: content words of the answer absent from the context, counted.
_WORD = re.compile(r"[a-z0-9]+")
_STOP = frozenset(
    "a an the of in on at to for from by with and or but is are was were be been being it its this "
    "that these those as not no he she they his her their we you i him them has have had do does "
    "did will would can could should may might there which who what when where how than then so if "
    "also such into about over after before more most other some any all each one two".split()
)


def _cut(word: str) -> str:
    for ending in ("ing", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def floor(contexts: Sequence[str], answer: str) -> int:
    """How many content words of the answer no context holds."""
    known = {_cut(word) for context in contexts for word in _WORD.findall(context.lower())}
    return sum(
        _cut(word) not in known for word in _WORD.findall(answer.lower()) if word not in _STOP
    )


def auroc(labels: Labels, scores: Array) -> float:
    """Area under the ROC curve; ties count half."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = labels.sum()
    negatives = len(labels) - positives
    if not positives or not negatives:
        return float("nan")
    above = rank[labels == 1].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def f1(labels: Labels, flagged: NDArray[np.bool_]) -> float:
    hit = int((flagged & (labels == 1)).sum())
    return 2 * hit / (int(flagged.sum()) + int(labels.sum())) if hit else 0.0


def interval(
    sources: Sequence[str], figure: Callable[[NDArray[np.int64]], float]
) -> tuple[float, float]:
    """95 % by resampling sources; `figure` takes the indices of the rows of one resample."""
    by = defaultdict(list)
    for at, source in enumerate(sources):
        by[source].append(at)
    groups = [np.array(rows) for rows in by.values()]
    generator = np.random.default_rng(0)
    draws = [
        figure(np.concatenate([groups[i] for i in generator.integers(len(groups), size=len(groups))]))
        for _ in range(RESAMPLES)
    ]
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True)
class OutOfSample:
    """Scores of one set by models that saw none of its fold's sources, with their thresholds."""

    logits: Array
    flagged: NDArray[np.bool_]
    models: list[Model]


def cross_validated(sets: dict[str, Labelled], name: str, kind: NDArray[np.str_]) -> OutOfSample:
    """Five folds over sources; a threshold for each kind of row from the training folds."""
    data = sets[name]
    fold = data.fold(FOLDS)
    others = [whole(other) for other in sets.values() if other.name != name]
    models = [train([*others, Part(data, fold != k)]) for k in range(FOLDS)]
    by_model = [answer_logits(data, model) for model in models]
    logits = np.choose(fold, by_model)
    flagged = np.zeros(len(logits), bool)
    for k in range(FOLDS):
        for one in np.unique(kind):
            known = (fold != k) & (kind == one)
            threshold, _ = best_f1(logits[known], data.unsupported[known])
            here = (fold == k) & (kind == one)
            flagged[here] = logits[here] >= threshold
    return OutOfSample(logits, flagged, models)


def left_out(sets: dict[str, Labelled]) -> dict[str, Array]:
    """Scores of every set by a model that never saw a set of its family."""
    found = {}
    for one in sorted({family(name) for name in sets}):
        model = train([whole(data) for data in sets.values() if family(data.name) != one])
        for name, data in sets.items():
            if family(name) == one:
                found[name] = answer_logits(data, model)
    return found


def within(data: Labelled, labels: Labels, scores: Array) -> float:
    """AUROC inside each task and language model, weighed by pairs."""
    groups = defaultdict(list)
    for at, row in enumerate(data.answers):
        groups[row["task"], row["model"]].append(at)
    total = weight = 0.0
    for rows in groups.values():
        y = labels[rows]
        pairs = float(y.sum() * (len(y) - y.sum()))
        if pairs:
            total += pairs * auroc(y, scores[rows])
            weight += pairs
    return total / weight


def ordered_pairs(data: Labelled, scores: Array) -> tuple[float, float]:
    """Shares of pairs whose supported side scores lower, and of ties."""
    pairs: dict[str, dict[int, float]] = defaultdict(dict)
    for row, score in zip(data.answers, scores, strict=True):
        pairs[row["pair_id"]][row["unsupported"]] = score
    gaps = [pair[1] - pair[0] for pair in pairs.values()]
    ties = sum(abs(gap) < 1e-12 for gap in gaps)
    return sum(gap >= 1e-12 for gap in gaps) / len(gaps), ties / len(gaps)


def span_f1(data: Labelled, cv: OutOfSample, task: str) -> tuple[float, float, float]:
    """Characters: precision, recall, F1 of the highlighted words of claims called unsupported."""
    fold = data.fold(FOLDS)
    overlap = predicted = gold = 0
    for at, row in enumerate(data.answers):
        if row["task"] != task:
            continue
        marked = _marked(row, cv.models[fold[at]])
        predicted += sum(end - start for start, end in marked)
        gold += sum(span["end"] - span["start"] for span in row["spans"])
        overlap += sum(
            max(0, min(end, span["end"]) - max(start, span["start"]))
            for start, end in marked
            for span in row["spans"]
        )
    precision, recall = overlap / max(predicted, 1), overlap / max(gold, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def _marked(row: dict[str, object], model: Model) -> list[tuple[int, int]]:
    shipped = model_module.shipped
    try:
        model_module_shipped(model)
        (evaluation,) = _EVALUATOR.evaluate([turn(row)])
    finally:
        evaluator_module.shipped = shipped
    return [
        (span.start, span.end)
        for claim in evaluation.claims
        if claim.verdict in (Verdict.UNSUPPORTED, Verdict.CONTRADICTED)
        for span in claim.spans
    ]
