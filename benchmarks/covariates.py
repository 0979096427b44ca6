"""Does adjusting losses for what is known of a turn shorten the delay of alarms?

    python benchmarks/covariates.py --streams 60     # needs GROUNDWIRE_DATA

Turns of RAGTruth (`p_unsupported` of the shipped evaluator), drawn with replacement. Known before
the loss: task (route), number of chunks, lengths of question and context, overlap of question and
context (relevance). A least-squares fit on the first third of the baseline of 2,000 turns predicts
the loss and is frozen, so that the null is about what is left; the other two thirds are then the
baseline. Worse: so many turns have the loss of a bad answer of the same task instead that the mean
grows by .05. A budget of one false alarm in 100,000 turns.
"""

import argparse
import gzip
import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from grounding_data import DATA
from groundwire_evaluators.drift import Baseline, StratifiedESR, TwoSampleESR
from groundwire_evaluators.grounding import Grounding
from groundwire_evaluators.turn import Chunk, Turn

Floats = NDArray[np.float64]
N, QUIET, LONGEST, MASS, GROWTH, MIN_EFFECT = 2000, 10_000, 4000, 1e-5, 0.05, 0.03
LARGEST = 0.5  # predicted loss; it is added to the range of the losses


def load() -> tuple[Floats, NDArray[np.str_], Floats]:
    """Loss, task and further covariates of each scored answer."""
    evaluator, rows = Grounding(), []
    for name in ("ragtruth", "ragtruth-train-extra"):
        with gzip.open(DATA / "grounding" / f"{name}.jsonl.gz", "rt") as file:
            rows += [json.loads(line) for line in file]
    losses, tasks, known = [], [], []
    for row in rows:
        question, contexts = row["question"] or "", row["contexts"]
        chunks = tuple(Chunk(id=str(n), text=text) for n, text in enumerate(contexts))
        turn = Turn(id=row["id"], question=question, chunks=chunks, answer=row["answer"])
        loss = evaluator.judge(turn).signals.get("p_unsupported")
        if loss is not None:
            words, context = set(question.lower().split()), set(" ".join(contexts).lower().split())
            overlap = len(words & context) / max(len(words), 1)
            length = np.log1p(sum(map(len, contexts)))
            losses.append(loss)
            tasks.append(row["task"])
            known.append([len(contexts), np.log1p(len(question)), length, overlap])
    return np.array(losses), np.array(tasks), np.array(known)


def design(tasks: NDArray[np.str_], known: Floats, *, all_: bool) -> Floats:
    columns = [tasks == name for name in np.unique(tasks)]
    if all_:
        scaled = (known - known.mean(axis=0)) / np.maximum(known.std(axis=0), 1e-9)
        columns += [scaled[:, n] * group for n in range(known.shape[1]) for group in columns[:3]]
    return np.column_stack(columns).astype(float)


def fitted(features: Floats, losses: Floats) -> Floats:
    """Coefficients of a ridge regression."""
    square = features.T @ features + 3.0 * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(square, features.T @ losses))


def adjusted(features: Floats, losses: Floats, coefficients: Floats) -> Floats:
    predicted = np.clip(features @ coefficients, 0.0, LARGEST)
    return np.asarray((losses - predicted + LARGEST) / (1 + LARGEST))


def run(
    losses: Floats,
    tasks: NDArray[np.str_],
    x: Floats,
    rng: np.random.Generator,
    change: bool,
    mix: bool = False,
) -> Mapping[str, int | None]:
    """First alarm of each detector; `mix`: most later turns are of one task."""
    length = LONGEST if change else QUIET
    rows = rng.integers(0, len(losses), N + length)
    if mix:
        one = np.flatnonzero(tasks == rng.choice(np.unique(tasks)))
        moved = (rng.random(len(rows)) < 0.8) & (np.arange(len(rows)) >= N)
        rows[moved] = rng.choice(one, moved.sum())
    found = losses[rows].copy()
    if change:
        bad = losses > np.quantile(losses, 0.8)
        worse = np.array([rng.choice(losses[bad & (tasks == task)]) for task in tasks[rows]])
        share = GROWTH / (losses[bad].mean() - losses.mean())
        hit = (rng.random(len(rows)) < share) & (np.arange(len(rows)) >= N)
        found[hit] = worse[hit]
    third = N // 3
    coefficients = fitted(x[rows[:third]], found[:third])
    residuals = adjusted(x[rows], found, coefficients)
    masses, times = [MASS] * length, range(length)
    result: dict[str, int | None] = {}
    plain = TwoSampleESR(baseline=Baseline.from_losses(found[:N]), min_effect=MIN_EFFECT)
    effect = MIN_EFFECT / (1 + LARGEST)
    adjusting = TwoSampleESR(baseline=Baseline.from_losses(residuals[third:N]), min_effect=effect)
    strata = {
        str(name): Baseline.from_losses(found[:N][tasks[rows[:N]] == name])
        for name in np.unique(tasks)
    }
    stratified = StratifiedESR(strata, min_effect=MIN_EFFECT)
    for name, detector, stream in (("plain", plain, found), ("adjusted", adjusting, residuals)):
        fed = detector.update_many(stream[N:].tolist(), masses, times)
        result[name] = fed if detector.drift_detected else None
    of = [str(task) for task in tasks[rows[N:]]]
    fed = stratified.update_many(found[N:].tolist(), masses, times, of)
    result["strata"] = fed if stratified.drift_detected else None
    return result


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=60)
    given = parser.parse_args()
    losses, tasks, known = load()
    half = np.random.default_rng(0).permutation(len(losses))
    for name, all_ in (("task", False), ("all covariates", True)):
        x = design(tasks, known, all_=all_)
        train, test = half[: len(half) // 3], half[len(half) // 3 :]
        left = losses[test] - np.clip(x[test] @ fitted(x[train], losses[train]), 0, 1)
        explained = 1 - left.var() / losses[test].var()
        print(f"{name}: {explained:.3f} of the variance of {len(losses)} losses explained")
    x = design(tasks, known, all_=True)
    print("| | quiet runs with an alarm (.10 allowed) | mix moves | median delay | times plain |")
    print("|---|---|---|---|---|")
    seeds = range(given.streams)
    quiet = [run(losses, tasks, x, np.random.default_rng([n, 1]), False) for n in seeds]
    worse = [run(losses, tasks, x, np.random.default_rng([n, 2]), True) for n in seeds]
    mixed = [run(losses, tasks, x, np.random.default_rng([n, 3]), False, True) for n in seeds]
    medians = {
        name: float(np.median([each[name] or LONGEST for each in worse])) for name in quiet[0]
    }
    for name, median in medians.items():
        share = np.mean([each[name] is not None for each in quiet])
        moved = np.mean([each[name] is not None for each in mixed])
        times = median / medians["plain"]
        print(f"| {name} | {share:.2f} | {moved:.2f} | {median:.0f} | {times:.2f} |")


if __name__ == "__main__":
    main()
