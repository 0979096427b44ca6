"""Reference of a stream: baselines by stratum."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import sqrt
from typing import Any

import numpy as np

from groundwire_collector.drift import design
from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.strata import POOLED, Strata
from groundwire_evaluators.drift import Baseline, StratifiedESR, TwoSampleESR
from groundwire_evaluators.drift.blocking import Dependence
from groundwire_evaluators.drift.stratified import pooled_baseline

Detector = TwoSampleESR | StratifiedESR


class ReferenceKind(StrEnum):
    """Whose turns a reference is made of."""

    OWN = "own"  # those of the same value in the baseline
    COLLECTED = "collected"  # those of the same value, collected after the baseline was pinned
    ALL = "all"  # every turn of the baseline: a new version is held against what it replaces
    RECENT = "recent"  # those of the last good week
    WORST = "worst"  # those of the worst value of the dimension, where its values differ


@dataclass(frozen=True, slots=True)
class SegmentReference:
    """Baselines of a stream by stratum (`POOLED`: a single one).

    Guarantee of a detector made from it (docs/explanation/proof.md): the null hypothesis has to
    hold for the stream *given its tags*. A value in the baseline is compared with its own turns
    there (null: "this value got no worse"), a new version with all turns of the same stratum (null:
    "no worse than what it replaces, within strata"). `price` is the share of the mass that choosing
    the reference leaves.
    """

    kind: ReferenceKind
    strata: Strata
    baselines: Mapping[str, Baseline]
    price: float = 1.0
    summary: Baseline = field(init=False)  # of all strata together; no cells where there are some

    def __post_init__(self) -> None:
        one = len(self.baselines) == 1
        summary = next(iter(self.baselines.values())) if one else pooled_baseline(self.baselines)
        object.__setattr__(self, "summary", summary)

    @classmethod
    def of(
        cls,
        turns: Sequence[LossObservation],
        strata: Strata,
        dependence: Dependence,
        kind: ReferenceKind,
        price: float = 1.0,
    ) -> "SegmentReference":
        """From the turns of a stream in the baseline, put into strata where these hold enough."""
        chosen = strata.among(turns)
        groups = design.by_stratum(turns, chosen)
        return cls(
            kind,
            chosen,
            {
                name: Baseline.from_losses([turn.loss for turn in group], dependence)
                for name, group in groups.items()
            },
            price,
        )

    @property
    def n(self) -> int:
        return sum(each.n for each in self.baselines.values())

    @property
    def mean(self) -> float:
        return self.summary.mean

    @property
    def block(self) -> int:
        return self.summary.dependence.block

    @property
    def lowest_mean(self) -> float:
        """What the mean of its turns surely was: two standard errors below the baseline's."""
        variance = float(self.summary.block_variance_at(np.array([self.mean]))[0]) * self.block
        return max(self.mean - 2 * sqrt(variance / self.n), 0.0)

    def detector(self, min_effect: float) -> Detector:
        """An empty detector of the stream."""
        if self.strata.any:
            return StratifiedESR(self.baselines, min_effect=min_effect)
        return TwoSampleESR(baseline=self.baselines[POOLED], min_effect=min_effect)

    def summary_json(self) -> dict[str, object]:
        """What an alarm says of it."""
        return {
            "turns": self.n,
            "mean": self.mean,
            "of": self.kind.value,
            "strata": str(self.strata),
            "block": self.block,
        }

    def to_state(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "strata": self.strata.to_state(),
            "baselines": {name: each.to_state() for name, each in self.baselines.items()},
            "price": self.price,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "SegmentReference":
        each = state["baselines"].items()
        return cls(
            ReferenceKind(state["kind"]),
            Strata.from_state(state["strata"]),
            {name: Baseline.from_state(found) for name, found in each},
            state["price"],
        )


def thinned(dependence: Dependence, share: float) -> Dependence:
    """Dependence in a part of the turns: its neighbours lie 1 / share turns apart."""
    block = dependence.block * share
    if block < 2:
        return Dependence()
    return Dependence.on_grid(block, 1 + (dependence.inflation - 1) * share)
