"""One watched stream: a detector, and the blocks in which its turns are fed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from groundwire_collector.monitoring.pinned import Pinned
from groundwire_collector.monitoring.strata import POOLED
from groundwire_evaluators.drift import Baseline, StratifiedESR, TwoSampleESR
from groundwire_evaluators.drift.blocking import Block

Detector = TwoSampleESR | StratifiedESR


@dataclass(frozen=True, slots=True)
class Sums:
    """Turns (or blocks) since some time: how many, their losses, the squares of these.

    Where there are strata a loss counts as far above the mean of all as it was above that of its
    own stratum.
    """

    turns: float
    losses: float
    squares: float

    @property
    def mean(self) -> float:
        return self.losses / self.turns if self.turns else 0.0


@dataclass(slots=True)
class Watched:
    """The detector of a service, or of one axis value in it. `last_ns`: when it was fed last."""

    detector: Detector
    block: int = 1
    blocks: dict[str, Block] = field(default_factory=dict)  # by stratum, those under way
    last_ns: int = 0

    @classmethod
    def of(cls, pinned: Pinned, min_effect: float, *, pooled: bool = False) -> "Watched":
        """A detector for turns of the known strata; `pooled`: for those of none of them."""
        if pooled or not pinned.plan.strata.any:
            detector: Detector = TwoSampleESR(baseline=pinned.pooled, min_effect=min_effect)
        else:
            detector = StratifiedESR(pinned.strata, min_effect=min_effect)
        return cls(detector, pinned.plan.block)

    @property
    def statistic(self) -> float:
        return self.detector.statistic

    def observe(self, loss: float, mass: float, at_ns: int, stratum: str) -> None:
        self.last_ns = at_ns
        if self.block == 1:
            self._update(loss, mass, at_ns, stratum)
            return
        block = self.blocks.setdefault(stratum, Block(self.block))
        if (whole := block.add(loss, mass, at_ns)) is not None:
            self._update(*whole, stratum)

    def begin_block(self) -> None:
        """Let the next block begin at the next turn: a deployment is not averaged with before."""
        for block in self.blocks.values():
            block.losses, block.count = 0.0, 0

    def _update(self, loss: float, mass: float, at_ns: int, stratum: str) -> None:
        at_ns = max(at_ns, self.detector.last or at_ns)  # blocks of strata end out of order
        if isinstance(self.detector, StratifiedESR):
            self.detector.update(loss, mass, at_ns, stratum)
        else:
            self.detector.update(loss, mass, at_ns)

    def reset(self) -> None:
        self.detector.reset()
        self.blocks.clear()

    def since(self, at_ns: int) -> Sums:
        """What is remembered of the turns from this time on; old ones are remembered in groups."""
        state = self.detector.to_state()["change_point"]
        times = np.array(state["times"], dtype=np.int64).reshape(-1, 2)
        sums = np.array(state["sums"], dtype=float).reshape(-1, 4)
        _, turns, losses, squares = sums[times[:, 0] >= at_ns].sum(axis=0)
        recent = np.array([loss for loss, _, at in state["recent"] if at >= at_ns])
        return Sums(
            float(turns + recent.size),
            float(losses + recent.sum()),
            float(squares + (recent**2).sum()),
        )

    def to_state(self) -> dict[str, Any]:
        """Without the baselines, which are those of the watch."""
        state = self.detector.to_state()
        for name in ("baseline", "baselines"):
            state.pop(name, None)
        blocks = {name: block.to_state() for name, block in self.blocks.items()}
        return {"detector": state, "blocks": blocks, "last_ns": self.last_ns}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], pinned: Pinned) -> "Watched":
        found = dict(state["detector"])
        if found["detector"] == "stratified_esr":
            found["baselines"] = _states(pinned.strata)
            detector: Detector = StratifiedESR.from_state(found)
        else:
            found["baseline"] = pinned.baselines[POOLED].to_state()
            detector = TwoSampleESR.from_state(found)
        blocks = {name: Block(**block) for name, block in state["blocks"].items()}
        return cls(detector, pinned.plan.block, blocks, state["last_ns"])


def _states(baselines: Mapping[str, Baseline]) -> dict[str, Any]:
    return {name: each.to_state() for name, each in baselines.items()}
