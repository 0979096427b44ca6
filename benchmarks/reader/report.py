"""Report on a reader: words alone beside words with it, on what the training never saw."""

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.reader.checks import auroc
from benchmarks.reader.held_out import (
    HeldOutAnswer,
    Remembering,
    doubt,
    fact_turns,
    held_out_answers,
    judged_both_ways,
    unsupported,
)
from benchmarks.reader.pairs import Relation
from groundwire_evaluators.evaluation import Evaluation
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.reader import ReaderWeights
from groundwire_evaluators.reader.onnx_reader import OnnxReader

_DRAWS = 1000
_FACTS = 900


def report(model: Path, seed: int) -> ReaderWeights:
    """Print the tables; returns the mean of the weights of both folds."""
    reader = Remembering(OnnxReader(model))
    chosen = list(held_out_answers())
    by_words = [Grounding(reader=None).judge(one.turn) for one in chosen]
    started = time.process_time()
    with_reader, weights = judged_both_ways(chosen, reader)
    print(f"{len(chosen)} answers, {time.process_time() - started:.0f} CPU s with the reader")
    for fold, each in weights.items():
        print(f"fold {fold}: {each}")
    _print_answers(chosen, by_words, with_reader)
    _print_pairs(chosen, by_words, with_reader)
    mean = _mean(list(weights.values()))
    _print_facts(reader.with_weights(mean), seed)
    return mean


def _mean(weights: Sequence[ReaderWeights]) -> ReaderWeights:
    names = ReaderWeights.__dataclass_fields__
    return ReaderWeights(
        **{name: round(float(np.mean([getattr(w, name) for w in weights])), 3) for name in names}
    )


def _print_answers(
    chosen: Sequence[HeldOutAnswer], words: Sequence[Evaluation], read: Sequence[Evaluation]
) -> None:
    groups = defaultdict(list)
    for at, one in enumerate(chosen):
        groups[one.group].append(at)
        if one.group.endswith(" qa"):
            groups["all qa"].append(at)
    print("| set | n | AUROC words | with reader | change [95 %] | F1 words | with reader |")
    for name, found in groups.items():
        wrong = np.array([bool(chosen[at].row["unsupported"]) for at in found])
        sources = np.array([chosen[at].row["source_id"] for at in found])
        one, two = (np.array([doubt(each[at]) for at in found]) for each in (words, read))
        low, high = _interval(one, two, wrong, sources)
        flags = (np.array([unsupported(each[at]) for at in found]) for each in (words, read))
        first, second = (f"{_f1(flag, wrong):.3f}" for flag in flags)
        a, b = auroc(one, wrong), auroc(two, wrong)
        print(
            f"| {name} | {len(found)} | {a:.3f} | {b:.3f} | {b - a:+.3f} [{low:+.3f}, {high:+.3f}] "
            f"| {first} | {second} |"
        )


def _interval(
    one: NDArray[np.float64],
    two: NDArray[np.float64],
    wrong: NDArray[np.bool_],
    sources: NDArray[np.str_],
) -> tuple[float, float]:
    """95 % of the change of the area, by bootstrap over sources."""
    draw = np.random.default_rng(0)
    names = np.unique(sources)
    rows = [np.flatnonzero(sources == name) for name in names]
    changes = []
    for _ in range(_DRAWS):
        picked = np.concatenate([rows[k] for k in draw.integers(0, len(rows), len(rows))])
        if wrong[picked].any() and not wrong[picked].all():
            changes.append(auroc(two[picked], wrong[picked]) - auroc(one[picked], wrong[picked]))
    low, high = np.quantile(changes, [0.025, 0.975])
    return float(low), float(high)


def _f1(flags: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> float:
    hits = int((flags & wrong).sum())
    return 2 * hits / max(1, int(flags.sum() + wrong.sum()))


def _print_pairs(
    chosen: Sequence[HeldOutAnswer], words: Sequence[Evaluation], read: Sequence[Evaluation]
) -> None:
    """BUMP: the share of pairs whose supported side has the lower score."""
    for name, judged in (("words", words), ("with reader", read)):
        sides: dict[str, dict[int, float]] = defaultdict(dict)
        for one, evaluation in zip(chosen, judged, strict=True):
            if one.row["dataset"] == "bump":
                sides[one.row["pair_id"]][one.row["unsupported"]] = doubt(evaluation)
        pairs = [side for side in sides.values() if len(side) == 2]
        right = np.mean([side[1] > side[0] for side in pairs])
        ties = np.mean([side[1] == side[0] for side in pairs])
        print(f"BUMP pairs ordered right, {name}: {right:.3f}, ties {ties:.3f}, n {len(pairs)}")


def _print_facts(reader: Remembering, seed: int) -> None:
    """Facts of schemas never trained on: wrong ones found, true ones accused."""
    turns = fact_turns(_FACTS, seed)
    print("| kind | wrong n | found by words | with reader | true n | accused by words | with |")
    judged = [
        [unsupported(Grounding(reader=each).judge(turn)) for _, _, turn in turns]
        for each in (None, reader)
    ]
    for kind in sorted({kind for _, kind, _ in turns}):
        at = [k for k, (_, own, _) in enumerate(turns) if own == kind]
        wrong = [k for k in at if turns[k][0].relation is not Relation.SUPPORTED]
        right = [k for k in at if turns[k][0].relation is Relation.SUPPORTED]
        found, accused = (
            [f"{np.mean([flags[k] for k in rows]):.3f}" for flags in judged]
            for rows in (wrong, right)
        )
        print("|", " | ".join([kind, str(len(wrong)), *found, str(len(right)), *accused]), "|")
