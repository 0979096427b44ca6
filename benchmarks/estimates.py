"""The figures of the faithfulness estimates, with the real grounding score as the cheap one.

    python benchmarks/estimates.py                # about half an hour on one core
    python benchmarks/estimates.py --runs 100     # coarser

The score of every answer is out of sample: five-fold cross-validation over sources, as in
`grounding.py`. A run draws turns with replacement from one set, at the set's own rate of unfaithful
answers or at 5 %, labels some of them, and estimates; the truth is the rate of the set. Seed 0.
"""

import argparse
import pickle
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grounding import cross_validated
from grounding_data import SETS, Array, labelled
from groundwire_evaluators.statistics import (
    Interval,
    LabelledSample,
    Rate,
    RateSequence,
    estimate_rate,
    labels_only,
)

LEFT_OUT = ("ragtruth-train-extra",)
RARE = 0.05
EAGER = 5.0  # how much likelier the most doubtful turn is drawn than a sure one
HALF_WIDTH = 0.02
MOST_LABELS = 2500  # of a design
# The best and the worst scores, and rates from 5 % to 63 %: where coverage is simulated most.
COVERED = ("ragtruth", "ragtruth data2txt", "ragtruth qa", "begin-dev-wow", "summedits-podcast")
DRAWS = ("even", "doubtful")


@dataclass(frozen=True)
class Source:
    """Answers of a set: the chance that each is faithful, as scored; whether it is; its weight."""

    name: str
    scores: Array
    faithful: Array
    weights: Array

    @property
    def rate(self) -> float:
        return float(self.weights @ self.faithful)

    @property
    def correlation(self) -> float:
        """Of score and label, in this mix."""
        covariance = np.cov(self.scores, self.faithful, aweights=self.weights)
        return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))

    def draw(self, generator: np.random.Generator, total: int) -> tuple[Array, Array]:
        rows = generator.choice(len(self.scores), total, p=self.weights)
        return self.scores[rows], self.faithful[rows]

    def at(self, unfaithful: float) -> "Source":
        """The same answers, so weighted that this share is unfaithful."""
        bad = self.faithful == 0
        weights = np.where(bad, unfaithful / bad.sum(), (1 - unfaithful) / (~bad).sum())
        return Source(f"{self.name} at {unfaithful:.0%}", self.scores, self.faithful, weights)


def sources() -> list[Source]:
    """Every set, the tasks of RAGTruth apart as well; kept, for the scores take minutes."""
    cache = Path(tempfile.gettempdir()) / "groundwire-estimates-scores.pickle"
    if not cache.exists():
        sets = {name: labelled(name) for name in SETS}
        made = {}
        for name in SETS:
            tasks = np.array([row["task"] for row in sets[name].answers])
            logits = cross_validated(sets, name, tasks).logits
            made[name] = (1 / (1 + np.exp(logits)), 1.0 - sets[name].unsupported, tasks)
        cache.write_bytes(pickle.dumps(made))
    found = []
    for name, (scores, faithful, tasks) in pickle.loads(cache.read_bytes()).items():
        if name in LEFT_OUT:
            continue
        parts = np.unique(tasks) if name == "ragtruth" else []
        for part in ("", *parts):
            rows = tasks == part if part else np.ones(len(tasks), bool)
            weights = np.full(rows.sum(), 1 / rows.sum())
            found.append(Source(f"{name} {part}".strip(), scores[rows], faithful[rows], weights))
    return found


def chances(scores: Array, n: int, doubtful: bool) -> Array:
    """Sampling probabilities that add up to about n; even, or larger where the score is unsure."""
    wanted = 1 + (EAGER - 1) * 2 * np.sqrt(scores * (1 - scores)) * doubtful
    return np.minimum(1.0, wanted * n / wanted.sum())


@dataclass
class Runs:
    """What many runs of one design gave."""

    truth: float
    rates: list[Rate]
    plain: list[float]  # the labels' weighted mean alone
    even: list[float]  # widths of evenly drawn labels alone, as many

    @property
    def coverage(self) -> float:
        held = [r.interval.low <= self.truth <= r.interval.high for r in self.rates]
        return float(np.mean(held))

    @property
    def width(self) -> float:
        return float(np.mean([width(rate.interval) for rate in self.rates]))

    @property
    def worst(self) -> float:
        """The widest interval over that of the same labels alone, of all runs."""
        return max(width(rate.interval) / width(rate.labels_only) for rate in self.rates)

    @property
    def gain(self) -> float:
        """How many evenly drawn labels alone one label is worth, by width."""
        return (float(np.mean(self.even)) / self.width) ** 2

    @property
    def error(self) -> float:
        """Root mean squared error over that of the same labels alone."""
        errors = [(rate.value or 0.0) - self.truth for rate in self.rates]
        alone = [value - self.truth for value in self.plain]
        return float(np.sqrt(np.mean(np.square(errors)) / np.mean(np.square(alone))))


def width(interval: Interval) -> float:
    return interval.high - interval.low


def simulate(source: Source, n: int, total: int, runs: int, *, doubtful: bool) -> Runs:
    generator = np.random.default_rng(0)
    found = Runs(source.rate, [], [], [])
    for _ in range(runs):
        scores, faithful = source.draw(generator, total)
        drawn, probabilities = _drawn(generator, scores, n, doubtful)
        sample = LabelledSample.of(
            scores, drawn, faithful[drawn], probabilities=probabilities[drawn]
        )
        found.rates.append(estimate_rate(sample))
        found.plain.append(float(sample.weights @ sample.outcomes / sample.weights.sum()))
        even = generator.choice(total, n, replace=False)
        alone = labels_only(LabelledSample.of(scores, even, faithful[even]))
        found.even.append(width(alone.interval()))
    return found


def _drawn(
    generator: np.random.Generator, scores: Array, n: int, doubtful: bool
) -> tuple[NDArray[np.intp], Array]:
    if not doubtful:
        even = np.sort(generator.choice(len(scores), n, replace=False))
        return even, np.full(len(scores), n / len(scores))
    probabilities = chances(scores, n, doubtful)
    return np.flatnonzero(generator.random(len(scores)) < probabilities), probabilities


def coverage(found: list[Source], runs: int) -> None:
    print("\n## Coverage of 95 % intervals for one look\n")
    _table([source for source in found if source.name in COVERED], (5, 20, 50), runs)


def gain(found: list[Source], runs: int) -> None:
    print("\n## What a label is worth with the score\n")
    _table(found, (100,), max(runs // 5, 10))


def _table(found: list[Source], expecteds: tuple[int, ...], runs: int) -> None:
    print("turns = 10 x labels; expected = labels of the rarer outcome; gain = evenly drawn labels")
    print("alone that one is worth, by width; worst = widest over the same labels alone; error =")
    print("root mean squared error over the same\n")
    print("| set | rho | draw | expected | labels | coverage | gain | worst | error |")
    print("|---|---|---|---|---|---|---|---|---|")
    every: list[tuple[int, Runs]] = []
    for source in [each for one in found for each in (one, one.at(RARE))]:
        for doubtful in (False, True):
            for expected in expecteds:
                n = round(expected / min(source.rate, 1 - source.rate))
                if n > MOST_LABELS:
                    continue
                ran = simulate(source, n, 10 * n, runs, doubtful=doubtful)
                every.append((expected, ran))
                held = f"{ran.coverage:.3f} | {ran.gain:.2f} | {ran.worst:.3f} | {ran.error:.3f}"
                where = f"{source.name} | {source.correlation:.2f} | {DRAWS[doubtful]}"
                print(f"| {where} | {expected} | {n} | {held} |", flush=True)
    _summarise(every)


def _summarise(every: list[tuple[int, Runs]]) -> None:
    for expected in sorted({at for at, _ in every}):
        here = [ran for at, ran in every if at == expected]
        held = [ran.coverage for ran in here]
        print(
            f"\nexpected {expected}: coverage {min(held):.3f} to {max(held):.3f}, "
            f"mean {np.mean(held):.3f}, outside 93 to 97 %: "
            f"{sum(not 0.93 <= one <= 0.97 for one in held)} of {len(held)}; widest over labels "
            f"alone {max(ran.worst for ran in here):.3f}; largest RMSE ratio "
            f"{max(ran.error for ran in here):.3f}"
        )


def calls(found: list[Source], runs: int) -> None:
    print(
        f"\n## Judge calls for ±{HALF_WIDTH:.0%} at {RARE:.0%} unfaithful, by turns of the period\n"
    )
    print("| set | rho | turns | labels alone | even | per 1,000 | doubtful | per 1,000 |")
    print("|---|---|---|---|---|---|---|---|")
    for source in found:
        rare = source.at(RARE)
        for total in (1000, 10_000):
            alone = _needed(rare, total, runs, doubtful=False, score=False)
            even = _needed(rare, total, runs, doubtful=False)
            doubtful = _needed(rare, total, runs, doubtful=True)
            per = [f"{1000 * n / total:.0f}" for n in (even, doubtful)]
            figures = f"{alone} | {even} | {per[0]} | {doubtful} | {per[1]}"
            print(f"| {source.name} | {rare.correlation:.2f} | {total} | {figures} |", flush=True)


def _needed(source: Source, total: int, runs: int, *, doubtful: bool, score: bool = True) -> int:
    low, high = 40, min(total, 1000)
    while high - low > 4:
        middle = (low + high) // 2
        ran = simulate(source, middle, total, max(runs // 20, 10), doubtful=doubtful)
        half = (ran.width if score else float(np.mean(ran.even))) / 2
        low, high = (middle, high) if half > HALF_WIDTH else (low, middle)
    return high


def watched(found: list[Source], runs: int) -> None:
    print("\n## Streams of 10,000 turns, 5 % drawn, looked at every 100 turns\n")
    print(
        "missed = share of streams in which any look missed the realised share of all turns so far"
    )
    print("width = at the end, over that of one look at a fixed n\n")
    print("| set | draw | streams | missed | width at the end | times a fixed n |")
    print("|---|---|---|---|---|---|")
    missed, streams = 0, 0
    chosen = [one for one in found if one.name in COVERED]
    for source in [each for one in chosen for each in (one, one.at(RARE))]:
        for doubtful in (False, True):
            ends = list(_streams(source, runs // 4, doubtful))
            misses = sum(miss for miss, _, _ in ends)
            missed, streams = missed + misses, streams + len(ends)
            at_end = float(np.mean([w for _, w, _ in ends]))
            fixed = float(np.mean([f for _, _, f in ends]))
            print(
                f"| {source.name} | {DRAWS[doubtful]} | {len(ends)} | "
                f"{misses / len(ends):.3f} | {at_end:.3f} | {at_end / fixed:.2f} |",
                flush=True,
            )
    print(f"\nall: {missed} of {streams} streams ever missed")


def _streams(source: Source, runs: int, doubtful: bool) -> Iterator[tuple[bool, float, float]]:
    generator, total, look, rate = np.random.default_rng(0), 10_000, 100, 0.05
    for _ in range(runs):
        scores, faithful = source.draw(generator, total)
        probabilities = chances(scores, round(rate * total), doubtful)
        drawn = generator.random(total) < probabilities
        sequence = RateSequence(float(probabilities.min()))
        so_far, missed = np.cumsum(faithful), False
        for start in range(0, total, look):
            part = slice(start, start + look)
            at = np.flatnonzero(drawn[part])
            sequence.update(
                scores[part], at, faithful[part][at].tolist(), probabilities[part][at].tolist()
            )
            interval = sequence.interval()
            truth = so_far[start + look - 1] / (start + look)
            missed |= not interval.low <= truth <= interval.high
        at = np.flatnonzero(drawn)
        sample = LabelledSample.of(scores, at, faithful[at], probabilities=probabilities[at])
        yield missed, width(interval), width(estimate_rate(sample).interval)


# Labels, turns, share of positives, sensitivity and specificity of a score of 0 and 1.
SELDOM_WRONG = (
    (100, 20_000, 0.3, 0.95, 1.0),
    (100, 6000, 0.3, 0.95, 1.0),
    (100, 2000, 0.3, 0.95, 1.0),
    (100, 6000, 0.3, 0.98, 0.99),
    (200, 6000, 0.3, 0.97, 1.0),
    (200, 6000, 0.2, 0.97, 1.0),
    (400, 6000, 0.2, 0.99, 1.0),
    (100, 6000, 0.3, 0.8, 0.9),
)


def errors(_: list[Source], runs: int) -> None:
    print("\n## A score that is seldom wrong (a judge as the score)\n")
    print("| labels | turns | positives | sensitivity | specificity | coverage | width | alone |")
    print("|---|---|---|---|---|---|---|---|")
    for design in SELDOM_WRONG:
        found = [_judged(np.random.default_rng(seed), *design) for seed in range(runs)]
        held = np.mean([rate.interval.low <= design[2] <= rate.interval.high for rate in found])
        wide = np.mean([width(rate.interval) for rate in found])
        alone = np.mean([width(rate.labels_only) for rate in found])
        figures = " | ".join(f"{each:g}" for each in design)
        print(f"| {figures} | {held:.3f} | {wide:.3f} | {alone:.3f} |", flush=True)


def _judged(
    generator: np.random.Generator, n: int, total: int, share: float, hit: float, correct: float
) -> Rate:
    outcomes = (generator.random(total) < share).astype(float)
    right = np.where(outcomes == 1, hit, correct)
    scores = np.where(generator.random(total) < right, outcomes, 1 - outcomes)
    drawn = generator.choice(total, n, replace=False)
    return estimate_rate(LabelledSample.of(scores, drawn, outcomes[drawn]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1000, help="of each design")
    parts = {"coverage": coverage, "gain": gain, "calls": calls, "watched": watched}
    parts["errors"] = errors
    parser.add_argument("--part", choices=tuple(parts), help="one part alone")
    given = parser.parse_args()
    found = [] if given.part == "errors" else sources()
    for name, part in parts.items():
        if given.part in (None, name):
            part(found, given.runs)


if __name__ == "__main__":
    main()
