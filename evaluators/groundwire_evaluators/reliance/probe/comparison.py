"""Comparison of a probe run with the baseline and the best run.

The test is on paired, signed scores (+1 the context's answer, -1 the parametric answer, 0 anything
else): an item that goes over to memory counts twice, one that becomes a refusal once. The baseline
may hold several runs, whose mean halves the noise of the pairs. McNemar's exact test on the same
pairs stands beside it. docs/decisions/0050-signed-probe-scores.md compares their power.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.reliance.probe.arms import CONFLICT_ARMS, Arm
from groundwire_evaluators.reliance.probe.item import ProbeStratum
from groundwire_evaluators.reliance.probe.run import ProbeRun
from groundwire_evaluators.statistics import Interval, Paired, compare_pairs
from groundwire_evaluators.statistics.interval import student_quantile
from groundwire_evaluators.statistics.mcnemar import upper_tail

FEWEST_ITEMS = 20
TESTS = 4  # of a run: reliance and the guard, against the baseline and against the best so far
_SCORES = {Outcome.CONTEXT: 1.0, Outcome.PARAMETRIC: -1.0, Outcome.STALE: -1.0}


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """Change of the mean item score, in [-2, 2], with its test.

    `fell` at false-alarm probability `alpha`, one-sided; `interval` is two-sided at 95 %.
    """

    items: int
    change: float
    interval: Interval
    alpha: float
    fell: bool


@dataclass(frozen=True, slots=True)
class MarginChange:
    """Change of the items' conflict margins, with a one-sided sign test.

    `lower` and `higher` count items whose margin (nats a token; above 0 the context's answer is
    likelier than memory's) moved, `change` is their mean. `p_value` is the chance of so many lower
    ones were either as likely; `fell` where it lies below the comparison's alpha.
    """

    items: int
    lower: int
    higher: int
    change: float
    p_value: float
    fell: bool


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Comparison of a run with a reference: conflict arms, guard, items lost.

    `override` is the alarm. `general` says that the clean arm fell as well: then the model reads
    or answers worse altogether, and the cause is to be looked for there first. `margins` is None
    where not both sides have log-probabilities; no alarm, for it falls before any answer changes,
    and where the model reads worse without remembering anything.
    """

    reliance: ScoreChange
    guard: ScoreChange
    mcnemar: Paired
    turned: tuple[str, ...]
    margins: MarginChange | None = None

    @property
    def override(self) -> bool:
        return self.reliance.fell and not self.guard.fell

    @property
    def general(self) -> bool:
        return self.guard.fell


def compare_runs(
    run: ProbeRun,
    reference: Sequence[ProbeRun],
    alpha: float = 0.01,
    arms: Sequence[Arm] = CONFLICT_ARMS,
    stratum: ProbeStratum | None = None,
) -> RunComparison:
    """Compare a run with one or more runs of the reference, item by item.

    Assumes that, were nothing changed, the run's answers would vary about the reference's mean as
    those do: one prompt, one pack, T = 0 or the same T. Raises `ValueError` for runs of different
    packs or prompts, whose differences say nothing about the model.
    """
    if not reference:
        raise ValueError("a reference needs at least one run")
    for other in reference:
        if not run.identity.comparable(other.identity):
            raise ValueError("runs of different packs or prompts cannot be compared")
    now = _scores(run, arms, stratum)
    before = [_scores(each, arms, stratum) for each in reference]
    guard_now = _scores(run, (Arm.CLEAN,), stratum)
    guard_before = [_scores(each, (Arm.CLEAN,), stratum) for each in reference]
    return RunComparison(
        reliance=compare_scores(now, before, alpha),
        guard=compare_scores(guard_now, guard_before, alpha),
        mcnemar=_mcnemar(run, reference[0], arms, stratum),
        turned=_turned(run, reference, arms, stratum),
        margins=_margin_change(run, reference, arms, stratum, alpha),
    )


def compare_scores(
    now: Mapping[str, float],
    before: Sequence[Mapping[str, float]],
    alpha: float = 0.01,
    clusters: Mapping[str, Hashable] | None = None,
) -> ScoreChange:
    """The change of the mean of items that every run has, by a one-sided paired t-test.

    `clusters` (item → cluster) where items are not independent, as several on one question are; by
    default each item is its own. Where the mean did not fall, the rate of false alarms at alpha =
    0.01 was at most 0.007 with four runs before, up to 0.022 with one and 50 items (400 draws of
    real outputs, benchmarks/reliance.py power). Fewer than `FEWEST_ITEMS` items never alarm.
    """
    items = [item for item in now if all(item in each for each in before)]
    if not items:
        return ScoreChange(0, 0.0, Interval(-2.0, 2.0), alpha, False)
    differences = np.array(
        [now[item] - float(np.mean([each[item] for each in before])) for item in items]
    )
    mean = float(differences.mean())
    error, freedom = _standard_error(differences - mean, items, clusters)
    if freedom < 2:
        return ScoreChange(len(items), mean, Interval(-2.0, 2.0), alpha, False)
    half = student_quantile(0.95, freedom) * error
    fell = mean < 0 and -mean > student_quantile(1 - 2 * alpha, freedom) * error
    interval = Interval(mean - half, mean + half)
    return ScoreChange(len(items), mean, interval, alpha, fell and len(items) >= FEWEST_ITEMS)


def _standard_error(
    residuals: NDArray[np.float64], items: Sequence[str], clusters: Mapping[str, Hashable] | None
) -> tuple[float, int]:
    """Standard error of the mean, and its degrees of freedom."""
    totals: dict[Hashable, float] = {}
    for item, residual in zip(items, residuals, strict=True):
        cluster = item if clusters is None else clusters[item]
        totals[cluster] = totals.get(cluster, 0.0) + float(residual)
    count = len(totals)
    if count < 2:
        return 0.0, 0
    spread = sum(total * total for total in totals.values()) * count / (count - 1)
    return float(spread**0.5) / len(items), count - 1


def best_so_far(runs: Sequence[ProbeRun], level: float = 0.95) -> ProbeRun | None:
    """The run with the highest lower bound of its mean score: a plain maximum of noisy means
    flatters, and the more runs there are the more."""
    if not runs:
        return None
    return max(runs, key=lambda run: _lower_bound(run, level))


def compare_with_best(
    run: ProbeRun, earlier: Sequence[ProbeRun], alpha: float = 0.01
) -> RunComparison | None:
    """Compare a run with the best earlier run; None without one.

    The best of several equally good runs is one that was lucky, so each of its tests has only
    alpha / (number of runs): were nothing changed, the chance that the run falls short of any one
    of them is at most alpha (Bonferroni), and so it is of the one that is chosen.
    """
    best = best_so_far(earlier)
    return None if best is None else compare_runs(run, [best], alpha / len(earlier))


def alarm_level(alarms: float, runs: float, tests: int = TESTS) -> float:
    """The alpha of one test: `alarms` false alarms a period shared by the tests of its `runs`.

    By linearity of expectation alarms ≤ runs · tests · alpha, whatever the dependence. A run has
    four: reliance and the guard, each against the baseline and against the best so far.
    """
    if alarms <= 0 or runs <= 0 or tests < 1:
        raise ValueError("alarms, runs and tests must be positive")
    return min(0.25, alarms / (runs * tests))


def _lower_bound(run: ProbeRun, level: float) -> float:
    scores = np.array(list(_scores(run, CONFLICT_ARMS, None).values()))
    if len(scores) < 3:
        return -2.0
    error = float(scores.std(ddof=1) / len(scores) ** 0.5)
    return float(scores.mean() - student_quantile(2 * level - 1, len(scores) - 1) * error)


def _scores(run: ProbeRun, arms: Sequence[Arm], stratum: ProbeStratum | None) -> dict[str, float]:
    """The mean score of each item over the arms that were answered."""
    by_item: dict[str, list[float]] = {}
    for result in run.of(*arms, stratum=stratum):
        if result.followed is not None:
            by_item.setdefault(result.item, []).append(_SCORES.get(result.followed, 0.0))
    return {item: float(np.mean(scores)) for item, scores in by_item.items()}


def _followed(
    run: ProbeRun, arms: Sequence[Arm], stratum: ProbeStratum | None
) -> dict[str, Outcome]:
    found = run.of(*arms, stratum=stratum)
    return {result.key: result.followed for result in found if result.followed is not None}


def _mcnemar(
    run: ProbeRun, other: ProbeRun, arms: Sequence[Arm], stratum: ProbeStratum | None
) -> Paired:
    """McNemar test on the conflict arm alone: independent pairs."""
    arm = (Arm.CONFLICT,) if Arm.CONFLICT in arms else arms[:1]
    now, before = _followed(run, arm, stratum), _followed(other, arm, stratum)
    keys = [key for key in now if key in before]
    return compare_pairs(
        [before[key] is Outcome.CONTEXT for key in keys],
        [now[key] is Outcome.CONTEXT for key in keys],
    )


def _margin_change(
    run: ProbeRun,
    reference: Sequence[ProbeRun],
    arms: Sequence[Arm],
    stratum: ProbeStratum | None,
    alpha: float,
) -> MarginChange | None:
    now = _margins(run, arms, stratum)
    before = [_margins(each, arms, stratum) for each in reference]
    items = [item for item in now if all(item in each for each in before)]
    if not items:
        return None
    changes = [now[item] - float(np.mean([each[item] for each in before])) for item in items]
    lower, higher = (sum(sign * each > 0 for each in changes) for sign in (-1, 1))
    p_value = upper_tail(lower, lower + higher) if lower + higher else 1.0
    fell = p_value < alpha and len(items) >= FEWEST_ITEMS
    return MarginChange(len(items), lower, higher, float(np.mean(changes)), p_value, fell)


def _margins(run: ProbeRun, arms: Sequence[Arm], stratum: ProbeStratum | None) -> dict[str, float]:
    """The mean margin of each item over the arms that were scored."""
    by_item: dict[str, list[float]] = {}
    for result in run.results:
        if result.arm in arms and result.margin is not None and stratum in (None, result.stratum):
            by_item.setdefault(result.item, []).append(result.margin)
    return {item: float(np.mean(margins)) for item, margins in by_item.items()}


def _turned(
    run: ProbeRun, reference: Sequence[ProbeRun], arms: Sequence[Arm], stratum: ProbeStratum | None
) -> tuple[str, ...]:
    """Trials that followed the context in every run of the reference and follow memory now."""
    now = _followed(run, arms, stratum)
    before = [_followed(each, arms, stratum) for each in reference]
    return tuple(
        key
        for key, outcome in now.items()
        if outcome.from_memory and all(each.get(key) is Outcome.CONTEXT for each in before)
    )
