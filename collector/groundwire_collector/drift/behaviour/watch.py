"""Watch of one behaviour signal in one service: scale, baseline, detector, recovery."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from groundwire_collector.drift.behaviour.scale import RankScale
from groundwire_collector.drift.behaviour.signals import BehaviourSignal, SignalKind
from groundwire_evaluators.drift.margin import ChangeDirection, MarginESR, MeanInterval

BLOCK = 8  # turns whose mean counts as one for the error of a baseline
SCALE = 200  # turns whose values set the ranks; not part of the baseline
FEWEST_TURNS = 80  # of a baseline
RECOVERY_MASS = 1 / 2000  # a turn while an alarm is open
BINS = 8  # times of day, of three hours
BIN_NS = 24 * 3600 * 10**9 // BINS
FEWEST_DAYS = 2.0  # of a baseline that knows times of day
CLEAR = 24.3  # chi-square of 7 degrees of freedom, .999
SHRINK = 30.0  # turns
FADE = 1 / 50  # weight of a turn in the recent mean


@dataclass(slots=True)
class BaselineSums:
    """Sums of a baseline: turns, values, losses, blocks.

    `part` is the loss of the block that is not full.
    """

    turns: int = 0
    values: float = 0.0
    losses: float = 0.0
    squares: float = 0.0
    blocks: int = 0
    means: float = 0.0
    block_squares: float = 0.0
    part: float = 0.0
    hours: list[list[float]] = field(default_factory=lambda: [[0.0, 0.0] for _ in range(BINS)])

    def add(self, loss: float, value: float, at_ns: int) -> None:
        hours = self.hours[time_of_day(at_ns)]
        hours[0] += 1
        hours[1] += loss
        self.turns += 1
        self.values += value
        self.losses += loss
        self.squares += loss * loss
        self.part += loss
        if self.turns % BLOCK == 0:
            mean, self.part = self.part / BLOCK, 0.0
            self.blocks += 1
            self.means += mean
            self.block_squares += mean * mean

    def to_state(self) -> list[Any]:
        return [getattr(self, each.name) for each in fields(self)]

    @classmethod
    def from_state(cls, state: list[Any]) -> "BaselineSums":
        found = cls(*state)
        found.hours = [list(each) for each in found.hours]  # no list of the state
        return found

    def offsets(self, days: float) -> list[float]:
        """How far the mean loss of each time of day is from that of all.

        Zeros where none clearly is. Known from two days on; an offset of few turns is shrunk.
        """
        mean = self.losses / max(self.turns, 1)
        variance = max(self.squares / max(self.turns, 1) - mean * mean, 1e-6)
        spread = sum(n * (total / n - mean) ** 2 for n, total in self.hours if n) / variance
        if days < FEWEST_DAYS or spread < CLEAR:
            return [0.0] * BINS
        return [n / (n + SHRINK) * (total / n - mean) if n else 0.0 for n, total in self.hours]

    @property
    def value(self) -> float:
        """Mean of the signal in its own unit."""
        return self.values / self.turns if self.turns else 0.0

    def interval(self, kind: SignalKind) -> MeanInterval:
        """Mean loss with its error.

        By the spread of blocks: neighbours may be alike."""
        count = max(self.turns, 1)
        mean = self.losses / count
        variance = max(self.squares / count - mean * mean, 0.0)
        if kind is SignalKind.SHARE:  # as if one more turn in the baseline were bad
            possible = (self.losses + 1) / (count + 1)
            variance = max(variance, possible * (1 - possible))
        blocks = max(self.blocks, 1)
        spread = max(self.block_squares / blocks - (self.means / blocks) ** 2, variance / BLOCK)
        return MeanInterval(mean, (spread / blocks) ** 0.5, variance)


@dataclass(frozen=True, slots=True)
class BehaviourChange:
    """Change of a signal that its watch detected.

    `size` is the change of the mean loss, `before` and `now` the means in the signal's own unit.
    """

    direction: ChangeDirection
    since_ns: int
    turns: int
    size: float
    error: float
    before: float
    now: float
    statistic: float


@dataclass(slots=True)
class SignalWatch:
    """Watch of a signal: scale, baseline, then changes.

    `taken` is how much of the mass for each watch of the service has been used. While an alarm is
    open (`open_direction`), only its end is looked for.
    """

    signal: BehaviourSignal
    revision: str
    taken: float = 0.0
    sample: list[float] = field(default_factory=list)
    scale: RankScale | None = None
    baseline: BaselineSums = field(default_factory=BaselineSums)
    detector: MarginESR | None = None
    recovery: MarginESR | None = None
    recent: float = 0.0  # mean of some fifty turns, in the signal's unit
    since: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])  # onset, turns, values
    pinned_ns: int | None = None
    offsets: list[float] = field(default_factory=lambda: [0.0] * BINS)  # by time of day

    @property
    def scaled(self) -> bool:
        """Whether values can be turned into losses."""
        return self.scale is not None or self.signal.kind is SignalKind.SHARE

    @property
    def watched(self) -> bool:
        """Whether there is a baseline to compare with."""
        return self.detector is not None

    def observe(self, value: float, at_ns: int, each: float, scale_turns: int) -> None:
        """Take one turn; `each`: mass for each watch so far."""
        mass, self.taken = each - self.taken, each
        if not self.scaled:
            self.sample.append(value)
            if len(self.sample) >= scale_turns:
                self.scale, self.sample = RankScale.of(self.sample), []
            return
        loss = self.loss(value)
        if self.detector is None:
            self.baseline.add(loss, value, at_ns)
            return
        offset = self.offsets[time_of_day(at_ns)]
        self.recent += FADE * (value - self.recent)
        if self.recovery is not None:
            self.recovery.update(loss, RECOVERY_MASS, at_ns, offset)
        else:
            self.detector.update(loss, mass, at_ns, offset)
            onset = float(self.detector.since or 0)
            turns, values = self.since[1:] if self.since[0] == onset else (0.0, 0.0)
            self.since = [onset, turns + 1, values + value]

    def loss(self, value: float) -> float:
        """Loss in [0, 1] of a value."""
        return self.scale.rank(value) if self.scale else min(max(value, 0.0), 1.0)

    def pin(self, at_ns: int, days: float) -> None:
        """Compare with what was collected over so many days from the next turn on."""
        self.offsets = self.baseline.offsets(days)
        self.detector = self._made(self.baseline.interval(self.signal.kind))
        self.pinned_ns, self.recent = at_ns, self.baseline.value

    def detected(self) -> BehaviourChange | None:
        """The change, once the evidence suffices."""
        found = self.detector
        if found is None or self.recovery is not None or not found.drift_detected:
            return None
        size = found.mean - found.old.mean
        count = max(found.observations, 1)
        error = (found.old.variance / count + found.old.error**2) ** 0.5
        return BehaviourChange(
            found.direction,
            found.since or 0,
            found.observations,
            size,
            error,
            self.baseline.value,
            self.since[2] / max(self.since[1], 1.0),
            found.statistic,
        )

    def await_recovery(self, change: BehaviourChange) -> None:
        """Look for the end of a change.

        That is a mean nearer to the baseline than half of it."""
        assert self.detector is not None
        old = self.detector.old
        up = change.direction is ChangeDirection.UP
        half = max(abs(change.size) / 2, self.signal.margin)
        level = old.mean + half if up else old.mean - half
        level = min(max(level, 0.0), 1.0)
        half = abs(level - old.mean)
        self.recovery = _recovery(old, level, half, change.direction, self.largest_offset)
        self.detector.reset()

    def recovered(self) -> bool:
        return self.recovery is not None and self.recovery.drift_detected

    def resume_watching(self) -> None:
        """Go on after an alarm is over."""
        self.recovery = None
        if self.detector is not None:
            self.detector.reset()

    def restart(self) -> None:
        """Collect another baseline, by the present level."""
        self.sample, self.scale, self.baseline = [], None, BaselineSums()
        self.detector = self.recovery = self.pinned_ns = None
        self.offsets = [0.0] * BINS

    @property
    def largest_offset(self) -> float:
        return max(map(abs, self.offsets))

    def _made(self, old: MeanInterval) -> MarginESR:
        signal = self.signal
        return MarginESR(
            old,
            margin=signal.margin,
            effect=signal.effect,
            directions=signal.directions,
            largest_offset=self.largest_offset,
        )

    def to_state(self) -> dict[str, Any]:
        """What every turn changes; the rest is in `fixed_state`."""
        recovery = self.recovery
        return {
            "taken": self.taken,
            "sample": self.sample,
            "baseline": None if self.watched else self.baseline.to_state(),
            "detector": self.detector.to_state() if self.detector else None,
            "recovery": None
            if recovery is None
            else [recovery.old.mean, recovery.direction.value, recovery.to_state()],
            "recent": self.recent,
            "since": self.since,
        }

    def fixed_state(self) -> dict[str, Any]:
        """What changes when a scale or a baseline is complete: revision, scale, baseline."""
        scale = self.scale
        return {
            "revision": self.revision,
            "scale": None if scale is None else [list(scale.values), list(scale.ranks)],
            "baseline": self.baseline.to_state() if self.watched else None,
            "offsets": self.offsets,
            "pinned_ns": self.pinned_ns,
        }

    @classmethod
    def from_state(
        cls, signal: BehaviourSignal, state: Mapping[str, Any], fixed: Mapping[str, Any]
    ) -> "SignalWatch":
        """Go on from `to_state` and `fixed_state`."""
        scale = None if fixed["scale"] is None else RankScale(*map(tuple, fixed["scale"]))
        found = cls(
            signal,
            fixed["revision"],
            state["taken"],
            list(state["sample"]),
            scale,
            BaselineSums.from_state(state["baseline"] or fixed["baseline"]),
            recent=state["recent"],
            since=list(state["since"]),
            pinned_ns=fixed["pinned_ns"],
            offsets=list(fixed["offsets"]),
        )
        if state["detector"] is not None:
            old = found.baseline.interval(signal.kind)
            found.detector = found._made(old).resume(state["detector"])
            if state["recovery"] is not None:
                level, direction, evidence = state["recovery"]
                half = abs(level - old.mean)
                ended = (
                    ChangeDirection.DOWN if direction == ChangeDirection.UP else ChangeDirection.UP
                )
                offset = found.largest_offset
                found.recovery = _recovery(old, level, half, ended, offset).resume(evidence)
        return found


def time_of_day(at_ns: int) -> int:
    """Number of the three hours of a day (UTC) that a time is in."""
    return at_ns // BIN_NS % BINS


def _recovery(
    old: MeanInterval, level: float, half: float, of: ChangeDirection, largest_offset: float
) -> MarginESR:
    """Detector of the end of a change in direction `of`."""
    back = ChangeDirection.DOWN if of is ChangeDirection.UP else ChangeDirection.UP
    at_level = MeanInterval(level, 0.0, old.variance)
    return MarginESR(
        at_level,
        margin=1e-3,
        effect=max(half, 1e-3),
        directions=(back,),
        largest_offset=largest_offset,
    )
