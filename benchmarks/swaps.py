"""Model swaps: does the alarm name the new version or a task that it runs.

    python benchmarks/swaps.py                # some ten minutes of CPU
    python benchmarks/swaps.py --only real    # pairs of models of the labelled sets

A service of 1,000 turns a day over several tasks (route tags), default settings. On day 10 one
model is replaced by a worse one, in all tasks at once. Losses are drawn with the share of
unsupported answers of each model in each task: of the models of RAGTruth (by people's labels;
`GROUNDWIRE_DATA`), or of 46 made-up models whose shares differ by model, task and both. Swaps to
a model that is worse by less than .05 over all tasks are left out.
"""

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations

import numpy as np

from alarms import CHANGE, Floats, Traffic, day, watch
from grounding_data import DATA

LEAST = 0.05  # worse by less is no swap that anybody has to notice
DAYS = 16.0
PER_DAY = 1000
SIMULATED, TASKS = 46, 6


def swap(old: Floats, new: Floats) -> object:
    """A scenario: the tasks' shares of bad answers before and after."""

    def traffic(rng: np.random.Generator, per_day: float, days: float) -> Traffic:
        found = Traffic.of(rng, per_day, days)
        task = rng.integers(0, len(old), len(found))
        after = found.days > CHANGE
        found.chance = np.where(after, new[task], old[task])
        found.routes = [f"task{each}" for each in task]
        found.tags = [
            {"model_version": "new" if late else "old", "route": route}
            for late, route in zip(after, found.routes, strict=True)
        ]
        return found

    return traffic


def real() -> Iterator[tuple[str, Floats, Floats]]:
    """Pairs of models of RAGTruth, of which the second is worse."""
    bad: Counter[tuple[str, str]] = Counter()
    all_: Counter[tuple[str, str]] = Counter()
    with gzip.open(DATA / "grounding" / "ragtruth.jsonl.gz", "rt") as file:
        for row in map(json.loads, file):
            key = (row["model"], row["task"])
            all_[key] += 1
            bad[key] += bool(row["unsupported"])
    tasks = sorted({task for _, task in all_})
    shares = {
        model: np.array([bad[model, task] / all_[model, task] for task in tasks])
        for model in sorted({model for model, _ in all_})
    }
    for old, new in permutations(shares, 2):
        if shares[new].mean() - shares[old].mean() >= LEAST:
            yield f"{old} > {new}", shares[old], shares[new]


def simulated() -> Iterator[tuple[str, Floats, Floats]]:
    """46 swaps between made-up models that are good at some tasks and bad at others."""
    rng = np.random.default_rng(46)
    task = rng.normal(-3.0, 0.7, TASKS)
    while True:
        old, new = (
            1 / (1 + np.exp(-(task + rng.normal(0, 0.6) + rng.normal(0, 0.6, TASKS))))
            for _ in range(2)
        )
        if new.mean() - old.mean() >= LEAST:
            yield f"{old.mean():.2f} > {new.mean():.2f}", old, new


def run(name: str, swaps: Sequence[tuple[str, Floats, Floats]], *, each: bool) -> None:
    named: Counter[str] = Counter()
    delays = []
    for seed, (pair, old, new) in enumerate(swaps):
        found = watch(swap(old, new), seed, PER_DAY, DAYS)  # type: ignore[arg-type]
        alarms = [alarm for alarm in found.raised if day(alarm) > CHANGE]
        said = "=".join(alarms[0].change.segment) if alarms else "none"
        named[said if said in ("none", "model_version=new") else said.partition("=")[0]] += 1
        delays.append((day(alarms[0]) - CHANGE) * 24 if alarms else np.inf)
        if each or said != "model_version=new":
            print(f"  {pair}: {np.round(old, 2)} > {np.round(new, 2)}: {said}", flush=True)
    right = named["model_version=new"]
    print(
        f"{name}: {right} of {len(swaps)} name the version; {dict(named)};"
        f" median delay {np.median(delays):.1f} hours",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=("real", "simulated"))
    parser.add_argument("--swaps", type=int, default=SIMULATED)
    parser.add_argument("--each", action="store_true", help="print every swap")
    wanted = parser.parse_args()
    if wanted.only in (None, "real"):
        run("models of RAGTruth", list(real()), each=wanted.each)
    if wanted.only in (None, "simulated"):
        drawn = simulated()
        made = [next(drawn) for _ in range(wanted.swaps)]
        run("made-up models", made, each=wanted.each)


if __name__ == "__main__":
    main()
