"""Pinned baseline of a signal, for service and segments."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from groundwire_collector.drift import design as plans
from groundwire_collector.drift.daily import DayWindow
from groundwire_collector.drift.design import ComparisonDesign
from groundwire_collector.drift.dimensions import NANOSECONDS, WHOLE, Stream
from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.reference import ReferenceKind, SegmentReference, thinned
from groundwire_evaluators.drift import Baseline
from groundwire_evaluators.drift.blocking import Dependence

FEWEST = 20  # losses without which a baseline says nothing at all
FEWEST_RELEVANCES = 50
MOST_SEGMENTS = 20  # values of one dimension that are watched at once
DEPLOYED = ("model_version", "prompt_version", "index_version")
# A value of the baseline has to hold this share of what it would collect by itself: waiting for
# more turns costs a drift meanwhile, a detector that knows its old mean badly finds little.
ENOUGH = 0.2


@dataclass(frozen=True, slots=True)
class StratifiedBaseline:
    """References of the service and of its large segments.

    `n` turns of `seen` count (one per session under a session design); `mean` is the mean of their
    losses. `counts`: turns of each value, also of values too small for a reference. `worst`: by
    dimension whose values differ, the reference for new values. `days`: day means, if the baseline
    spans enough days. `relevance`: how well chunks fitted the question, if enough turns have it.
    `mix`: share of each route. A `provisional` baseline consists of the first turns and serves to
    detect large effects until it is complete.
    """

    plan: ComparisonDesign
    pooled: Baseline
    whole: SegmentReference
    segments: Mapping[Stream, SegmentReference]
    worst: Mapping[str, SegmentReference]
    counts: Mapping[Stream, int]
    n: int
    seen: int
    mean: float
    first_ns: int
    last_ns: int
    flagged: int | None = None
    days: DayWindow | None = None
    relevance: Baseline | None = None
    mix: Mapping[str, float] = field(default_factory=dict)
    provisional: bool = False

    @classmethod
    def of(
        cls,
        turns: Sequence[LossObservation],
        min_effect: float,
        own_turns: int = FEWEST,
        *,
        provisional: bool = False,
    ) -> "StratifiedBaseline":
        """Baseline of these turns, in order of time; at least `FEWEST`.

        A value that appears later is monitored separately after `own_turns`.
        """
        plan, independent = plans.choose(turns)
        plan = plan.cautious() if provisional else plan
        losses = np.array([turn.loss for turn in independent])
        flags = [turn.flagged for turn in independent if turn.flagged is not None]
        unfit = np.array([1 - turn.relevance for turn in independent if turn.relevance is not None])
        values = _by_value(independent)
        parts = _Parts(plan, len(independent), max(int(ENOUGH * own_turns), FEWEST))
        segments = {} if provisional else parts.references(values)
        return cls(
            plan=plan,
            pooled=Baseline.from_losses(losses, plan.dependence),
            whole=SegmentReference.of(independent, plan.strata, plan.dependence, ReferenceKind.OWN),
            segments=segments,
            worst=_worst(plan, segments),
            counts={stream: len(found) for stream, found in values.items()},
            n=len(independent),
            seen=len(turns),
            mean=float(losses.mean()),
            first_ns=turns[0].at_ns,
            last_ns=turns[-1].at_ns,
            flagged=sum(flags) if flags else None,
            days=DayWindow.of([(turn.at_ns, turn.loss) for turn in independent], min_effect),
            relevance=Baseline.from_losses(unfit) if len(unfit) >= FEWEST_RELEVANCES else None,
            mix={
                route: n / len(independent)
                for route, n in Counter(t.route for t in independent).items()
            },
            provisional=provisional,
        )

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        """Baselines of the whole service, by stratum."""
        return self.whole.baselines

    @property
    def strata(self) -> dict[str, Baseline]:
        """The baselines that turns are compared with: of the strata, or of all turns."""
        return dict(self.whole.baselines)

    @property
    def pause_seconds(self) -> float:
        """Mean time between two turns that count."""
        return max((self.last_ns - self.first_ns) / NANOSECONDS / max(self.n - 1, 1), 1e-6)

    @property
    def days_spanned(self) -> float:
        return (self.last_ns - self.first_ns) / NANOSECONDS / 86_400

    def reference(self, stream: Stream) -> SegmentReference | None:
        """What a stream is compared with; None where it has to collect turns of its own first.

        A version that the baseline does not hold is compared with what it replaces, other values
        that it does not hold (a new tenant, a new route) with nothing: they may just be harder.
        """
        if stream == WHOLE:
            return self.whole
        if stream in self.segments:
            return self.segments[stream]
        if stream[0] not in DEPLOYED or stream in self.counts:
            return None
        return self.worst.get(stream[0]) or self._replaced

    def is_new(self, stream: Stream) -> bool:
        """A version that the baseline does not hold."""
        return stream[0] in DEPLOYED and stream not in self.counts

    @property
    def _replaced(self) -> SegmentReference:
        return SegmentReference(ReferenceKind.ALL, self.whole.strata, self.whole.baselines)

    def to_state(self) -> dict[str, Any]:
        plain = ("n", "seen", "mean", "first_ns", "last_ns", "flagged", "provisional")
        return {
            **{name: getattr(self, name) for name in plain},
            "plan": self.plan.to_state(),
            "pooled": self.pooled.to_state(),
            "whole": self.whole.to_state(),
            "segments": [[*stream, each.to_state()] for stream, each in self.segments.items()],
            "worst": {dimension: each.to_state() for dimension, each in self.worst.items()},
            "counts": [[*stream, count] for stream, count in self.counts.items()],
            "days": self.days.to_state() if self.days else None,
            "relevance": self.relevance.to_state() if self.relevance else None,
            "mix": dict(self.mix),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "StratifiedBaseline":
        plain = ("n", "seen", "mean", "first_ns", "last_ns", "flagged", "mix", "provisional")
        restored = SegmentReference.from_state
        return cls(
            **{name: state[name] for name in plain},
            plan=ComparisonDesign.from_state(state["plan"]),
            pooled=Baseline.from_state(state["pooled"]),
            whole=restored(state["whole"]),
            segments={(name, value): restored(each) for name, value, each in state["segments"]},
            worst={dimension: restored(each) for dimension, each in state["worst"].items()},
            counts={(dimension, value): count for dimension, value, count in state["counts"]},
            days=DayWindow.from_state(state["days"]) if state["days"] else None,
            relevance=_baseline(state["relevance"]),
        )


@dataclass(frozen=True, slots=True)
class _Parts:
    """How references of values are made: under a design, of `total` turns, `fewest` each."""

    plan: ComparisonDesign
    total: int
    fewest: int

    def references(
        self, values: Mapping[Stream, Sequence[LossObservation]]
    ) -> dict[Stream, SegmentReference]:
        """References of values with enough turns; per dimension the `MOST_SEGMENTS` largest."""
        found: dict[Stream, SegmentReference] = {}
        for dimension in {stream[0] for stream in values}:
            enough = {
                stream: turns
                for stream, turns in values.items()
                if stream[0] == dimension and len(turns) >= self.fewest
            }
            largest = sorted(enough, key=lambda stream: -len(enough[stream]))[:MOST_SEGMENTS]
            found |= {stream: self.reference(stream, enough[stream]) for stream in largest}
        return found

    def reference(self, stream: Stream, turns: Sequence[LossObservation]) -> SegmentReference:
        dependence = segment_dependence(self.plan.dependence, turns, self.total)
        return SegmentReference.of(
            turns, self.plan.strata.without(stream[0]), dependence, ReferenceKind.OWN
        )


def segment_dependence(
    whole: Dependence, turns: Sequence[LossObservation], total: int
) -> Dependence:
    """Dependence within a segment: thinned from the service, or its own if longer."""
    left = thinned(whole, len(turns) / max(total, 1))
    own = Dependence.of([turn.loss for turn in turns])
    return own if own.block > left.block else left


def _by_value(turns: Sequence[LossObservation]) -> dict[Stream, list[LossObservation]]:
    found: dict[Stream, list[LossObservation]] = {}
    for turn in turns:
        for stream in turn.tags.items():
            found.setdefault(stream, []).append(turn)
    return found


def _worst(
    plan: ComparisonDesign, segments: Mapping[Stream, SegmentReference]
) -> dict[str, SegmentReference]:
    """For each version dimension whose values differ, the reference of the worst value.

    Choosing it by its losses has a price: the mass is divided by the number of values.
    """
    found = {}
    for dimension in set(plan.strata.dimensions) & set(DEPLOYED):
        values = [each for stream, each in segments.items() if stream[0] == dimension]
        if values:
            worst = max(values, key=lambda each: each.mean)
            found[dimension] = SegmentReference(
                ReferenceKind.WORST, worst.strata, worst.baselines, 1 / len(values)
            )
    return found


def _baseline(state: dict[str, Any] | None) -> Baseline | None:
    return Baseline.from_state(state) if state else None
