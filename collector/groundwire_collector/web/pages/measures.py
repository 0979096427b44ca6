"""Measures of turns over time, from the stored score sums."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from groundwire_collector.storage.score_sums import ScoreSums, SegmentSum
from groundwire_evaluators.evaluation import State
from groundwire_evaluators.statistics import wilson

MOST_SERIES = 5
SCORED = State.SCORED.value
FEWEST_FOR_SPREAD = 30  # values from which their own variance is believed
Kind = Literal["mean", "flagged", "coverage", "turns"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One charted quantity: which evaluator, what of it, which end is good."""

    name: str
    title: str
    meaning: str
    better: Literal["higher", "lower", ""]
    evaluator: str
    kind: Kind


MEASURES = (
    Measure(
        "faithfulness",
        "Faithfulness",
        "mean share of an answer's claims that its chunks support",
        "higher",
        "grounding",
        "mean",
    ),
    Measure(
        "unsupported",
        "Answers with an unsupported claim",
        "share of scored answers that are flagged",
        "lower",
        "grounding",
        "flagged",
    ),
    Measure(
        "override",
        "Context overridden",
        "share of answers with a value that contradicts their chunks",
        "lower",
        "override",
        "mean",
    ),
    Measure(
        "retrieval",
        "Retrieval relevance",
        "mean relevance of the best chunk to its question",
        "higher",
        "retrieval",
        "mean",
    ),
    Measure(
        "coverage",
        "Coverage",
        "share of turns whose answer could be scored",
        "higher",
        "grounding",
        "coverage",
    ),
    Measure("turns", "Turns", "turns per bucket", "", "grounding", "turns"),
)


@dataclass(frozen=True, slots=True)
class Point:
    """Value of one bucket with its 95 % interval; `at` in seconds."""

    at: int
    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one segment in order of time, and its whole."""

    name: str
    points: tuple[Point, ...]
    whole: Point
    number: int = 1  # its colour and dashes


@dataclass(slots=True)
class _Bucket:
    """What one bucket of a segment holds of an evaluator."""

    scored: ScoreSums = field(default_factory=ScoreSums)
    turns: int = 0

    def add(self, row: SegmentSum) -> None:
        if row.state != State.NOT_SAMPLED.value:
            self.turns += row.sums.n
        if row.state == SCORED:
            sums = self.scored
            sums.n += row.sums.n
            sums.total += row.sums.total
            sums.squares += row.sums.squares
            sums.flagged += row.sums.flagged


def charted_segments(rows: Iterable[SegmentSum]) -> dict[str, int]:
    """The five segments of most turns, numbered by name for all charts."""
    turns: dict[str, int] = {}
    for row in rows:
        turns[row.value] = turns.get(row.value, 0) + row.sums.n
    most = sorted(turns, key=lambda name: -turns[name])[:MOST_SERIES]
    return {name: number for number, name in enumerate(sorted(most), start=1)}


def series_of(
    measure: Measure, rows: Iterable[SegmentSum], segments: Mapping[str, int]
) -> list[Series]:
    """Series of a measure, one for each segment with values."""
    by_segment: dict[str, dict[int, _Bucket]] = {name: {} for name in segments}
    for row in rows:
        if row.measure == measure.evaluator and row.value in segments:
            by_segment[row.value].setdefault(row.at, _Bucket()).add(row)
    found = [
        replace(_series(measure, name, buckets), number=segments[name])
        for name, buckets in by_segment.items()
    ]
    return [series for series in found if series.points]


def mean_interval(sums: ScoreSums) -> tuple[float, float, float]:
    """Mean of values in [0, 1] with its 95 % interval.

    Wilson's, for as many turns as would vary as much if their values were 0 or 1: the interval of
    a mean that keeps its coverage near 0 and 1. It takes the turns for independent.
    """
    share = min(max(sums.total / sums.n, 0.0), 1.0)
    turns = float(sums.n)
    variance = sums.squares / sums.n - share * share
    if sums.n >= FEWEST_FOR_SPREAD and variance > 0:
        turns *= max(share * (1 - share) / variance, 1.0)
    low, high = wilson(share * turns, turns)
    return share, low, high


def _series(measure: Measure, name: str, buckets: dict[int, _Bucket]) -> Series:
    whole = _Bucket()
    points = []
    for at, bucket in sorted(buckets.items()):
        point = _point(measure.kind, at, bucket)
        if point is not None:
            points.append(point)
        whole.turns += bucket.turns
        whole.add(SegmentSum(at, name, measure.evaluator, SCORED, bucket.scored))
        whole.turns -= bucket.scored.n
    over_all = _point(measure.kind, 0, whole) or Point(0, 0.0, 0.0, 1.0, 0)
    return Series(name, tuple(points), over_all)


def _point(kind: Kind, at: int, bucket: _Bucket) -> Point | None:
    sums = bucket.scored
    if kind == "turns":
        return Point(at, bucket.turns, bucket.turns, bucket.turns, bucket.turns)
    if kind == "coverage":
        return _share(at, sums.n, bucket.turns) if bucket.turns else None
    if sums.n <= 0:
        return None
    if kind == "flagged":
        return _share(at, sums.flagged, sums.n)
    return Point(at, *mean_interval(sums), sums.n)


def _share(at: int, hits: int, total: int) -> Point:
    hits = min(max(hits, 0), total)
    return Point(at, hits / total, *wilson(hits, total), total)
