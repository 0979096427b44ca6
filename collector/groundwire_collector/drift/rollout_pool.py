"""Pooled evidence of services that roll out one version together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from groundwire_collector.drift.dimensions import NANOSECONDS, Stream
from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.reference import SegmentReference
from groundwire_evaluators.drift import Change, StratifiedESR

TOGETHER_NS = 3600 * NANOSECONDS  # from one service's rollout to the next
LASTS_NS = 24 * TOGETHER_NS  # since the first one
MOST_TURNS = 2000
MOST_STRATA = 24  # of all members: each of more would hardly count
POOLED_SHARE = 0.5  # of what a deployment spends on its version goes to the pool
BAD_TURNS = 2.0  # without which nobody is told

PoolKey = tuple[str, str, str, str]  # signal, revision, dimension, value


class PooledTurn(NamedTuple):
    """Turn of a member: stratum, loss, and the mass entering with it."""

    stratum: str
    loss: float
    mass: float
    at_ns: int


@dataclass(slots=True)
class RolloutPool:
    """Stratified detector over services that rolled out a version together.

    Together: within an hour of each other. Every turn is compared with the baseline of its own
    service and stratum, so the guarantee is that of `StratifiedESR` with the services as strata.
    Who is a member is decided by tags and times. A service that joins later brings its mass; the
    turns so far are fed again, as the pool has grown by a stratum. It ends after a day, or with
    its alarm.
    """

    stream: Stream
    min_effect: float
    begun_ns: int
    joined_ns: int
    members: dict[str, SegmentReference] = field(default_factory=dict)
    turns: list[PooledTurn] = field(default_factory=list)
    waiting: float = 0.0
    detector: StratifiedESR | None = None

    def open_to(self, at_ns: int) -> bool:
        """Whether a service whose rollout begins at this time may join."""
        return at_ns - self.joined_ns <= TOGETHER_NS and self.lasts(at_ns)

    def lasts(self, at_ns: int) -> bool:
        return at_ns - self.begun_ns <= LASTS_NS

    def fits(self, reference: SegmentReference) -> bool:
        """Whether a service may join: its turns hang together as those of the others do."""
        strata = sum(len(each.baselines) for each in self.members.values())
        known = next(iter(self.members.values()), reference)
        same = known.summary.dependence == reference.summary.dependence
        return same and strata + len(reference.baselines) <= MOST_STRATA

    def join(self, service: str, reference: SegmentReference, at_ns: int) -> None:
        self.joined_ns = max(at_ns, self.joined_ns)
        self.members[service] = reference
        self._build()

    def observe(self, service: str, turn: LossObservation, at_ns: int) -> None:
        """Take a turn that carries the version; of a service that is no member, none."""
        reference = self.members.get(service)
        if reference is None or len(self.turns) >= MOST_TURNS or not self.lasts(at_ns):
            return
        stratum = _stratum(service, reference.strata.of_turn(turn))
        fed = PooledTurn(stratum, turn.loss, self.waiting, at_ns)
        self.turns.append(fed)
        self.waiting = 0.0
        if self.detector is not None:
            self._feed(self.detector, fed)

    @property
    def alarming(self) -> bool:
        bad = sum(turn.loss for turn in self.turns)
        found = self.detector
        return found is not None and found.statistic >= 1 and bad >= BAD_TURNS

    @property
    def change(self) -> Change | None:
        return self.detector.change if self.detector else None

    def _build(self) -> None:
        if len(self.members) < 2:
            return
        self.detector = StratifiedESR(
            {
                _stratum(service, name): baseline
                for service, each in self.members.items()
                for name, baseline in each.baselines.items()
            },
            min_effect=self.min_effect,
        )
        for turn in self.turns:
            self._feed(self.detector, turn)

    @staticmethod
    def _feed(detector: StratifiedESR, turn: PooledTurn) -> None:
        at_ns = max(turn.at_ns, detector.last or 0)
        detector.update(turn.loss, turn.mass, at_ns, turn.stratum)

    def to_state(self) -> dict[str, Any]:
        """Without the baselines, which are pinned with their services."""
        return {
            "stream": list(self.stream),
            "begun_ns": self.begun_ns,
            "joined_ns": self.joined_ns,
            "members": list(self.members),
            "turns": [list(turn) for turn in self.turns],
            "waiting": self.waiting,
        }

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], members: Mapping[str, SegmentReference], min_effect: float
    ) -> "RolloutPool":
        """`members`: the references of those that are still there; without one of them the pool
        goes on with the others."""
        dimension, value = state["stream"]
        found = cls((dimension, value), min_effect, state["begun_ns"], state["joined_ns"])
        found.members = {name: members[name] for name in state["members"] if name in members}
        found.turns = [PooledTurn(*turn) for turn in state["turns"]]
        found.waiting = state["waiting"]
        found._build()
        return found


def _stratum(service: str, name: str) -> str:
    return f"{service}\x1f{name}"


@dataclass(slots=True)
class RolloutPools:
    """The pools under way, by signal, revision and version."""

    min_effect: float
    pools: dict[PoolKey, RolloutPool] = field(default_factory=dict)
    changed: bool = False

    def join(
        self, key: PoolKey, service: str, reference: SegmentReference, at_ns: int
    ) -> RolloutPool | None:
        """The pool that a service joins; None where it is the first, or does not fit."""
        self.changed = True
        found = self.pools.get(key)
        if found is None or not found.open_to(at_ns):
            found = RolloutPool((key[2], key[3]), self.min_effect, at_ns, at_ns)
            self.pools[key] = found
        if service in found.members or not found.fits(reference):
            return None
        alone = not found.members
        found.join(service, reference, at_ns)
        return None if alone else found

    def observe(
        self, signal: tuple[str, str], service: str, turn: LossObservation, at_ns: int
    ) -> RolloutPool | None:
        """Feed a turn to the pools of its versions; one that alarms, which ends with it."""
        for stream in turn.tags.items():
            found = self.pools.get((*signal, *stream))
            if found is None:
                continue
            self.changed = True
            found.observe(service, turn, at_ns)
            if found.alarming or not found.lasts(at_ns):
                del self.pools[(*signal, *stream)]
                if found.alarming:
                    return found
        return None

    def to_state(self) -> list[Any]:
        return [[*key, found.to_state()] for key, found in self.pools.items()]
