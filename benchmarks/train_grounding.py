"""Trains the weights of the grounding evaluator and writes them into the package.

    python benchmarks/train_grounding.py            # about two minutes

Data: the development sets of `GROUNDWIRE_DATA` (see `grounding_data.py`). There is no randomness:
folds come
from a hash of the source's id, the optimiser is deterministic.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grounding_data import ROOT, SETS, Array, Labelled, labelled
from groundwire_evaluators.grounding.kinds import KINDS, Kind
from groundwire_evaluators.grounding.model import (
    ANSWER_TERMS,
    AnswerStep,
    KindModel,
    MinimumScore,
    Model,
)
from groundwire_evaluators.grounding.signals import NAMES, SIGNALS

# Weight of a set in the claim step. RAGTruth is what the evaluator is for and has labels by
# span; sets of
# small edits teach conflicts, and are four of one kind; dialogue and single claims broaden.
WEIGHT = {
    "ragtruth": 2.0, "ragtruth-train-extra": 1.0, "tofueval": 1.0, "wice-dev": 1.0,
    "factcheck-gpt": 1.0, "begin-dev-wow": 0.4, "begin-dev-cmu": 0.4, "bump": 0.5,
    "summedits-samsum": 0.6, "summedits-news": 0.6, "summedits-sales_call": 0.6,
    "summedits-podcast": 0.6,
}  # fmt: skip
# The sets whose base rates the intercepts are for: answers of language models to retrieved context.
RAG = ("ragtruth", "ragtruth-train-extra")
# How much more these weigh in the weights of their own kind of answer: 2, 4 and 8 are alike.
OWN_KIND = 4.0
# Findings that are enough alone, such answers being too rare in the sets to teach it (decision
# 0110): a claim with one scores at least this much above the threshold, in prose; those of
# `SURE_ON_RECORDS` on records too.
LEAST = {
    "overridden_values": 2.5, "unbacked_answer": 2.5, "swapped_quantity": 2.5, "swapped_name": 1.5,
    "record_cells": 1.0, "foreign_quantities": 0.1, "misplaced_value": 1.0,
    "swapped_word_alone": 1.0, "swapped_roles": 1.0,
    "firmly_denied": 1.0, "firmly_opposed": 1.0, "firmly_turned": 0.1, "overstated": 0.1,
}  # fmt: skip
SURE_ON_RECORDS = ("overridden_values", "unbacked_answer", "record_cells")
NO_STEP = AnswerStep((0.0, 0.0, 0.0), 0.0)
NO_CLAIM = -12.0  # stands for the terms of an answer without claims
CLAIM_RIDGE = 1e-2
ANSWER_RIDGE = 1e-2
WEIGHTS = ROOT / "evaluators/groundwire_evaluators/grounding/weights.json"
REFERENCE = ROOT / "docs/reference/grounding.md"
MARKS = ("<!-- weights: made by benchmarks/train_grounding.py -->", "<!-- end of weights -->")


@dataclass(frozen=True, eq=False)
class Part:
    """The answers of a set that may be trained on, and their share of the weight of the set."""

    data: Labelled
    answers: NDArray[np.bool_]
    share: float = 1.0

    @property
    def kind(self) -> Kind:
        """The kind of the answers: that of the first."""
        kind: Kind = self.data.kinds[int(np.argmax(self.answers))]
        return kind

    @property
    def weight(self) -> float:
        return WEIGHT[self.data.name] * self.share


def by_task(parts: Sequence[Part]) -> list[Part]:
    """The parts, each task a part of its own: what a task alone tells must not be learnt."""
    found = []
    for part in parts:
        tasks = np.array([row["task"] for row in part.data.answers])
        kinds = np.unique(tasks[part.answers])
        share = part.share / len(kinds)
        found += [Part(part.data, part.answers & (tasks == kind), share) for kind in kinds]
    return found


def whole(data: Labelled) -> Part:
    return Part(data, np.ones(len(data.answers), bool))


def fit(
    x: Array,
    y: Array,
    weight: Array,
    group: NDArray[np.int64],
    ridge: float,
    steps: int = 60,
    offset: Array | None = None,
) -> tuple[Array, Array]:
    """Weighted logistic regression with slopes ≥ 0 and a free intercept a group.

    Projected Newton: slopes at 0 whose gradient points below stay there. Returns slopes and
    intercepts; `ridge` is on
    slopes of standardised columns.
    """
    scale = x.std(axis=0) + 1e-9
    groups = int(group.max()) + 1
    z = np.hstack([x / scale, np.eye(groups)[group]])
    slopes = x.shape[1]
    penalty = np.concatenate([np.full(slopes, ridge), np.full(groups, 1e-6)])
    weight = weight / weight.sum()
    b = np.zeros(slopes + groups)
    shift = np.zeros(len(y)) if offset is None else offset

    def loss(b: Array) -> float:
        logits = z @ b + shift
        terms = np.logaddexp(0.0, logits) - y * logits
        return float(weight @ terms + 0.5 * penalty @ (b * b))

    now = loss(b)
    for _ in range(steps):
        p = 1.0 / (1.0 + np.exp(-(z @ b + shift)))
        gradient = z.T @ (weight * (p - y)) + penalty * b
        free = ~((np.arange(len(b)) < slopes) & (b <= 0) & (gradient > 0))
        hessian = (z[:, free] * (weight * p * (1 - p))[:, None]).T @ z[:, free]
        step = np.zeros_like(b)
        step[free] = np.linalg.solve(hessian + np.diag(penalty[free] + 1e-9), gradient[free])
        size, better = 1.0, now
        while size > 1e-6:
            trial = b - size * step
            trial[:slopes] = np.maximum(trial[:slopes], 0.0)
            better = loss(trial)
            if better < now:
                break
            size /= 2
        if not better < now - 1e-12:
            break
        b, now = trial, better
    return b[:slopes] / scale, b[slopes:]


def balanced(y: Array, total: float) -> Array:
    """Weights that give both labels the same mass, and all rows `total`."""
    share = y.mean()
    if share in (0.0, 1.0):
        return np.full(len(y), total / len(y))
    weight = np.where(y == 1, 0.5 / share, 0.5 / (1 - share))
    return weight * total / len(y)


def train(
    parts: Sequence[Part], prevalence: Collection[str] = RAG, own_kind: float = OWN_KIND
) -> Model:
    """Both steps of every kind; intercepts for the base rate of the sets in `prevalence`.

    `own_kind`: how much more answers of its own kind weigh in the claim step of each.
    """
    parts = by_task(parts)
    rag = [part for part in parts if part.data.name in prevalence] or list(parts)
    least = tuple(
        MinimumScore(NAMES.index(name), above, name in SURE_ON_RECORDS)
        for name, above in LEAST.items()
    )
    kinds = {kind: _train_kind(kind, parts, rag, least, own_kind) for kind in KINDS}
    return Model("unnamed", kinds, least)


def _train_kind(
    kind: Kind,
    parts: Sequence[Part],
    rag: Sequence[Part],
    least: tuple[MinimumScore, ...],
    own_kind: float,
) -> KindModel:
    """One kind: all parts teach its weights, those of the kind most, and set its intercepts."""
    own = [p for p in rag if p.kind == kind] or [p for p in parts if p.kind == kind] or list(rag)
    weights = _claim_step(parts, [part for part in own if part in rag], own_kind)
    intercept = _claim_intercept(own, weights)
    model = KindModel(
        weights=tuple(float(w) for w in weights),
        intercept=intercept,
        threshold=_claim_threshold(own, weights, intercept),
        step=NO_STEP,
    )
    alike = [p for p in parts if (p.kind == "records") == (kind == "records")] or list(parts)
    everywhere = Model("unnamed", dict.fromkeys(KINDS, model), least)
    return replace(model, step=_answer_step(alike, own, everywhere))


def _claims(part: Part) -> tuple[Array, Array]:
    labels = part.data.claim_labels()
    used = part.answers[part.data.of] & (labels >= 0)
    return np.log1p(part.data.signals[used]), labels[used].astype(float)


def _claim_step(parts: Sequence[Part], own: Sequence[Part], own_kind: float) -> Array:
    xs, ys, weights, groups = [], [], [], []
    for at, part in enumerate(parts):
        x, y = _claims(part)
        xs.append(x)
        ys.append(y)
        weights.append(balanced(y, part.weight * (own_kind if part in own else 1.0)))
        groups.append(np.full(len(y), at))
    stacked = (np.vstack(xs), np.concatenate(ys), np.concatenate(weights), np.concatenate(groups))
    return fit(*stacked, CLAIM_RIDGE)[0]


def _claim_intercept(parts: Sequence[Part], slopes: Array) -> float:
    """The intercept with which the mean claim probability is the share of unsupported claims."""
    scores, labels = _scores(parts, slopes)
    return _matching(scores, float(labels.mean()))


def _scores(parts: Sequence[Part], slopes: Array) -> tuple[Array, Array]:
    pairs = [_claims(part) for part in parts]
    return np.concatenate([x @ slopes for x, _ in pairs]), np.concatenate([y for _, y in pairs])


def _matching(scores: Array, share: float) -> float:
    low, high = -50.0, 50.0
    for _ in range(80):
        middle = (low + high) / 2
        mean = float(np.mean(1 / (1 + np.exp(-(scores + middle)))))
        low, high = (middle, high) if mean < share else (low, middle)
    return low


def _claim_threshold(parts: Sequence[Part], slopes: Array, intercept: float) -> float:
    """The score that as many claims reach as are labelled unsupported.

    That is near the best F1, whose own place is flat and wanders with the sample.
    """
    scores, labels = _scores(parts, slopes)
    return float(np.sort(scores)[-max(int(labels.sum()), 1)]) + intercept


def best_f1(scores: Array, labels: NDArray[np.int64]) -> tuple[float, float]:
    """The threshold (score ≥ it is positive) with the best F1, and that F1."""
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(labels[order])
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + labels.sum())
    f1[:-1][ranked[:-1] == ranked[1:]] = 0.0  # a threshold cannot part equal scores
    at = int(np.argmax(f1))
    return float(ranked[at]), float(f1[at])


def claim_terms(data: Labelled, model: Model) -> Array:
    """The three terms of the answer step; the first is the score of the worst claim or comment.

    An answer without claims gets `NO_CLAIM`.
    """
    scores = ranking_scores(data, model)
    terms = np.full((len(data.answers), 3), NO_CLAIM)
    order = np.argsort(data.of, kind="stable")
    bounds = np.flatnonzero(np.diff(data.of[order])) + 1
    for chunk in np.split(order, bounds):
        if not data.comments[chunk].all():
            terms[data.of[chunk[0]]] = pooled_terms(scores[chunk])
    return terms


def ranking_scores(data: Labelled, model: Model) -> Array:
    """As `Model.ranked`, of every claim and comment; as `claim_scores` in answers of one claim."""
    scores, thresholds = claim_scores(data, model), claim_thresholds(data, model)
    ranked = np.minimum(scores, np.maximum(weighed(data, model), thresholds))
    claims = np.bincount(data.of[~data.comments], minlength=len(data.answers))[data.of]
    return np.where(claims == 1, scores, ranked)


def by_kind(data: Labelled, model: Model, values: Callable[[KindModel], Array]) -> Array:
    """A value for every claim and comment, by the kind of its answer."""
    kinds = data.kinds[data.of]
    found = np.zeros(len(kinds))
    for kind in KINDS:
        rows = kinds == kind
        if rows.any():
            found[rows] = values(model.kinds[kind])[rows]
    return found


def weighed(data: Labelled, model: Model) -> Array:
    """As `Model.weighted_score`, of every claim and comment."""
    logs = np.log1p(data.signals)
    return by_kind(data, model, lambda kind: logs @ np.array(kind.weights) + kind.intercept)


def claim_thresholds(data: Labelled, model: Model) -> Array:
    """The threshold for every claim, by the kind of its answer."""
    return by_kind(data, model, lambda kind: np.full(len(data.of), kind.threshold))


def claim_scores(data: Labelled, model: Model) -> Array:
    """As `Model.claim_score`, of every claim and comment."""
    prose = data.kinds[data.of] != "records"
    scores, thresholds = weighed(data, model), claim_thresholds(data, model)
    for least in model.least:
        lifted = (data.signals[:, least.signal] > 0) & (least.on_records | prose)
        scores = np.where(lifted, np.maximum(scores, thresholds + least.above), scores)
    return scores


def pooled_terms(scores: Array) -> tuple[float, float, float]:
    """As `model.pooled`, vectorised."""
    none_wrong = -np.logaddexp(0.0, scores).sum()
    any_logit = np.log(max(-np.expm1(none_wrong), 1e-300)) - none_wrong
    return float(scores.max()), float(any_logit), float(scores.mean())


def _answer_step(parts: Sequence[Part], rag: Sequence[Part], model: Model) -> AnswerStep:
    """Fitted on `parts`, with the intercept for the base rate of `rag`."""
    pooled = {id(part): claim_terms(part.data, model) for part in (*parts, *rag)}
    xs, ys, weights, groups = [], [], [], []
    for at, part in enumerate(parts):
        terms = pooled[id(part)]
        used = part.answers & (terms[:, 0] > NO_CLAIM)
        y = part.data.unsupported[used].astype(float)
        xs.append(terms[used])
        ys.append(y)
        weights.append(balanced(y, part.weight))
        groups.append(np.full(len(y), at))
    stacked = (np.vstack(xs), np.concatenate(ys), np.concatenate(weights), np.concatenate(groups))
    slopes = fit(*stacked, ANSWER_RIDGE)[0]
    scores = np.concatenate([pooled[id(p)][p.answers] @ slopes for p in rag])
    labels = np.concatenate([p.data.unsupported[p.answers] for p in rag])
    worst, any_wrong, mean = (float(slope) for slope in slopes)
    return AnswerStep((worst, any_wrong, mean), _matching(scores, float(labels.mean())))


def answer_logits(data: Labelled, model: Model) -> Array:
    """The logit of p_unsupported for every answer; those that claim nothing get the floor."""
    terms = claim_terms(data, model)
    logits = np.zeros(len(terms))
    for kind in KINDS:
        rows, step = data.kinds == kind, model.kinds[kind].step
        logits[rows] = terms[rows] @ np.array(step.weights) + step.intercept
    return np.where(terms[:, 0] > NO_CLAIM, logits, -50.0)


def flags(data: Labelled, model: Model) -> NDArray[np.bool_]:
    """What is flagged as shipped: a claim reaches the threshold of its kind."""
    reached = (claim_scores(data, model) >= claim_thresholds(data, model)) & ~data.comments
    return np.bincount(data.of[reached], minlength=len(data.answers)) > 0


def write(model: Model, path: Path = WEIGHTS) -> None:
    """The model as readable JSON."""
    values = {"version": model.version, **_values(model)}
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def _values(model: Model) -> dict[str, object]:
    return {
        "trained": {
            "by": "benchmarks/train_grounding.py",
            "data": list(SETS),
            "randomness": "none: folds by hash of the source, deterministic optimiser",
        },
        "kinds": {kind: _kind_values(model.kinds[kind]) for kind in KINDS},
        "least": {
            NAMES[each.signal]: {"above": each.above, "on_records": each.on_records}
            for each in model.least
        },
    }


def _kind_values(model: KindModel) -> dict[str, object]:
    terms = {n: round(w, 4) for n, w in zip(ANSWER_TERMS, model.step.weights, strict=True)}
    return {
        "claim": {
            "weights": dict(zip(NAMES, _rounded(model.weights), strict=True)),
            "intercept": round(model.intercept, 4),
            "threshold": round(model.threshold, 4),
        },
        "answer": {"weights": terms, "intercept": round(model.step.intercept, 4)},
    }


def write_reference(model: Model, path: Path = REFERENCE) -> None:
    """The table of weights and the thresholds in the reference page, between its two marks."""
    columns = [_rounded(model.kinds[kind].weights) for kind in KINDS]
    rows = [
        f"| `{signal.__name__}` | {' | '.join(f'{weight:.2f}' for weight in weights)} | "
        f"{_first_sentence(signal.__doc__ or '')} |"
        for signal, *weights in zip(SIGNALS, *columns, strict=True)
    ]
    steps = [
        f"- {kind}: intercept of a claim {each.intercept:.2f}; it is not supported from a score of "
        f"{each.threshold:.2f}; the logit of p_unsupported is {each.step.weights[0]:.2f} × worst "
        f"claim + {each.step.weights[1]:.2f} × logit that any claim is wrong + "
        f"{each.step.weights[2]:.2f} × mean claim {each.step.intercept:+.2f}."
        for kind, each in model.kinds.items()
    ]
    alone = ", ".join(
        f"`{NAMES[each.signal]}` {each.above:g}{' (records too)' if each.on_records else ''}"
        for each in model.least
    )
    steps.append(f"- enough alone, each lifts a claim above the threshold by at least: {alone}.")
    table = "\n".join(
        [f"| signal | {' | '.join(KINDS)} | what it counts |", "|---|---|---|---|---|", *rows]
    )
    before, _, rest = path.read_text(encoding="utf-8").partition(f"{MARKS[0]}\n")
    _, _, after = rest.partition(MARKS[1])
    made = "\n".join([table, "", *steps])
    path.write_text(f"{before}{MARKS[0]}\n\n{made}\n\n{MARKS[1]}{after}", encoding="utf-8")


def _rounded(weights: Sequence[float]) -> list[float]:
    """As they are written into `weights.json`, from which the evaluator reads them."""
    return [round(weight, 4) for weight in weights]


def _first_sentence(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    model = train([whole(labelled(name)) for name in SETS])
    named = replace(model, version=_version(model))
    write(named)
    write_reference(named)
    print(WEIGHTS.read_text())


def _version(model: Model) -> str:
    """Changes whenever a weight does as it is written, whatever the order of sums in training."""
    return hashlib.sha256(json.dumps(_values(model)).encode()).hexdigest()[:8]


if __name__ == "__main__":
    main()
