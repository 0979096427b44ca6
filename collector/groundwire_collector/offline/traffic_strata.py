"""Strata that two versions' traffic shares: route, tenant, other versions, topic, time."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from groundwire_collector.storage.version_turns import VersionTurn
from groundwire_evaluators.statistics.standardised import FEWEST_IN_STRATUM
from groundwire_evaluators.statistics.topics import Topics

TRAFFIC = ("route", "tenant")  # always divide: versions of other tenants' turns share nothing
VERSIONS = ("model_version", "prompt_version", "index_version", "adapter", "release")
LEARNT_FROM = 1000  # questions
TIME_BINS = 8  # equal parts of the period
ENOUGH = 0.8  # of each side's turns must lie in shared strata, else fewer things divide them
OTHER = "other"  # of no topic
Labels = tuple[list[str], list[str]]  # of the baseline's turns, of the candidate's


@dataclass(frozen=True, slots=True)
class MixShare:
    """Share of turns with one value of a dimension, on each side."""

    dimension: str
    value: str
    baseline: float
    candidate: float


@dataclass(frozen=True, slots=True)
class TrafficStrata:
    """Stratum of each turn, and what divides them.

    `confounded`: dimensions on which the two versions share no value; they differ with the version
    and cannot be told from it. `shared`: share of each side's turns in shared strata.
    """

    labels: Labels
    dimensions: tuple[str, ...]
    confounded: tuple[str, ...]
    shared: tuple[float, float]
    mix: tuple[MixShare, ...]


def divide(
    baseline: Sequence[VersionTurn],
    candidate: Sequence[VersionTurn],
    dimension: str,
    *,
    by_time: bool = True,
) -> TrafficStrata:
    """Strata of the turns of two versions of a dimension.

    Route and tenant always divide them; so do other versions, unless one side has none of the
    other's values. Topics of questions, and parts of the period where both ran at the
    same time, divide further while most turns still find turns of the other side.
    """
    sides = (baseline, candidate)
    labelled: dict[str, Labels] = {}
    confounded: list[str] = []
    for name in (*TRAFFIC, *VERSIONS):
        labels = _labels(sides, lambda turn, name=name: turn.tags.get(name, ""))  # type: ignore[misc]
        if name == dimension or len({*labels[0], *labels[1]}) < 2:
            continue
        if name in TRAFFIC or {*labels[0]} & {*labels[1]} - {""}:
            labelled[name] = labels
        else:
            confounded.append(name)
    known = len(labelled)
    labelled["topic"] = _topics(sides)
    if by_time:
        labelled["time"] = _times(sides)
    names = list(labelled)
    while (shared := _shared(joined := _join(labelled, names))) and len(names) > known:
        if min(shared) >= ENOUGH:
            break
        names.pop()
    shown = [name for name in names if name != "time"]
    mix = tuple(each for name in shown for each in _mix(name, labelled[name]))
    return TrafficStrata(joined, tuple(names), tuple(confounded), shared, mix)


def _labels(
    sides: tuple[Sequence[VersionTurn], Sequence[VersionTurn]], of: Callable[[VersionTurn], str]
) -> Labels:
    return [of(turn) for turn in sides[0]], [of(turn) for turn in sides[1]]


def _topics(sides: tuple[Sequence[VersionTurn], Sequence[VersionTurn]]) -> Labels:
    every = [[turn.question for turn in side] for side in sides]
    half = LEARNT_FROM // 2
    learnt = [*_evenly(every[0], half), *_evenly(every[1], half)]
    topics = Topics.learn(learnt)
    names = [[name or OTHER for name in topics.of(topics.vectors(each))] for each in every]
    return names[0], names[1]


def _evenly(questions: Sequence[str], most: int) -> Sequence[str]:
    step = max(1, -(-len(questions) // most))
    return questions[::step]


def _times(sides: tuple[Sequence[VersionTurn], Sequence[VersionTurn]]) -> Labels:
    starts = [turn.started_ns for side in sides for turn in side]
    first, width = min(starts), max(max(starts) - min(starts), 1)
    return _labels(
        sides, lambda turn: str(min((turn.started_ns - first) * TIME_BINS // width, TIME_BINS - 1))
    )


def _join(labelled: dict[str, Labels], names: Sequence[str]) -> Labels:
    found = []
    for side in (0, 1):
        columns = [labelled[name][side] for name in names]
        length = len(next(iter(labelled.values()))[side])
        found.append(["\x1f".join(row) for row in zip(*columns, strict=True)] or [""] * length)
    return found[0], found[1]


def _shared(labels: Labels) -> tuple[float, float]:
    counts = [Counter(side) for side in labels]
    both = {
        name
        for name, count in counts[0].items()
        if min(count, counts[1][name]) >= FEWEST_IN_STRATUM
    }
    shares = [sum(each[name] for name in both) / max(each.total(), 1) for each in counts]
    return shares[0], shares[1]


def _mix(name: str, labels: Labels) -> list[MixShare]:
    counts = [Counter(side) for side in labels]
    values = sorted(
        {*counts[0], *counts[1]}, key=lambda value: -counts[0][value] - counts[1][value]
    )
    totals = [max(each.total(), 1) for each in counts]
    return [
        MixShare(name, value or "none", counts[0][value] / totals[0], counts[1][value] / totals[1])
        for value in values
    ]
