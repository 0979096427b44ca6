"""Alarm details: onset, size, affected and unaffected segments, cause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundwire_collector.drift.alarm_context import AlarmContext
from groundwire_collector.drift.attribution import (
    FEWEST,
    UNKNOWN_CAUSE,
    Attribution,
    ChangeTime,
    Deployment,
    SegmentEffect,
)
from groundwire_collector.drift.daily import DAY_NS, DailyMonitor
from groundwire_collector.drift.dimensions import WHOLE, Stream
from groundwire_collector.drift.segment import SegmentDetector

RETRIEVAL, CONTEXT_IGNORED = "retrieval", "context_ignored"


@dataclass(frozen=True, slots=True)
class ChangeEstimate:
    """Since when and by how much a stream got worse, with intervals."""

    began_ns: int
    change: ChangeTime
    size: float
    low: float
    high: float

    @classmethod
    def of(
        cls, found: SegmentDetector | DailyMonitor, now_ns: int, slack_ns: int
    ) -> "ChangeEstimate":
        """`slack_ns`: by how much the begin of a change is uncertain anyhow."""
        detector, width, end = found.detector, 1.0, 0
        if isinstance(found, DailyMonitor):  # its steps are days, seen through a window
            width, end = found.days.width, DAY_NS - 1
        from_ns, until_ns = detector.changed_interval or (0, now_ns)
        size = detector.size or 0.0
        low, high = detector.size_interval or (size, size)
        return cls(
            detector.changed_at or now_ns,
            ChangeTime(from_ns, min(until_ns + end, now_ns), now_ns, slack_ns),
            size * width,
            low * width,
            high * width,
        )


@dataclass(frozen=True, slots=True)
class RaisedAlarm:
    """A raised alarm; `details` is its JSON beside the columns."""

    located: ChangeEstimate
    named: Attribution
    cause: str
    details: dict[str, Any]


def explain(
    located: ChangeEstimate,
    named: Attribution,
    moved: Mapping[Stream, SegmentEffect],
    context: AlarmContext,
    overriding: bool,
    unknown: Sequence[str] = (),
) -> RaisedAlarm:
    """`overriding`: answers contradict their context more than they did, too; `unknown`: what is
    to be said of segments that were compared with nothing."""
    retrieval = context.retrieval_fell(located.change.until_ns)
    found = _findings(named, retrieval, overriding)
    mix = context.moved_mix
    if mix:
        shares = [f"{name} {a:.0%} to {b:.0%}" for name, (a, b) in sorted(mix.items())]
        found.append(f"The mix of the traffic changed as well: {', '.join(shares)}")
    found += unknown
    return RaisedAlarm(
        located,
        named,
        _cause(named, retrieval, overriding),
        {
            "findings": found,
            "deployment": _deployment_json(named.deployment),
            "also_deployed": [_deployment_json(each) for each in named.also],
            "moved": [_segment(s, each) for s, each in moved.items() if _grew(s, each)],
            "unmoved": [_segment(stream, moved[stream]) for stream in named.unmoved],
        },
    )


def _cause(named: Attribution, retrieval: bool, overriding: bool) -> str:
    """A deployment that is named, else what the signals say."""
    if named.cause != UNKNOWN_CAUSE:
        return named.cause
    if retrieval:
        return RETRIEVAL
    return CONTEXT_IGNORED if overriding else UNKNOWN_CAUSE


def _findings(named: Attribution, retrieval: bool, overriding: bool) -> list[str]:
    found = []
    if retrieval:
        found.append("Chunks fit their questions worse than in the baseline: retrieval fell first")
    if overriding and not retrieval:
        found.append("Answers contradict their context, which fits as before: it is ignored")
    if named.deployment is not None:
        deployment = named.deployment
        kind = "announced" if deployment.announced else "first seen"
        found.append(f"It coincides with {deployment.dimension} {deployment.value}, {kind} then")
    return found


def _grew(stream: Stream, moved: SegmentEffect) -> bool:
    return stream != WHOLE and moved.low > 0 and moved.turns >= FEWEST


def _segment(stream: Stream, moved: SegmentEffect) -> dict[str, Any]:
    return {
        "dimension": stream[0],
        "value": stream[1],
        "turns": round(moved.turns),
        "size": moved.size,
        "size_interval": [moved.low, moved.high],
    }


def _deployment_json(deployment: Deployment | None) -> dict[str, Any] | None:
    if deployment is None:
        return None
    return {
        "dimension": deployment.dimension,
        "value": deployment.value,
        "at_ns": deployment.at_ns,
        "announced": deployment.announced,
    }
