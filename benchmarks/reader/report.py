"""Report on a reader: words alone beside words with it, on what the training never saw."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
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
    recorded_turns,
    unsupported,
)
from benchmarks.reader.pairs import Relation
from benchmarks.reader.words import held_out_model
from groundwire_evaluators.evaluation import Evaluation
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.reader import ReaderWeights
from groundwire_evaluators.reader.onnx_reader import OnnxReader
from groundwire_evaluators.turn import Turn

PAGE = Path("docs/reference/grounding.md")
BEGIN, END = "<!-- reader: made by benchmarks/reader -->\n", "<!-- end of reader -->\n"
_DRAWS = 1000
_FACTS = 900
_RECORDED = 400
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Judged:
    """Held-out answers with their evaluations by words and with the reader."""

    answers: Sequence[HeldOutAnswer]
    words: Sequence[Evaluation]
    reader: Sequence[Evaluation]


def report(model: Path, folder: Path, seed: int) -> ReaderWeights:
    """Write the tables into the reference page; returns the mean of the weights of both folds."""
    reader, words = Remembering(OnnxReader(model)), held_out_model(folder)
    chosen = list(held_out_answers())
    by_words = Grounding(model=words, reader=None)
    started = time.process_time()
    with_reader, weights = judged_both_ways(chosen, reader, words)
    judged = Judged(chosen, [by_words.judge(one.turn) for one in chosen], with_reader)
    mean = _mean(list(weights.values()))
    lines = [*_answers(judged), "", *_pairs(judged), *_conflicts(judged), ""]
    lines += [*_facts(reader.with_weights(mean), seed), "", *_recorded(reader, mean, seed)]
    lines += [
        "",
        *(f"Weights fitted without fold {fold}: {each}." for fold, each in weights.items()),
    ]
    print("\n".join(lines))
    print(f"{len(chosen)} answers, {time.process_time() - started:.0f} CPU s")
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    tail = rest.partition(END)[2]
    made = "\n".join(lines)
    PAGE.write_text(f"{head}{BEGIN}\n{made}\n\n{END}{tail}", encoding="utf-8")
    return mean


def _mean(weights: Sequence[ReaderWeights]) -> ReaderWeights:
    names = ReaderWeights.__dataclass_fields__
    return ReaderWeights(
        **{name: round(float(np.mean([getattr(w, name) for w in weights])), 3) for name in names}
    )


def _answers(judged: Judged) -> list[str]:
    """Area under the curve and F1 as flagged of each set."""
    groups = defaultdict(list)
    for at, one in enumerate(judged.answers):
        groups[one.group].append(at)
        if one.group.endswith(" qa"):
            groups["all qa"].append(at)
    lines = [
        "| set | n (unsupported) | AUROC, words | with reader | change [95 %] | "
        "F1 as flagged, words | with reader | false positives, words | with reader |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    return lines + [_set_line(name, judged, np.array(groups[name])) for name in sorted(groups)]


def _set_line(name: str, judged: Judged, rows: NDArray[np.int64]) -> str:
    wrong = np.array([bool(judged.answers[at].row["unsupported"]) for at in rows])
    sources = np.array([judged.answers[at].row["source_id"] for at in rows])
    sides = (judged.words, judged.reader)
    one, two = (np.array([doubt(side[at]) for at in rows]) for side in sides)
    flags = [np.array([unsupported(side[at]) for at in rows]) for side in sides]
    low, high = _interval(one, two, wrong, sources)
    a, b = auroc(one, wrong), auroc(two, wrong)
    cells = [name, f"{len(rows)} ({wrong.sum()})", _digits(a), _digits(b)]
    cells.append(f"{b - a:+.3f} [{low:+.3f}, {high:+.3f}]")
    cells += [_digits(_f1(flag, wrong)) for flag in flags]
    cells += [_digits(float(flag[~wrong].mean())) for flag in flags]
    return f"| {' | '.join(cells)} |"


def _digits(value: float) -> str:
    return f"{value:.3f}".lstrip("0") if value < 1 else f"{value:.2f}"


def _interval(
    one: NDArray[np.float64],
    two: NDArray[np.float64],
    wrong: Flags,
    sources: NDArray[np.str_],
) -> tuple[float, float]:
    """95 % of the change of the area under the curve, by resampling sources."""
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


def _f1(flags: Flags, wrong: Flags) -> float:
    hits = int((flags & wrong).sum())
    return 2 * hits / max(1, int(flags.sum() + wrong.sum()))


def _pairs(judged: Judged) -> list[str]:
    """BUMP: the share of pairs whose supported side has the lower score."""
    parts = []
    for name, side in (("by words", judged.words), ("with reader", judged.reader)):
        sides: dict[str, dict[int, float]] = defaultdict(dict)
        for one, evaluation in zip(judged.answers, side, strict=True):
            if one.row["dataset"] == "bump":
                sides[one.row["pair_id"]][one.row["unsupported"]] = doubt(evaluation)
        pairs = [each for each in sides.values() if len(each) == 2]
        right = float(np.mean([each[1] > each[0] for each in pairs]))
        ties = float(np.mean([each[1] == each[0] for each in pairs]))
        parts.append(f"{name} {_digits(right)} (ties {_digits(ties)})")
    return [f"BUMP pairs ordered right ({len(pairs)}): {', '.join(parts)}."]


def _conflicts(judged: Judged) -> list[str]:
    """Answers to questions whose only labelled errors are conflicts: how many are flagged."""
    bad, good = [], []
    for at, one in enumerate(judged.answers):
        spans = one.row["spans"]
        if one.group.endswith(" qa") and spans is not None:
            if not spans:
                good.append(at)
            elif all("Conflict" in span["label"] for span in spans):
                bad.append(at)
    parts = [
        f"{name} {sum(unsupported(side[at]) for at in bad)} of {len(bad)}, false positives "
        f"{_digits(float(np.mean([unsupported(side[at]) for at in good])))}"
        for name, side in (("by words", judged.words), ("with reader", judged.reader))
    ]
    return [f"Answers to questions with conflicts only that are flagged: {'; '.join(parts)}."]


def _facts(reader: Remembering, seed: int) -> list[str]:
    """Facts of schemas never trained on: wrong ones found, true ones accused."""
    turns = fact_turns(_FACTS, seed)
    lines = [
        "| kind of fact | wrong n | detected by words | with reader | true n | false positives by "
        "words | with reader |",
        "|---|---|---|---|---|---|---|",
    ]
    judged = [_flags([turn for _, _, turn in turns], each) for each in (None, reader)]
    for kind in sorted({kind for _, kind, _ in turns}):
        at = [k for k, (_, own, _) in enumerate(turns) if own == kind]
        wrong = [k for k in at if turns[k][0].relation is not Relation.SUPPORTED]
        right = [k for k in at if turns[k][0].relation is Relation.SUPPORTED]
        found, accused = (
            [_digits(float(np.mean(flags[rows]))) for flags in judged] for rows in (wrong, right)
        )
        cells = [kind, str(len(wrong)), *found, str(len(right)), *accused]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _recorded(reader: Remembering, weights: ReaderWeights, seed: int) -> list[str]:
    """Short answers of real fine-tunes: wrong ones found, right ones accused."""
    turns = recorded_turns(_RECORDED, seed)
    wrong = np.array([bad for _, bad in turns])
    parts = []
    for name, each in (("by words", None), ("with reader", reader.with_weights(weights))):
        flags = _flags([turn for turn, _ in turns], each)
        shares = (_digits(float(flags[wrong].mean())), _digits(float(flags[~wrong].mean())))
        parts.append(f"{name} {shares[0]}, false positives {shares[1]}")
    return [
        f"Answers of fine-tunes' checkpoints never trained on ({wrong.sum()} wrong, "
        f"{(~wrong).sum()} right), detected: {'; '.join(parts)}."
    ]


def _flags(turns: Sequence[Turn], reader: Remembering | None) -> Flags:
    grader = Grounding(reader=reader, reader_seconds=60.0)
    return np.array([unsupported(grader.judge(turn)) for turn in turns])
