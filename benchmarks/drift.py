"""Figures of the drift detector: delay, false alarms, what breaks the promise, and cost.

    python benchmarks/drift.py [--streams 200] [--only PART,PART]

Parts: delay, others, broken, deployment, change, adversary, cost. Losses are 1 - score. Budget:
one false alarm in 100,000 turns, so that at most 0.1 may come in a quiet run of 10,000. The optimum
is a CUSUM that knows both distributions, its threshold simulated to the same rate of false alarms;
no real detector can know what it knows.
"""

import argparse
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundwire_evaluators.drift import Baseline, KnownMeanESR, StratifiedESR, TwoSampleESR
from groundwire_evaluators.drift.blocking import Dependence

Floats = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]

TURNS = 10_000
MASS = 1e-5
MIN_EFFECT = 0.05
BEFORE = 500  # quiet turns between the baseline and the change
LONGEST = 10_000  # turns after it


@dataclass(frozen=True)
class Law:
    """Losses: 0 with `zero`, 1 with `one`, else beta."""

    one: float
    zero: float
    alpha: float = 1.0
    beta: float = 1.0

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        kind = rng.random(n)
        losses = rng.beta(self.alpha, self.beta, n)
        losses[kind < self.zero] = 0.0
        losses[kind > 1 - self.one] = 1.0
        return losses

    def log_density(self, losses: Floats) -> Floats:
        """Up to what is the same in two laws with equal beta parts."""
        between = 1 - self.one - self.zero
        inside = np.clip(losses, 1e-12, 1 - 1e-12)
        spread = (self.alpha - 1) * np.log(inside) + (self.beta - 1) * np.log1p(-inside)
        spread += math.lgamma(self.alpha + self.beta)
        spread -= math.lgamma(self.alpha) + math.lgamma(self.beta)
        found = np.log(max(between, 1e-300)) + spread
        found[losses <= 0] = np.log(max(self.zero, 1e-300))
        found[losses >= 1] = np.log(max(self.one, 1e-300))
        return found


STEPS = {
    "rare .05>.10": (Law(0.05, 0.95), Law(0.10, 0.90)),
    "rare .05>.15": (Law(0.05, 0.95), Law(0.15, 0.85)),
    "beta .10>.15": (Law(0, 0, 2, 18), Law(0, 0, 3, 17)),
    "beta .10>.20": (Law(0, 0, 2, 18), Law(0, 0, 4, 16)),
    "mixed .08>.14": (Law(0.03, 0.70, 2, 8), Law(0.08, 0.60, 2, 8)),
}

# Nothing was chosen by these.
OTHERS = {
    "rare .02>.05": (Law(0.02, 0.98), Law(0.05, 0.95)),
    "even .30>.40": (Law(0.30, 0.70), Law(0.40, 0.60)),
    "beta .20>.25": (Law(0, 0, 4, 16), Law(0, 0, 5, 15)),
    "beta .05>.10": (Law(0, 0, 1, 19), Law(0, 0, 2, 18)),
    "mixed .34>.45": (Law(0.15, 0.50, 3, 4), Law(0.25, 0.40, 3, 4)),
}


def detector(baseline: Floats) -> TwoSampleESR:
    return TwoSampleESR(baseline=Baseline.from_losses(baseline), min_effect=MIN_EFFECT)


def first_alarm(baseline: Floats, losses: Floats, masses: Floats | None = None) -> int | None:
    """Index of the turn that raised the alarm."""
    watching = detector(baseline)
    spent = np.full(len(losses), MASS) if masses is None else masses
    fed = watching.update_many(losses, spent, range(len(losses)))
    return fed - 1 if watching.drift_detected else None


def optimum(before: Law, after: Law, streams: int, rng: np.random.Generator) -> float:
    """Mean delay of the CUSUM of the true likelihood ratio, at the same rate of false alarms."""

    def cusum(losses: Floats) -> Iterator[Floats]:
        level = np.zeros(len(losses))
        ratio = after.log_density(losses) - before.log_density(losses)
        for turn in range(losses.shape[1]):
            level = np.maximum(level, 0) + ratio[:, turn]
            yield level

    shape = (max(streams, 400), TURNS)
    quiet = before.draw(rng, shape[0] * TURNS).reshape(shape)
    peaks = np.maximum.reduce(list(cusum(quiet)))
    threshold = np.quantile(peaks, math.exp(-TURNS * MASS))
    changed = np.concatenate(
        (
            before.draw(rng, shape[0] * BEFORE).reshape(shape[0], BEFORE),
            after.draw(rng, shape[0] * 3000).reshape(shape[0], 3000),
        ),
        axis=1,
    )
    over = np.array([level >= threshold for level in cusum(changed)]).T
    alarms = over.argmax(axis=1)
    return float(np.mean(alarms[alarms >= BEFORE]) - BEFORE + 1)


def delays(before: Law, after: Law, n: int, streams: int, rng: np.random.Generator) -> Floats:
    found = []
    for _ in range(streams):
        losses = np.concatenate((before.draw(rng, BEFORE), after.draw(rng, LONGEST)))
        alarm = first_alarm(before.draw(rng, n), losses)
        if alarm is None or alarm >= BEFORE:
            found.append(LONGEST if alarm is None else alarm - BEFORE + 1)
    return np.array(found, dtype=float)


def print_delay(streams: int) -> None:
    """Delay after a step, as turns and times the optimum; false alarms in quiet runs."""
    print_steps(STEPS, streams)
    print_quiet(streams)


def print_others(streams: int) -> None:
    print_steps(OTHERS, streams)


def print_steps(steps: Mapping[str, tuple[Law, Law]], streams: int) -> None:
    rng = np.random.default_rng(7)
    best = {name: optimum(*laws, streams, rng) for name, laws in steps.items()}
    print("\nmean delay in turns (times the optimum), '!' more than 5 % not found in 10,000")
    print(f"{'baseline':10}" + "".join(f"{name:>18}" for name in steps) + f"{'mean':>8}")
    print(f"{'optimum':10}" + "".join(f"{delay:18.0f}" for delay in best.values()))
    for n in (500, 2000, 20_000):
        ratios, cells = [], ""
        for name, laws in steps.items():
            found = delays(*laws, n, streams, rng)
            missed = "!" if np.mean(found >= LONGEST) > 0.05 else " "
            ratios.append(found.mean() / best[name])
            cells += f"{found.mean():9.0f}{missed}({ratios[-1]:5.2f}x)"
        print(f"{n:<10}{cells}{np.mean(ratios):7.2f}x")


def print_quiet(streams: int) -> None:
    rng = np.random.default_rng(8)
    print("\nquiet runs of 10,000 turns with an alarm (the budget allows 0.100)")
    for n in (500, 2000, 20_000):
        cells = ""
        for name in ("rare .05>.10", "beta .10>.15", "mixed .08>.14"):
            law = STEPS[name][0]
            alarms = [
                first_alarm(law.draw(rng, n), law.draw(rng, TURNS)) is not None
                for _ in range(streams)
            ]
            cells += f"  {name.split()[0]} {np.mean(alarms):.3f}"
        print(f"{n:<10}{cells}")


def bursty(rng: np.random.Generator, n: int, worse_from: int) -> Floats:
    """Mean .05 in bursts of some 50 turns, four times as bad as the rest."""
    renewed = rng.random(n) < 0.02
    renewed[0] = True
    drawn = rng.random(n) < 0.2
    last = np.maximum.accumulate(np.where(renewed, np.arange(n), 0))
    mean = np.where(drawn[last], 0.13, 0.03) + 0.05 * (np.arange(n) >= worse_from)
    return (rng.random(n) < mean).astype(float)


def seasonal(rng: np.random.Generator, n: int, worse_from: int) -> tuple[Floats, Floats]:
    """Mean .05 plus or minus .03 with a period of 4,000 turns; and the phase, in 8 bins."""
    phase = np.arange(n) + rng.integers(0, 4000)
    mean = 0.05 + 0.03 * np.sin(2 * np.pi * phase / 4000)
    mean += 0.05 * (np.arange(n) >= worse_from)
    return (rng.random(n) < mean).astype(float), phase % 4000 // 500


def mixing(rng: np.random.Generator, n: int, worse_from: int) -> tuple[Floats, Floats]:
    """A weak segment (.12 against .02) whose share grows from .3 to .6 after the baseline."""
    weak = rng.random(n) < np.where(np.arange(n) < n - TURNS, 0.3, 0.6)
    mean = np.where(weak, 0.12, 0.02) + 0.1 * weak * (np.arange(n) >= worse_from)
    return (rng.random(n) < mean).astype(float), weak.astype(float)


def bursty_mixing(rng: np.random.Generator, n: int, worse_from: int) -> tuple[Floats, Floats]:
    """The same shift of the mix, with bursts in both segments and a growth of .05 in both."""
    weak = rng.random(n) < np.where(np.arange(n) < n - TURNS, 0.3, 0.6)
    renewed = rng.random(n) < 0.02
    renewed[0] = True
    last = np.maximum.accumulate(np.where(renewed, np.arange(n), 0))
    burst = (rng.random(n) < 0.2)[last]
    mean = np.where(weak, 0.12, 0.02) + np.where(burst, 0.08, -0.02)
    mean += 0.05 * (np.arange(n) >= worse_from)
    return (rng.random(n) < mean).astype(float), weak.astype(float)


Stream = Callable[[int], tuple[Floats, Floats | None]]  # losses and strata, worse from a turn on


def watched(losses: Floats, strata: Floats | None, n: int, blocks: bool) -> int | None:
    """The alarm of a detector whose baseline are the first n turns; counted from there."""
    names = ["" for _ in losses] if strata is None else strata.astype(int).astype(str).tolist()
    dependence = Dependence.of(losses[:n], names[:n]) if blocks else Dependence()
    past = {
        name: Baseline.from_losses(losses[:n][np.array(names[:n]) == name], dependence)
        for name in sorted(set(names[:n]))
    }
    if strata is None:
        single = TwoSampleESR(baseline=past[""], min_effect=MIN_EFFECT)
        fed = single.update_many(losses[n:], np.full(TURNS, MASS), range(TURNS))
        return fed - 1 if single.drift_detected else None
    several = StratifiedESR(past, min_effect=MIN_EFFECT)
    fed = several.update_many(losses[n:], [MASS] * TURNS, range(TURNS), names[n:])
    return fed - 1 if several.drift_detected else None


def streams_of(rng: np.random.Generator, turns: int) -> dict[str, Stream]:
    """What the promise does not cover, or only in blocks and strata."""

    def independent(worse: int) -> tuple[Floats, None]:
        mean = np.where(np.arange(turns) >= worse, 0.1, 0.05)
        return (rng.random(turns) < mean).astype(float), None

    return {
        "independent turns": independent,
        "bursts": lambda worse: (bursty(rng, turns, worse), None),
        "season": lambda worse: seasonal(rng, turns, worse),
        "traffic mix": lambda worse: mixing(rng, turns, worse),
        "traffic mix and bursts": lambda worse: bursty_mixing(rng, turns, worse),
    }


def print_stream(name: str, stream: Stream, n: int, streams: int, *, blocks: bool) -> None:
    """Share of quiet runs with an alarm, mean delay after a real growth, share not found."""
    quiet = [watched(*stream(1 << 40), n, blocks) for _ in range(streams)]
    found = [watched(*stream(n + BEFORE), n, blocks) for _ in range(streams)]
    delays = [LONGEST if alarm is None else alarm - BEFORE + 1 for alarm in found]
    delays = [delay for delay in delays if delay > 0]
    false = np.mean([alarm is not None for alarm in quiet])
    missed = np.mean([alarm is None for alarm in found])
    print(f"  {n:6} {name:46}{false:8.3f}{np.mean(delays):9.0f}{missed:8.2f}", flush=True)


def print_broken(streams: int) -> None:
    """Nothing got worse on average, but the conditional mean moves: the promise is void."""
    print("\nwhat breaks the promise (budget 0.100), and the blocks and strata that keep it;")
    print("baseline, share of quiet runs of 10,000 with an alarm, delay, share not found")
    for n in (20_000, 5_000, 2_000):
        for name, stream in streams_of(np.random.default_rng(11), n + TURNS).items():

            def pooled(worse: int, stream: Stream = stream) -> tuple[Floats, None]:
                return stream(worse)[0], None

            print_stream(name, pooled, n, streams, blocks=False)
            print_stream(f"{name}: blocks and strata", stream, n, streams, blocks=True)


def print_deployment(streams: int) -> None:
    """Half of the budget on deployments, the change at a deployment."""
    rng = np.random.default_rng(13)
    print("\ndelay when half of the budget waits for deployments (baseline of 20,000 turns)")
    for arl, deployments in ((1e5, 10), (2.6e6, 30)):
        for name in list(STEPS)[:3]:
            before, after = STEPS[name]
            uniform = np.full(BEFORE + LONGEST, 1 / arl)
            deployed = uniform / 2
            deployed[BEFORE] += 0.5 / deployments
            found: dict[str, list[int]] = {"uniform": [], "deployed": []}
            for _ in range(streams // 2):
                baseline = before.draw(rng, 20_000)
                losses = np.concatenate((before.draw(rng, BEFORE), after.draw(rng, LONGEST)))
                for kind, masses in (("uniform", uniform), ("deployed", deployed)):
                    alarm = first_alarm(baseline, losses, masses)
                    if alarm is not None and alarm >= BEFORE:
                        found[kind].append(alarm - BEFORE + 1)
            means = {kind: np.mean(each) for kind, each in found.items()}
            print(
                f"  one in {arl:9.0f} turns, {deployments} deployments, {name}: "
                f"{means['uniform']:.0f} > {means['deployed']:.0f}"
            )


def print_change(streams: int) -> None:
    """Coverage of the intervals for the change point and for the size, both nominal .90."""
    rng = np.random.default_rng(17)
    print("\nchange point and size at the alarm (intervals nominal .90), min_effect .03")
    print(f"  {'':28}{'covered':>9}{'width':>8}{'|error|':>9}{'delay':>8}{'size covered':>14}")
    for n in (500, 2000):
        for name, (before, after) in STEPS.items():
            grown = np.mean(after.draw(rng, 10**6)) - np.mean(before.draw(rng, 10**6))
            rows = []
            for _ in range(streams):
                watching = TwoSampleESR(baseline=Baseline.from_losses(before.draw(rng, n)))
                losses = np.concatenate((before.draw(rng, 1500), after.draw(rng, LONGEST)))
                alarm = watching.update_many(losses, np.full(len(losses), MASS), range(len(losses)))
                if alarm <= 1500 or not watching.drift_detected:
                    continue
                change = watching.change
                (low, high), size = change.interval, change.size_interval
                rows.append(
                    (
                        low <= 1500 <= high,
                        high - low,
                        abs(change.since - 1500),
                        alarm - 1500,
                        size[0] <= grown <= size[1],
                    )
                )
            columns = list(zip(*rows, strict=True))
            print(
                f"  {name} n={n:<10}{np.mean(columns[0]):13.2f}{np.median(columns[1]):8.0f}"
                f"{np.median(columns[2]):9.0f}{np.mean(columns[3]):8.0f}{np.mean(columns[4]):14.2f}"
            )


def flattering(rng: np.random.Generator, n: int, level: float) -> Floats:
    """A baseline that is all or nothing until it looks better than it is, and then stays so."""
    losses, total = np.empty(n), 0.0
    for turn in range(n):
        lucky = total < level * turn - 0.8 * math.sqrt(level * n)
        losses[turn] = level if lucky else float(rng.random() < level)
        total += losses[turn]
    return losses


def plain(rng: np.random.Generator, _statistic: float, _turn: int, level: float) -> float:
    return float(rng.random() < level)


def bold(rng: np.random.Generator, statistic: float, _turn: int, level: float) -> float:
    """All or nothing while no alarm is near, else just enough to reach it."""
    high = min(1.0, 4 * level) if statistic > 0.3 else 1.0
    return high * float(rng.random() < level / high)


def returning(rng: np.random.Generator, _statistic: float, turn: int, level: float) -> float:
    """Far better than the baseline for a while, and then as bad as is allowed."""
    return float(rng.random() < (level / 5 if turn // 200 % 2 else level))


def print_adversary(streams: int) -> None:
    """Alarms, resets included, where 1 is allowed; the conditional mean is never above the old."""
    rng, turns, level = np.random.default_rng(29), 2000, 0.1
    print("\nfalse alarms in 2,000 turns of mass 1/2,000 (1 is allowed), and standard error,")
    print("baseline flattering; against them the mean of the baseline plugged in")
    for n in (20, 100, 500, 2000):
        for attack in (plain, bold, returning):
            counts: dict[str, list[int]] = {"two-sample": [], "plug-in": []}
            for _ in range(streams):
                baseline = flattering(rng, n, level)
                known = KnownMeanESR(mean=max(float(baseline.mean()), 1e-3))
                two_sample = TwoSampleESR(baseline=Baseline.from_losses(baseline))
                for name, watching in (("two-sample", two_sample), ("plug-in", known)):
                    count = 0
                    for turn in range(turns):
                        loss = attack(rng, watching.statistic, turn, level)
                        watching.update(loss, 1 / turns, turn)
                        if watching.drift_detected:
                            count += 1
                            watching.reset()
                    counts[name].append(count)
            cells = "".join(
                f"  {name} {np.mean(each):6.2f} ({np.std(each) / math.sqrt(streams):.2f})"
                for name, each in counts.items()
            )
            print(f"  n={n:<6}{attack.__name__:12}{cells}", flush=True)


def print_cost(_: int) -> None:
    """CPU of one detector, and of the six that see one turn (a service and five axis values)."""
    rng = np.random.default_rng(19)
    baseline, losses = STEPS["rare .05>.10"][0].draw(rng, 2000), rng.random(10_000) < 0.05
    values = losses.astype(float).tolist()
    made = Baseline.from_losses(baseline)
    blocks = Baseline.from_losses(baseline, Dependence(block=50, inflation=4.0))
    strata = {str(name): made for name in range(8)}
    names = (rng.integers(0, 8, len(values))).astype(str).tolist()
    print("\ncost (CPU, microseconds a turn)")

    def show(name: str, detectors: list[TwoSampleESR]) -> None:
        start = time.process_time()
        for turn, loss in enumerate(values):
            for watching in detectors:
                watching.update(loss, 1e-9, turn)
        print(f"  {name:44}{(time.process_time() - start) / len(values) * 1e6:7.1f}")

    show("TwoSampleESR", [TwoSampleESR(baseline=made)])
    show("six of them, one turn", [TwoSampleESR(baseline=made) for _ in range(6)])
    show("six of them, blocks of 50", [TwoSampleESR(baseline=blocks) for _ in range(6)])
    several = StratifiedESR(strata)
    start = time.process_time()
    for turn, (loss, name) in enumerate(zip(values, names, strict=True)):
        several.update(loss, 1e-9, turn, name)
    print(
        f"  {'StratifiedESR, 8 strata':44}{(time.process_time() - start) / len(values) * 1e6:7.1f}"
    )
    watching = detector(baseline)
    start = time.process_time()
    watching.update_many(values, np.full(len(values), 1e-9), range(len(values)))
    bulk = time.process_time() - start
    print(f"  {'TwoSampleESR, in bulk':44}{bulk / len(values) * 1e6:7.1f}")
    start = time.process_time()
    for _ in range(20):
        Baseline.from_losses(baseline)
    print(f"  a baseline of 2,000 turns, once: {(time.process_time() - start) / 20 * 1e3:.1f} ms")


PARTS = {
    "delay": print_delay,
    "others": print_others,
    "broken": print_broken,
    "deployment": print_deployment,
    "change": print_change,
    "adversary": print_adversary,
    "cost": print_cost,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--only", default=",".join(PARTS))
    arguments = parser.parse_args()
    for name in arguments.only.split(","):
        PARTS[name](arguments.streams)


if __name__ == "__main__":
    main()
