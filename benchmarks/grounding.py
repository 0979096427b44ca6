"""The figures of the grounding evaluator, as one table.

    python benchmarks/grounding.py            # a few minutes on one core
    python benchmarks/grounding.py --write    # the same, into docs/reference/grounding.md

Every figure is out of sample: RAGTruth, SummEdits and BUMP by five-fold cross-validation over
sources with all other
sets in training, "never trained on" by leaving the whole family out. Thresholds come from the
training folds. Intervals: 95 %,
bootstrap over sources, seed 0. Definitions: the README of the data.
"""

import re
import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grounding_data import SETS, Array, Labelled, answers, family, labelled, turn
from groundwire_evaluators.evaluation import State, Verdict
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.grounding.model import Model
from groundwire_evaluators.runner import evaluate
from train_grounding import REFERENCE, Part, answer_logits, best_f1, flags, train, whole

FOLDS = 5
OWN_KINDS = (1.0, 2.0, 4.0, 8.0, 16.0)  # factors of a kind's own answers among which is chosen
MARKS = ("<!-- figures: made by benchmarks/grounding.py --write -->", "<!-- end of figures -->")
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
        figure(
            np.concatenate([groups[i] for i in generator.integers(len(groups), size=len(groups))])
        )
        for _ in range(RESAMPLES)
    ]
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True)
class OutOfSample:
    """Scores of one set by models that saw none of its fold's sources.

    `flagged` by thresholds of p_unsupported from the training folds, `shipped` as the evaluator
    flags: where a claim reaches the model's threshold.
    """

    logits: Array
    flagged: NDArray[np.bool_]
    shipped: NDArray[np.bool_]
    models: list[Model]


def cross_validated(sets: dict[str, Labelled], name: str, kind: NDArray[np.str_]) -> OutOfSample:
    """Five folds over sources; a threshold for each kind of row from the training folds.

    The threshold is one of the same model's scores: those of the other models lie on scales of
    their own, and were made by having seen this fold.
    """
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
            threshold, _ = best_f1(by_model[k][known], data.unsupported[known])
            here = (fold == k) & (kind == one)
            flagged[here] = logits[here] >= threshold
    shipped = np.choose(fold, [flags(data, model) for model in models])
    return OutOfSample(logits, flagged, shipped, models)


def nested(sets: dict[str, Labelled], task: str) -> str:
    """Figures of a task where each fold's factor of its own kind is chosen by the other folds.

    The factor of a fold has the best F1 on the other folds, each by models that saw neither.
    """
    data, folds = sets["ragtruth"], range(FOLDS)
    fold, rows = data.fold(FOLDS), np.array([row["task"] == task for row in data.answers])
    labels = data.unsupported
    others = [whole(other) for other in sets.values() if other.name != "ragtruth"]

    def model(factor: float, *left_out: int) -> Model:
        return train([*others, Part(data, ~np.isin(fold, left_out))], own_kind=factor)

    flagged = {
        (factor, j, k): flags(data, one)
        for factor in OWN_KINDS
        for k in folds
        for j in range(k)
        if (one := model(factor, j, k))
    }
    logits, shipped, chosen = np.zeros(len(labels)), np.zeros(len(labels), bool), []
    for k in folds:
        scores = {}
        for factor in OWN_KINDS:
            found = np.zeros(len(labels), bool)
            for j in folds:
                if j != k:
                    found[fold == j] = flagged[factor, min(j, k), max(j, k)][fold == j]
            inside = rows & (fold != k)
            scores[factor] = f1(labels[inside], found[inside])
        chosen.append(max(OWN_KINDS, key=lambda factor: scores[factor]))
        here, best = fold == k, model(chosen[-1], k)
        logits[here], shipped[here] = answer_logits(data, best)[here], flags(data, best)[here]
    return (
        f"AUROC {auroc(labels[rows], logits[rows]):.3f}, "
        f"F1 as shipped {f1(labels[rows], shipped[rows]):.3f}; "
        f"factors {', '.join(f'{factor:g}' for factor in chosen)}"
    )


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
    (evaluation,) = evaluate(Grounding(model=model), [turn(row)])
    return [
        (span.start, span.end)
        for claim in evaluation.claims
        if claim.verdict in (Verdict.UNSUPPORTED, Verdict.CONTRADICTED)
        for span in claim.spans
    ]


def contradicted_share(data: Labelled, cv: OutOfSample, tasks: Collection[str]) -> str:
    """Of the claims called contradicted, those that overlap a labelled conflict, or any label."""
    fold = data.fold(FOLDS)
    conflicts = labels_hit = found = 0
    for at, row in enumerate(data.answers):
        if row["task"] not in tasks:
            continue
        (evaluation,) = evaluate(Grounding(model=cv.models[fold[at]]), [turn(row)])
        for claim in evaluation.claims:
            if claim.verdict is not Verdict.CONTRADICTED:
                continue
            spans = [s for s in row["spans"] if s["start"] < claim.end and claim.start < s["end"]]
            found += 1
            labels_hit += bool(spans)
            conflicts += any("Conflict" in span["label"] for span in spans)
    return f"{conflicts} of {found} a labelled conflict, {labels_hit} labelled unsupported at all"


def calibration_error(labels: Labels, logits: Array) -> float:
    """Expected calibration error: mean gap of probability and share over ten equal groups."""
    p = 1 / (1 + np.exp(-logits))
    groups = np.array_split(np.argsort(p, kind="stable"), 10)
    gaps = [abs(float(p[g].mean() - labels[g].mean())) * len(g) for g in groups]
    return sum(gaps) / len(p)


def false_alarms(data: Labelled) -> str:
    """What the shipped weights say of true summaries beside their edits: share of each verdict."""
    rows = [row for row in data.answers if not row["unsupported"]]
    found = evaluate(Grounding(), [turn({**row, "question": None}) for row in rows])
    claims = [c for e in found for c in e.claims if c.verdict is not Verdict.NOT_A_CLAIM]
    contradicted = sum(c.verdict is Verdict.CONTRADICTED for c in claims) / len(claims)
    flagged = sum(bool(e.flagged) for e in found) / len(found)
    return f"answers flagged {flagged:.3f}, claims called contradicted {contradicted:.3f}"


def conflict_recall(data: Labelled, flagged: NDArray[np.bool_], rows: NDArray[np.bool_]) -> str:
    """Recall on answers whose only labelled errors are conflicts, where that many good ones
    are flagged.
    """
    only = np.array(
        [
            bool(row["spans"]) and all("Conflict" in span["label"] for span in row["spans"])
            for row in data.answers
        ]
    )
    chosen = np.flatnonzero(only & rows)
    good = rows & (data.unsupported == 0)
    sources = [data.sources[at] for at in chosen]
    low, high = interval(sources, lambda at: float(flagged[chosen[at]].mean()))
    return (
        f"{flagged[chosen].mean():.2f} [{low:.2f}, {high:.2f}] n={len(chosen)} "
        f"at false-positive rate {flagged[good].mean():.2f}"
    )


def speed() -> str:
    """CPU time of a turn over that of the word-count floor, in one run, first seen and seen
    before.
    """
    rows = [row for row in answers("ragtruth") if row["task"] == "qa"]
    turns = [turn(row) for row in rows]
    evaluate(Grounding(), turns[:20])  # tables read, caches of words warm
    distinct = list({row["source_id"]: t for row, t in zip(rows, turns, strict=True)}.values())
    texts = [([chunk.text for chunk in t.chunks], t.answer or "") for t in distinct]
    ratios, milliseconds = [], []
    for _ in range(5):
        base = _cpu(lambda: [floor(contexts, answer) for contexts, answer in texts])
        new = _cpu(lambda: evaluate(Grounding(), distinct))
        everything = _cpu(lambda: evaluate(Grounding(), turns))
        per_turn = everything / len(turns) / (base / len(texts))
        ratios.append((new / base, per_turn))
        milliseconds.append((base / len(texts) * 1e3, new / len(texts) * 1e3))
    cold, warm = (statistics.median(r[i] for r in ratios) for i in (0, 1))
    floor_ms, ours_ms = (statistics.median(m[i] for m in milliseconds) for i in (0, 1))
    return (
        f"{cold:.1f} (no chunk seen before), {warm:.1f} (six answers to each chunk); "
        f"floor {floor_ms:.2f} ms, ours {ours_ms:.2f} ms a turn"
    )


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def ragtruth_rows(data: Labelled, cv: OutOfSample) -> list[tuple[str, str]]:
    labels, tasks = data.unsupported, np.array([row["task"] for row in data.answers])
    base = np.array([float(floor(r["contexts"], r["answer"])) for r in data.answers])
    length = np.array([float(len(r["answer"])) for r in data.answers])
    rows = []
    for name, chosen in [(t, tasks == t) for t in ("qa", "summary", "data2txt")] + [
        ("all", np.ones(len(labels), bool))
    ]:
        at = np.flatnonzero(chosen)
        sources = [data.sources[i] for i in at]
        area = interval(sources, lambda i, at=at: auroc(labels[at[i]], cv.logits[at[i]]))
        score = interval(sources, lambda i, at=at: f1(labels[at[i]], cv.shipped[at[i]]))
        share = labels[at].mean()
        rows.append(
            (
                f"RAGTruth {name} (n={len(at)}, flag everything F1 {2 * share / (1 + share):.3f}, "
                f"floor AUROC {auroc(labels[at], base[at]):.3f}, "
                f"length AUROC {auroc(labels[at], length[at]):.3f})",
                f"AUROC {auroc(labels[at], cv.logits[at]):.3f} [{area[0]:.3f}, {area[1]:.3f}], "
                f"F1 as shipped {f1(labels[at], cv.shipped[at]):.3f} "
                f"[{score[0]:.3f}, {score[1]:.3f}], flags {cv.shipped[at].mean():.2f}, "
                f"balanced accuracy {_balanced(labels[at], cv.shipped[at]):.3f}; "
                f"F1 at a threshold from the folds {f1(labels[at], cv.flagged[at]):.3f}",
            )
        )
    rows.append(
        (
            "RAGTruth calibration error of p_unsupported, ten groups",
            f"qa {calibration_error(labels[tasks == 'qa'], cv.logits[tasks == 'qa']):.3f}, "
            f"all {calibration_error(labels, cv.logits):.3f}",
        )
    )
    everyone = np.arange(len(labels))
    low, high = interval(data.sources, lambda i: within(_part(data, i), labels[i], cv.logits[i]))
    rows.append(
        (
            f"RAGTruth within task and model (floor {within(data, labels[everyone], base):.3f})",
            f"AUROC {within(data, labels, cv.logits):.3f} [{low:.3f}, {high:.3f}]",
        )
    )
    return rows


def _part(data: Labelled, rows: NDArray[np.int64]) -> Labelled:
    return replace(data, answers=[data.answers[i] for i in rows])


def _balanced(labels: Labels, flagged: NDArray[np.bool_]) -> float:
    return float((flagged[labels == 1].mean() + 1 - flagged[labels == 0].mean()) / 2)


def edit_rows(sets: dict[str, Labelled]) -> list[tuple[str, str]]:
    rows = []
    for name in SETS:
        if family(name) not in ("bump", "summedits"):
            continue
        data = sets[name]
        one = np.full(len(data.answers), "all")
        logits = cross_validated(sets, name, one).logits
        if name == "bump":
            right, ties = ordered_pairs(data, logits)
            rows.append(("BUMP pairs ordered right", f"{right:.3f}, ties {ties:.3f}"))
            rows.append(("BUMP true summaries (in sample)", false_alarms(data)))
        else:
            rows.append((f"{name} AUROC", f"{auroc(data.unsupported, logits):.3f}"))
    return rows


def unseen_rows(sets: dict[str, Labelled]) -> list[tuple[str, str]]:
    rows, gains = [], defaultdict(list)
    for name, logits in left_out(sets).items():
        data = sets[name]
        base = np.array([float(floor(r["contexts"], r["answer"])) for r in data.answers])
        ours, theirs = auroc(data.unsupported, logits), auroc(data.unsupported, base)
        gains[family(name)].append(ours - theirs)
        rows.append(
            (f"never trained on: {name}", f"{ours:.3f}, floor {theirs:.3f}, {ours - theirs:+.3f}")
        )
        if name == "bump":
            right, ties = ordered_pairs(data, logits)
            rows.append(("never trained on: BUMP pairs", f"{right:.3f}, ties {ties:.3f}"))
    all_gains = [gain for of_family in gains.values() for gain in of_family]
    rows.append(
        (
            "never trained on: mean gain over the floor",
            f"{statistics.fmean(all_gains):+.3f} over sets, "
            f"{statistics.fmean(statistics.fmean(g) for g in gains.values()):+.3f} over families",
        )
    )
    return rows


def main() -> None:
    sets = {name: labelled(name) for name in SETS}
    ragtruth = sets["ragtruth"]
    tasks = np.array([row["task"] for row in ragtruth.answers])
    cv = cross_validated(sets, "ragtruth", tasks)
    rows = ragtruth_rows(ragtruth, cv)
    for task in ("qa", "summary", "data2txt"):
        p, r, f = span_f1(ragtruth, cv, task)
        rows.append((f"character spans, {task}", f"P {p:.2f} R {r:.2f} F1 {f:.3f}"))
    for task in ("qa", "summary", "data2txt"):
        rows.append(
            (
                f"conflict-only answers, {task}: recall",
                conflict_recall(ragtruth, cv.shipped, tasks == task),
            )
        )
    for name, part in (("prose", ("qa", "summary")), ("records", ("data2txt",))):
        rows.append((f"claims called contradicted, {name}", contradicted_share(ragtruth, cv, part)))
    rows.append(("RAGTruth qa, factor of its kind chosen by inner folds", nested(sets, "qa")))
    rows += edit_rows(sets)
    rows += unseen_rows(sets)
    rows.append(("time a turn ÷ floor, QA, CPU of one core", speed()))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows.append(("states in RAGTruth", _states(ragtruth)))
    text = page(rows)
    print(text)
    if "--write" in sys.argv[1:]:
        write(text)
    print(f"\nPeak memory of this whole run with its training data: {memory:.0f} MB.")


def page(rows: Sequence[tuple[str, str]]) -> str:
    """The figures as the reference page has them: revision and date, then the table."""
    lines = [f"| {name} | {value} |" for name, value in rows]
    head = f"Measured {date.today()} with revision {Grounding().revision}."
    return "\n".join([head, "", "| figure | measured |", "|---|---|", *lines])


def write(text: str, path: Path = REFERENCE) -> None:
    """Put the figures between the two marks of the reference page."""
    before, _, rest = path.read_text(encoding="utf-8").partition(f"{MARKS[0]}\n")
    _, _, after = rest.partition(MARKS[1])
    path.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{after}", encoding="utf-8")


def _states(data: Labelled) -> str:
    states = [e.state for e in evaluate(Grounding(), [turn(row) for row in data.answers])]
    return ", ".join(f"{state} {states.count(state)}" for state in State if state in states)


if __name__ == "__main__":
    main()
