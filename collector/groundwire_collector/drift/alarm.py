"""Alarm details: onset, size, segments, cause, retrieval quality and traffic mix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from groundwire_collector.drift.attribution import (
    FEWEST,
    UNKNOWN_CAUSE,
    Attribution,
    Deployment,
    SegmentEffect,
)
from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.dimensions import WHOLE, Stream
from groundwire_collector.drift.losses import LossObservation, LossSums
from groundwire_collector.storage.drift import Alarm
from groundwire_evaluators.drift import PostDetection
from groundwire_evaluators.drift.change_point import ChangePoint
from groundwire_evaluators.drift.labelled_loss import SHIFT, UNIT, mean_of

RETRIEVAL, CONTEXT_IGNORED = "retrieval", "context_ignored"
MIX_MEMORY = 500  # turns after which one counts for a third in the mix
MIX_FEWEST = 100  # turns before the mix is spoken of
MIX_CHANGED = 0.15  # share of the traffic that came by another route


@dataclass(slots=True)
class AlarmContext:
    """Retrieval quality and traffic mix, which explain alarms but raise none.

    `unfit` is the change point of 1 - relevance of the chunks, where turns have a relevance.
    """

    unfit: ChangePoint | None = None
    baseline: Mapping[str, float] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)  # of routes, lately

    @classmethod
    def of(cls, pinned: StratifiedBaseline, min_effect: float) -> "AlarmContext":
        unfit = ChangePoint(pinned.relevance, min_effect) if pinned.relevance else None
        return cls(unfit, pinned.mix or {})

    def observe(self, turn: LossObservation, at_ns: int) -> None:
        for route in self.weights:
            self.weights[route] *= 1 - 1 / MIX_MEMORY
        self.weights[turn.route] = self.weights.get(turn.route, 0.0) + 1.0
        if self.unfit is not None and turn.relevance is not None:
            self.unfit.update(1 - turn.relevance, 1.0, at_ns)

    def retrieval_fell(self, until_ns: int) -> bool:
        """Chunks clearly fit their questions worse than in the baseline, since before this time."""
        change = self.unfit.change if self.unfit else None
        return change is not None and change.size_interval[0] > 0 and change.since <= until_ns

    @property
    def mix(self) -> dict[str, float]:
        """Recent share of each route."""
        total = sum(self.weights.values())
        return {route: weight / total for route, weight in self.weights.items()}

    @property
    def moved_mix(self) -> dict[str, tuple[float, float]]:
        """Shares of all routes before and now, if the mix clearly changed."""
        if sum(self.weights.values()) < MIX_FEWEST or not self.baseline:
            return {}
        now = self.mix
        both = {name: (self.baseline.get(name, 0.0), now.get(name, 0.0)) for name in now}
        both |= {name: (share, 0.0) for name, share in self.baseline.items() if name not in now}
        moved = sum(abs(after - before) for before, after in both.values()) / 2
        return both if moved >= MIX_CHANGED else {}

    def to_state(self) -> dict[str, Any]:
        return {
            "unfit": self.unfit.to_state() if self.unfit else None,
            "weights": self.weights,
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        self.weights = dict(state["weights"])
        if self.unfit is not None and state["unfit"] is not None:
            self.unfit.resume(state["unfit"])


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


def in_means(alarm: Alarm) -> Alarm:
    """An alarm about losses of labelled blocks, in mean true losses."""
    change, details = alarm.change, dict(alarm.details)
    turns = details["turns"]
    details["bad_turns"] = round(max((details["bad_turns"] - SHIFT * turns) / UNIT, 0.0), 1)
    details["baseline"] = details["baseline"] | {"mean": mean_of(details["baseline"]["mean"])}
    if details["guaranteed"]:
        low, high = details["guaranteed"]["size"]
        details["guaranteed"] = details["guaranteed"] | {"size": [low / UNIT, high / UNIT]}
    for name in ("moved", "unmoved"):
        details[name] = [_segment_in_means(each) for each in details[name]]
    low, high = change.size_interval
    grown = replace(change, size=change.size / UNIT, size_interval=(low / UNIT, high / UNIT))
    return replace(alarm, change=grown, details=details)


def _segment_in_means(segment: Mapping[str, Any]) -> dict[str, Any]:
    interval = [each / UNIT for each in segment["size_interval"]]
    return {**segment, "size": segment["size"] / UNIT, "size_interval": interval}


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
