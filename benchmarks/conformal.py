"""Beside conformal test martingales with a fixed reference: false alarms and delays.

    python benchmarks/conformal.py --streams 100

Shiryaev-Roberts sums of one-sided conformal bets p ** (e - 1) * e, p the randomised rank of a loss
among the baseline's (Vovk 2021), which is kept fixed; plain, and conditional on the baseline: ranks
raised by the deviation of an empirical distribution (Dvoretzky, Kiefer and Wolfowitz), at one
hundredth. One false alarm in 100,000 turns; quiet runs have 10,000.
"""

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.drift import Baseline, TwoSampleESR

Floats = NDArray[np.float64]
QUIET, LONGEST, MASS = 10_000, 8000, 1e-5
POWERS = np.array([0.5, 0.8, 0.95])


def ranks(baseline: Floats, losses: Floats, rng: np.random.Generator) -> Floats:
    """Randomised share of the baseline that is as bad."""
    ordered = np.sort(baseline)
    above = len(ordered) - np.searchsorted(ordered, losses, side="right")
    equal = len(ordered) - np.searchsorted(ordered, losses, side="left") - above
    return np.asarray((above + rng.random(len(losses)) * (equal + 1)) / (len(ordered) + 1))


def conformal(
    baseline: Floats, losses: Floats, rng: np.random.Generator, slack: float
) -> int | None:
    """First turn at which the sum reaches one over the mass; None if never."""
    found = np.clip(ranks(baseline, losses, rng) + slack, 1e-9, 1.0)
    factors = POWERS[:, None] * found ** (POWERS[:, None] - 1)
    held = np.zeros(len(POWERS))
    for at in range(len(losses)):
        held = (held + MASS / len(POWERS)) * factors[:, at]
        if held.sum() >= 1:
            return at + 1
    return None


def two_sample(baseline: Floats, losses: Floats, _: np.random.Generator) -> int | None:
    detector = TwoSampleESR(baseline=Baseline.from_losses(baseline))
    fed = detector.update_many(losses.tolist(), [MASS] * len(losses), range(len(losses)))
    return fed if detector.drift_detected else None


def rare(rng: np.random.Generator, mean: float, turns: int) -> Floats:
    return (rng.random(turns) < mean).astype(float)


def beta(rng: np.random.Generator, mean: float, turns: int) -> Floats:
    return rng.beta(4 * mean, 4 * (1 - mean), turns)


def wider(rng: np.random.Generator, mean: float, turns: int) -> Floats:
    """The same mean, more spread: no change for the worse in the mean."""
    return rng.beta(1.2 * 0.1, 1.2 * 0.9, turns) if mean > 0.1 else beta(rng, 0.1, turns)


ROWS: dict[str, tuple[Callable[[np.random.Generator, float, int], Floats], float, float]] = {
    "rare .05>.10": (rare, 0.05, 0.10),
    "beta .10>.15": (beta, 0.10, 0.15),
    "beta .10, only wider": (wider, 0.10, 0.11),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--streams", type=int, default=100)
    given = parser.parse_args()
    print(
        "| losses | n | detector | quiet runs with an alarm (.10) | alarms after | median delay |"
    )
    print("|---|---|---|---|---|---|")
    for name, (losses, before, after) in ROWS.items():
        for n in (500, 2000):
            slack = float(np.sqrt(np.log(2 / 0.01) / (2 * n)))
            detectors = {
                "two-sample e-SR": two_sample,
                "conformal, fixed reference": lambda b, x, r: conformal(b, x, r, 0.0),
                "the same, conditional": lambda b, x, r, s=slack: conformal(b, x, r, s),
            }
            for kind, detector in detectors.items():
                quiet, late = [], []
                for seed in range(given.streams):
                    rng = np.random.default_rng([seed, n])
                    baseline = losses(rng, before, n)
                    quiet.append(detector(baseline, losses(rng, before, QUIET), rng) is not None)
                    late.append(detector(baseline, losses(rng, after, LONGEST), rng) or np.inf)
                found = np.isfinite(late)
                median = f"{np.median(late):.0f}" if found.mean() > 0.5 else ""
                print(
                    f"| {name} | {n} | {kind} | {np.mean(quiet):.2f} | {found.mean():.2f}"
                    f" | {median} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
