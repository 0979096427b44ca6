"""Alarms about true losses by labels and a score: false alarms and delays.

    python benchmarks/labelled_losses.py --streams 100

A tenth of the turns is labelled. The true share of bad answers is .10; the score tells bad answers
from good ones with an AUROC of .85. Baseline: 500 blocks of 20 turns (10,000 turns, 1,000 labels),
a budget of one false alarm in 100,000 turns. Delays in turns.
"""

import argparse

import numpy as np

from groundwire_evaluators.drift import Baseline, TwoSampleESR
from groundwire_evaluators.drift.labelled_loss import UNIT, block_loss

BLOCK, RATE, MASS, MIN_EFFECT = 20, 0.1, 1e-5, 0.03
QUIET, LONGEST, BASELINE = 500, 3000, 500  # blocks


def scores(rng: np.random.Generator, bad: np.ndarray, shift: float) -> np.ndarray:
    """AUROC .85 where `shift` is 0; a stricter evaluator shifts all of them."""
    latent = rng.standard_normal(bad.size) + 1.47 * bad - 1.5 + shift
    return 1 / (1 + np.exp(-1.5 * latent))


def blocks(
    rng: np.random.Generator, number: int, true: float, shift: float = 0.0
) -> tuple[list[float], list[float]]:
    """Losses of labels with the score and of labels alone, of blocks with a label."""
    with_score, alone = [], []
    for _ in range(number):
        bad = (rng.random(BLOCK) < true).astype(float)
        drawn = {int(at): float(bad[at]) for at in np.flatnonzero(rng.random(BLOCK) < RATE)}
        loss = block_loss(scores(rng, bad, shift).tolist(), drawn)
        if loss is not None:
            with_score.append(loss)
            alone.append(sum(drawn.values()) / len(drawn))
    return with_score, alone


def first_alarm(baseline: list[float], stream: list[float], unit: float) -> int | None:
    detector = TwoSampleESR(baseline=Baseline.from_losses(baseline), min_effect=MIN_EFFECT * unit)
    mass = MASS * BLOCK / (1 - (1 - RATE) ** BLOCK)
    fed = detector.update_many(stream, [mass] * len(stream), range(len(stream)))
    return fed if detector.drift_detected else None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=100)
    given = parser.parse_args()
    print("| change | streams | alarms: labels and score | labels alone | median delay | alone |")
    print("|---|---|---|---|---|---|")
    per_block = BLOCK / (1 - (1 - RATE) ** BLOCK)
    for name, true, shift in (
        ("none", 0.10, 0.0),
        ("the score alone gets stricter", 0.10, 0.7),
        ("+.10 in truth", 0.20, 0.0),
        ("+.20 in truth", 0.30, 0.0),
        ("+.20 in truth, and the score gets milder", 0.30, -0.7),
    ):
        found: tuple[list[int | None], list[int | None]] = ([], [])
        for seed in range(given.streams):
            rng = np.random.default_rng([seed, 7])
            before, after = blocks(rng, BASELINE, 0.10), blocks(rng, LONGEST, true, shift)
            for kind, unit in ((0, UNIT), (1, 1.0)):
                found[kind].append(first_alarm(before[kind], after[kind], unit))
        shares = [np.mean([each is not None for each in kind]) for kind in found]
        delays = [np.median([np.inf if e is None else e for e in kind]) for kind in found]
        turns = [f"{per_block * each:.0f}" if np.isfinite(each) else "" for each in delays]
        print(
            f"| {name} | {given.streams} | {shares[0]:.2f} | {shares[1]:.2f} | {turns[0]}"
            f" | {turns[1]} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
