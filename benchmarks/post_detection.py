"""Coverage of start and size at an alarm's stopped time.

    python benchmarks/post_detection.py                # some minutes of CPU
    python benchmarks/post_detection.py --streams 60   # coarser

A stream is quiet for 1,500 turns and then worse for good, with a budget of one false alarm in
100,000 turns. Read when the alarm is raised, and again 200 turns later if a reader comes back.
Intervals of level .9; streams whose alarm came before the change are left out, as the guarantee is
about true alarms.
"""

import argparse
from collections.abc import Callable

import numpy as np

from groundwire_evaluators.drift import Baseline, TwoSampleESR

QUIET, LONGEST, LATER = 1500, 8000, 200
MASS, MIN_EFFECT = 1e-5, 0.03
Losses = Callable[[np.random.Generator, float, int], np.ndarray]


def rare(rng: np.random.Generator, mean: float, turns: int) -> np.ndarray:
    return (rng.random(turns) < mean).astype(float)


def beta(rng: np.random.Generator, mean: float, turns: int) -> np.ndarray:
    return rng.beta(4 * mean, 4 * (1 - mean), turns)


def mixed(rng: np.random.Generator, mean: float, turns: int) -> np.ndarray:
    return np.where(rng.random(turns) < 0.5, rare(rng, mean, turns), beta(rng, mean, turns))


ROWS: dict[str, tuple[Losses, float, float]] = {
    "rare .05>.10": (rare, 0.05, 0.10),
    "rare .05>.15": (rare, 0.05, 0.15),
    "rare .05>.35": (rare, 0.05, 0.35),
    "beta .10>.15": (beta, 0.10, 0.15),
    "beta .10>.20": (beta, 0.10, 0.20),
    "mixed .08>.14": (mixed, 0.08, 0.14),
}


def one(losses: Losses, before: float, after: float, n: int, seed: int) -> list[list[float]] | None:
    """For each of both readings: start covered, size covered, low end and guess over the truth,
    the same of the nominal interval; None without a true alarm."""
    rng = np.random.default_rng([seed, n])
    detector = TwoSampleESR(
        baseline=Baseline.from_losses(losses(rng, before, n)), min_effect=MIN_EFFECT
    )
    stream = np.concatenate(
        (losses(rng, before, QUIET), losses(rng, after, LONGEST + LATER))
    ).tolist()
    fed = detector.update_many(stream, [MASS] * len(stream), range(len(stream)))
    if not QUIET < fed <= QUIET + LONGEST:
        return None
    found = [_read(detector, after - before)]
    for at in range(fed, fed + LATER):
        detector.update(stream[at], MASS, at)
    return [*found, _read(detector, after - before)]


def _read(detector: TwoSampleESR, true: float) -> list[float]:
    found, nominal = detector.after_detection(), detector.change
    assert found is not None
    assert nominal is not None
    (first, last), (low, high) = found.since, found.size
    return [
        float(first <= QUIET <= last),
        float(low <= true <= high),
        max(low, 0.0) / true,
        nominal.size / true,
        float(nominal.interval[0] <= QUIET <= nominal.interval[1]),
        float(nominal.size_interval[0] <= true <= nominal.size_interval[1]),
        max(nominal.size_interval[0], 0.0) / true,
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=200)
    given = parser.parse_args()
    print(
        "| change | n | read | start | size | at least | guess | nominal start, size | at least |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name, (losses, before, after) in ROWS.items():
        for n in (500, 2000):
            runs = [one(losses, before, after, n, seed) for seed in range(given.streams)]
            seen = np.array([each for each in runs if each is not None])
            for number, when in enumerate(("at the alarm", "200 turns later")):
                start, size, *_ = seen[:, number].mean(axis=0)
                _, _, low, guess, _, _, nominal_low = np.median(seen[:, number], axis=0)
                by_start, by_size = seen[:, number, 4:6].mean(axis=0)
                print(
                    f"| {name} | {n} | {when} | {start:.2f} | {size:.2f} | {low:.2f} | {guess:.2f}"
                    f" | {by_start:.2f}, {by_size:.2f} | {nominal_low:.2f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
