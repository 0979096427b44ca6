"""Alarm details: onset, size, affected and unaffected segments, cause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundwire_collector.drift.attribution import (
    FEWEST,
    UNKNOWN_CAUSE,
    Attribution,
    Deployment,
    SegmentEffect,
)
from groundwire_collector.drift.dimensions import WHOLE, Stream
from groundwire_collector.drift.losses import LossSums
from groundwire_evaluators.drift import PostDetection

RETRIEVAL, CONTEXT_IGNORED = "retrieval", "context_ignored"


@dataclass(frozen=True, slots=True)
class Symptoms:
    """What else was seen when an alarm was raised.

    `retrieval_fell`: chunks fit worse than they did. `overriding`: answers contradict their context
    more than they did. `moved_mix`: share of each route before and now, where these changed.
    `unknown`: in words, what the comparison leaves open.
    """

    retrieval_fell: bool
    overriding: bool
    moved_mix: Mapping[str, tuple[float, float]]
    unknown: Sequence[str] = ()

    def cause(self, named: Attribution) -> str:
        """A deployment that is named, else what the signals say."""
        if named.cause != UNKNOWN_CAUSE:
            return named.cause
        if self.retrieval_fell:
            return RETRIEVAL
        return CONTEXT_IGNORED if self.overriding else UNKNOWN_CAUSE

    def explanation(
        self, named: Attribution, moved: Mapping[Stream, SegmentEffect]
    ) -> dict[str, Any]:
        """Findings and segments of an alarm, as JSON."""
        found = _findings(named, self.retrieval_fell, self.overriding)
        if self.moved_mix:
            mix = sorted(self.moved_mix.items())
            shares = [f"{name} {a:.0%} to {b:.0%}" for name, (a, b) in mix]
            found.append(f"The mix of the traffic changed as well: {', '.join(shares)}")
        return {
            "findings": [*found, *self.unknown],
            "deployment": _deployment_json(named.deployment),
            "also_deployed": [_deployment_json(each) for each in named.also],
            "moved": [_segment(s, each) for s, each in moved.items() if _grew(s, each)],
            "unmoved": [_segment(stream, moved[stream]) for stream in named.unmoved],
        }


def guaranteed_json(found: PostDetection | None) -> dict[str, Any] | None:
    """Intervals of start (nanoseconds) and size that hold at the alarm's stopped time."""
    if found is None:
        return None
    low, high = found.size
    return {"since": list(found.since), "size": [max(low, 0.0), high], "level": found.level}


def sums_json(since: LossSums) -> dict[str, float]:
    """Turns since a change, and how many of them were bad."""
    return {"turns": round(since.turns), "bad_turns": round(since.losses, 1)}


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
