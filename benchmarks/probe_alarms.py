"""False alarms of scheduled probes while nothing changes, beside their budget.

    python benchmarks/probe_alarms.py --histories 12

A model answers each item and arm with a stable probability of its own (a server that is not
deterministic). Each run is compared with the first four and with the best of the last eight, as the
collector does, at the level of one false alarm in 30 runs.
"""

import argparse

import numpy as np

from groundwire_collector.probing.probe_alarms import BASELINE_RUNS, EARLIER_RUNS
from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.reliance.probe.arms import Arm
from groundwire_evaluators.reliance.probe.comparison import (
    alarm_level,
    compare_runs,
    compare_with_best,
)
from groundwire_evaluators.reliance.probe.item import ProbeStratum
from groundwire_evaluators.reliance.probe.run import ProbeResult, ProbeRun, RunIdentity

ARMS = (Arm.CONFLICT, Arm.MIXED, Arm.DISTRACTORS, Arm.CLEAN)
RUNS = 20  # compared in each history
PERIOD = 30.0  # runs in which one false alarm is allowed
# Items of the pack, share of them that are decided, and how an undecided one is answered.
MODELS = {"60 items, 5 % undecided": (60, 0.95, 1.0), "60 items, 15 % undecided": (60, 0.85, 0.97),
          "220 items, 15 % undecided": (220, 0.85, 0.97)}  # fmt: skip


def asked(rng: np.random.Generator, reads: np.ndarray) -> ProbeRun:
    """One run; `reads`: chance that an arm (row) of an item (column) follows its context."""
    results = []
    for arm, chances in zip(ARMS, reads, strict=True):
        for item, (u, chance) in enumerate(zip(rng.random(len(chances)), chances, strict=True)):
            memory = chance + 0.8 * (1 - chance)
            followed = (
                Outcome.CONTEXT if u < chance
                else Outcome.PARAMETRIC if u < memory
                else Outcome.NEITHER
            )  # fmt: skip
            results.append(
                ProbeResult(
                    item=str(item),
                    arm=arm,
                    stratum=next(iter(ProbeStratum)),
                    relation="r",
                    followed=followed,
                )
            )
    return ProbeRun(RunIdentity(pack="p", digest="d", prompt="q"), tuple(results))


def alarms(seed: int, items: int, decided: float, high: float) -> int:
    """Of the runs of one history."""
    rng = np.random.default_rng(seed)
    reads = np.where(rng.random((len(ARMS), items)) < decided, high, 0.5)
    runs = [asked(rng, reads) for _ in range(BASELINE_RUNS + EARLIER_RUNS + RUNS)]
    alpha, found = alarm_level(1.0, PERIOD), 0
    for number in range(BASELINE_RUNS + EARLIER_RUNS, len(runs)):
        pinned = compare_runs(runs[number], runs[:BASELINE_RUNS], alpha)
        best = compare_with_best(runs[number], runs[number - EARLIER_RUNS : number], alpha)
        found += any(
            each is not None and (each.override or each.general) for each in (pinned, best)
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--histories", type=int, default=12)
    wanted = parser.parse_args()
    total = wanted.histories * RUNS
    for name, model in MODELS.items():
        found = sum(alarms(seed, *model) for seed in range(wanted.histories))
        print(f"{name}: {found / total:.4f} of {total} runs alarm (allowed {1 / PERIOD:.4f})")


if __name__ == "__main__":
    main()
