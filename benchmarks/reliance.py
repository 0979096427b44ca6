"""How well reliance is measured, on published model outputs.

    GROUNDWIRE_DATA=../shared/data python benchmarks/reliance.py [part …]

Parts: labels, polarity, prompt, power, closed_book, margin, speed; all without an argument. Seeds
are
fixed. What each figure means stands in docs/reference/reliance.md.
"""

import gzip
import json
import os
import re
import string
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from groundwire_evaluators.reliance import Override
from groundwire_evaluators.reliance.labelling import label
from groundwire_evaluators.reliance.memorization import (
    ClosedBookComparison,
    RelianceCell,
    estimate_memorization,
)
from groundwire_evaluators.reliance.outcome import ConflictCase, Outcome
from groundwire_evaluators.reliance.probe.comparison import compare_scores
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.statistics import compare_pairs, difference
from groundwire_evaluators.turn import Chunk, Turn

DATA = Path(os.environ.get("GROUNDWIRE_DATA", Path(__file__).parents[2] / "shared" / "data"))
Row = dict[str, Any]
SCORES = {"context": 1.0, "parametric": -1.0}
ALPHA = 0.01


@cache
def rows(name: str) -> tuple[Row, ...]:
    with gzip.open(DATA / "conflict" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return tuple(json.loads(line) for line in file.read().split("\n") if line)


def conflict(row: Row, response: str | None = None) -> ConflictCase:
    return ConflictCase(
        question=row["question"],
        context_answer=row["context_answer"],
        context_answer_aliases=tuple(row["context_answer_aliases"] or ()),
        parametric_answer=row["parametric_answer"],
        parametric_answer_aliases=tuple(row["parametric_answer_aliases"] or ()),
        response=row["response"] if response is None else response,
    )


@cache
def labelled() -> tuple[tuple[Row, str, str], ...]:
    """spare-nqswap with our labels and rules."""
    found = ((row, label(conflict(row))) for row in rows("spare-nqswap"))
    return tuple((row, str(each.followed), each.rule) for row, each in found)


def contained(row: Row) -> str:
    """The baseline: plain containment of normalised answers."""

    def plain(text: str) -> str:
        kept = "".join(c for c in text.lower() if c not in string.punctuation)
        return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", kept).split())

    said = plain(row["response"])
    hits = [
        any(plain(each) and plain(each) in said for each in [row[name], *(row[aliases] or ())])
        for name, aliases in (
            ("context_answer", "context_answer_aliases"),
            ("parametric_answer", "parametric_answer_aliases"),
        )
    ]
    return {(1, 1): "both", (1, 0): "context", (0, 1): "parametric"}.get(tuple(hits), "neither")


def labels() -> None:
    """Agreement with upstream's exact match, and the rows where it and containment disagree."""
    found = labelled()
    agree = sum(row["followed"] == followed for row, followed, _ in found)
    plain = [contained(row) for row, _, _ in found]
    plain_agrees = sum(
        row["followed"] == each for (row, _, _), each in zip(found, plain, strict=True)
    )
    print(
        f"rows {len(found)}; agreement with upstream's exact match: ours {agree / len(found):.3%},"
        f" plain containment {plain_agrees / len(found):.3%}"
    )
    table = Counter((row["followed"], followed) for row, followed, _ in found)
    print("upstream → ours:", dict(sorted((f"{a} → {b}", n) for (a, b), n in table.items())))
    odd = [
        (each, said) for each, said in zip(found, plain, strict=True) if said != each[0]["followed"]
    ]
    sides = Counter(
        "upstream" if followed == row["followed"] else "containment" if followed == said else "none"
        for (row, followed, _), said in odd
    )
    print(f"containment and upstream disagree on {len(odd)} rows; ours sides with {dict(sides)}")
    kinds = Counter(
        (row["context_answer"], row["parametric_answer"], row["response"], row["followed"], said,
         followed, rule)
        for (row, followed, rule), said in odd
    )  # fmt: skip
    for (*told, rule), count in kinds.most_common():
        print(
            f"{count:4} context {told[0]!r}, memory {told[1]!r}, said {told[2]!r}: upstream"
            f" {told[3]}, containment {told[4]}, ours {told[5]} ({rule})"
        )
    own = Counter(
        rule for (row, followed, rule), said in zip(found, plain, strict=True)
        if followed != row["followed"] == said
    )  # fmt: skip
    print(f"ours differs where both others agree: {sum(own.values())} rows, by rule {dict(own)}")


def polarity() -> None:
    """Yes/no sentences that word overlap cannot tell apart, and free explanations of them."""
    found: Counter[tuple[str, bool]] = Counter()
    for row in rows("conflictqa-strategyqa"):
        samples = row["parametric_answer_samples"] or [None]
        for kind, wanted, response in (
            ("sentence", "context", row["context_answer"]),
            ("sentence", "parametric", row["parametric_answer"]),
            ("explanation", "context", row["context"]),
            ("explanation", "parametric", samples[0]),
        ):
            if response:
                found[kind, label(conflict(row, response)).followed == wanted] += 1
    for kind in ("sentence", "explanation"):
        right, wrong = found[kind, True], found[kind, False]
        print(f"{kind}: {right / (right + wrong):.1%} right of {right + wrong}")


def prompt() -> None:
    """fakepedia: the prompt change is alarmed in 20 items; halves of one condition are not."""
    grounded: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for row in rows("fakepedia-gpt4-base"):
        condition = row["condition"].split(";")[0]
        grounded[condition][row["group_id"]].append(row["followed"] == "context")
    generator = np.random.default_rng(0)
    for name, items in grounded.items():
        answers = [hit for hits in items.values() for hit in hits]
        print(f"{name}: grounded {np.mean(answers):.1%} of {len(answers)}")
    shared = sorted(set(grounded["with_instruction"]) & set(grounded["without_instruction"]))
    for orders in (1, 2):
        found = _prompt_power(grounded, shared, 20, orders, generator)
        print(
            f"20 items, {orders} order(s) of the options each: alarm in {found:.1%} of 2000 draws"
        )
    for name, items in grounded.items():
        alarms = sum(_halves_alarm(items, generator) for _ in range(2000))
        print(f"two halves of {name}: alarm in {alarms / 2000:.2%} of 2000 splits")


def _prompt_power(
    grounded: Any, shared: list[str], n: int, orders: int, generator: np.random.Generator
) -> float:
    """Paired signed scores at 1 % one-sided; an item is asked under one or both orders."""
    alarms = 0
    for _ in range(2000):
        chosen = generator.choice(len(shared), n, replace=False)
        before, after = (
            {
                shared[i]: float(np.mean(generator.permutation(grounded[name][shared[i]])[:orders]))
                for i in chosen
            }
            for name in ("with_instruction", "without_instruction")
        )
        alarms += compare_scores(after, [before], ALPHA).fell
    return alarms / 2000


def _halves_alarm(items: dict[str, list[bool]], generator: np.random.Generator) -> bool:
    """Unpaired: other items in each half; one order of each, at 1 % one-sided."""
    hits = np.array([each[generator.integers(len(each))] for each in items.values()])
    order = generator.permutation(len(hits))
    one, other = np.array_split(hits[order], 2)
    found = difference(int(one.sum()), len(one), int(other.sum()), len(other), 1 - 2 * ALPHA)
    return found.high < 0


def power() -> None:
    """Probe alarms when a share L of the items goes over to the memory regime.

    Baseline and new run answer under different demonstrations of one number of shots: benign noise.
    Beside McNemar: the signed scores with one baseline run, and with four. Items are drawn with
    replacement where there are fewer than n; clusters are questions. 400 draws.
    """
    runs: dict[str, dict[tuple[str, str, str], dict[str, tuple[str, str]]]] = {}
    for row, followed, _ in labelled():
        regime, shots, seed = row["condition"].split(";")
        item = row["id"].rsplit("-", 1)[1]
        of_model = runs.setdefault(row["model"], {})
        of_model.setdefault((regime, shots, seed), {})[item] = (followed, row["group_id"])
    print("model, L, n: McNemar / signed, one baseline run / signed, four baseline runs")
    for model, conditions in runs.items():
        for share in (0.0, 0.3, 0.5, 1.0):
            for n in (50, 100, 200):
                generator = np.random.default_rng(1)
                found = np.mean(
                    [_draw(conditions, share, n, generator) for _ in range(400)], axis=0
                )
                print(f"{model}, {share}, {n}: " + " / ".join(f"{each:.3f}" for each in found))


def _draw(
    conditions: Any, share: float, n: int, generator: np.random.Generator
) -> tuple[bool, bool, bool]:
    shots = generator.choice(["shots=3", "shots=4", "shots=5"])
    keys = [key for key in conditions if key[0] == "dss_s" and key[1] == shots]
    new, *bases = [keys[i] for i in generator.permutation(len(keys))]
    items = sorted(set.intersection(*(set(found) for found in conditions.values())))
    chosen = generator.choice(items, n, replace=n > len(items))
    drifted = set(generator.permutation(n)[: round(share * n)].tolist())
    memory = conditions[("doo_s", *new[1:])]
    answers = [
        (memory if i in drifted else conditions[new])[item][0] for i, item in enumerate(chosen)
    ]
    before = [[conditions[key][item][0] for item in chosen] for key in bases]
    clusters = {str(i): conditions[new][item][1] for i, item in enumerate(chosen)}
    signed = [_signed(each) for each in (answers, *before)]
    return (
        compare_pairs([each == "context" for each in before[0]],
                      [each == "context" for each in answers]).p_value <= ALPHA,
        compare_scores(signed[0], signed[1:2], ALPHA, clusters).fell,
        compare_scores(signed[0], signed[1:], ALPHA, clusters).fell,
    )  # fmt: skip


def _signed(answers: Sequence[str]) -> dict[str, float]:
    return {str(i): SCORES.get(answer, 0.0) for i, answer in enumerate(answers)}


def closed_book() -> None:
    """Coverage of the 95 % interval of M_R under adaptive sampling, on real outcomes.

    Traffic is drawn by question, each asked one to five times, and asked closed-book with a
    probability that
    is higher where the answer does not follow its context. Truth: the ratio over all outcomes of
    the questions, each question and asking equally likely.
    """
    for model in sorted({row["model"] for row in rows("spare-nqswap")}):
        pool: dict[str, list[bool]] = defaultdict(list)
        for row, followed, _ in labelled():
            if (
                row["model"] == model
                and followed in SCORES
                and row["condition"].startswith("doo_s")
            ):
                pool[row["group_id"]].append(followed == "parametric")
        questions = [np.array(each) for each in pool.values()]
        truth = float(np.mean([each.mean() for each in questions]))
        for asked in (100, 300):
            generator = np.random.default_rng(2)
            found = [_closed_book_run(questions, asked, generator) for _ in range(2000)]
            covered = np.mean([each.interval.low <= truth <= each.interval.high for each in found])
            bias = np.mean([each.value for each in found if each.value is not None]) - truth
            size = np.mean([each.n for each in found])
            print(
                f"{model}: M_R {truth:.3f}, {size:.0f} diagnostic turns of {asked} questions:"
                f" coverage {covered:.1%}, bias {bias:+.4f}"
            )


def _closed_book_run(questions: list[Any], asked: int, generator: np.random.Generator) -> Any:
    comparisons = []
    for number in range(asked):
        outcomes = questions[generator.integers(len(questions))]
        for hit in generator.choice(outcomes, generator.integers(1, 6)):
            probability = 0.9 if hit else 0.4
            if generator.random() < probability:
                cell = RelianceCell.PARAMETRIC_OVERRIDE if hit else RelianceCell.CONTEXT_DRIVEN
                comparisons.append(
                    ClosedBookComparison(
                        cell=cell,
                        diagnostic=True,
                        memory_strength=1.0,
                        probability=probability,
                        cluster=number,
                    )
                )
    return estimate_memorization(comparisons).ratio


def margin() -> None:
    """AUROC of the log-probability margin: context-following against memory-following outputs."""
    for model in sorted({row["model"] for row in rows("spare-nqswap")}):
        found = [
            (row["logprob_context"] - row["logprob_parametric"], followed == "context")
            for row, followed, _ in labelled()
            if row["model"] == model and followed in SCORES
        ]
        margins = np.array([each for each, _ in found])
        ranks = margins.argsort().argsort() + 1.0
        hits = np.array([hit for _, hit in found])
        auroc = (ranks[hits].sum() - hits.sum() * (hits.sum() + 1) / 2) / (
            hits.sum() * (~hits).sum()
        )
        print(f"{model}: AUROC {auroc:.3f} of {len(found)} outputs")


def speed() -> None:
    """CPU time on one core: labels of short and long responses, and the override signal."""
    short = [conflict(row) for row in rows("spare-nqswap")]
    _rate("labels, short responses", short, label)
    long = [conflict(row, row["context"]) for row in rows("fakepedia-gpt4-base")[:1000]]
    _rate("labels, responses of 100 words", long, label)
    turns = [
        Turn(question=row["question"], answer=row["context"], chunks=(Chunk(text=row["context"]),))
        for row in rows("fakepedia-gpt4-base")[:500]
    ]
    _rate("override, answers of 100 words", turns, lambda turn: evaluate(Override(), [turn]))


def _rate(what: str, cases: Sequence[Any], judge: Callable[[Any], object]) -> None:
    started = time.process_time()
    for case in cases:
        judge(case)
    print(f"{what}: {len(cases) / (time.process_time() - started):,.0f} a second")


PARTS = (labels, polarity, prompt, power, closed_book, margin, speed)

if __name__ == "__main__":
    assert set(Outcome) >= set(SCORES)
    for part in PARTS:
        if not sys.argv[1:] or part.__name__ in sys.argv[1:]:
            print(f"\n## {part.__name__}")
            part()
