"""Open alarms: recovery, and losses they account for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Any

from groundwire_collector.drift.baseline import DEPLOYED
from groundwire_collector.drift.detector_state import DetectorState, new_version
from groundwire_collector.drift.dimensions import NANOSECONDS, WHOLE, Stream
from groundwire_collector.drift.losses import LossObservation, LossSums
from groundwire_collector.drift.reference import ReferenceKind, SegmentReference
from groundwire_collector.drift.segment import SegmentDetector
from groundwire_collector.storage.drift import RECOVERY, Alarm
from groundwire_evaluators.drift import StratifiedKnownMeanESR

TINY = 1e-6  # of a mean loss
MEMORY = 300.0  # turns after which one counts for a third in the level
SUPPOSED = 10.0  # turns that the size at the alarm counts for in it
SMALLEST = 1 / 3  # of the effect that matters: of smaller growths no recovery could be told
RECOVERY_SHARE = 0.1  # of the mass that passes: the expected number of false recoveries
FEWEST_REST = 20.0  # turns of others that tell the level of the stream
MOST_PARTS = 100  # streams
ABSENT = 20.0  # turns of a stream that should have come before it is called gone
FEWEST_OTHERS = 100  # turns of others meanwhile
# How long a stream must be absent as well: a version that was rolled back comes no more, a tenant
# may sleep at night and over the weekend.
GONE_NS = {True: 3600 * NANOSECONDS, False: 7 * 86_400 * NANOSECONDS}


@dataclass(slots=True)
class LossLevel:
    """Recent turns and losses of a stream; both fade per step."""

    turns: float = 0.0
    losses: float = 0.0
    step: int = 0

    def add(self, loss: float, step: int) -> None:
        fade = self._fade(step)
        self.turns, self.losses, self.step = self.turns * fade + 1, self.losses * fade + loss, step

    def _fade(self, step: int) -> float:
        return float((1 - 1 / MEMORY) ** (step - self.step))

    def without(self, part: "LossLevel") -> "LossLevel":
        """The same less a part of its turns."""
        fade = part._fade(self.step)
        turns, losses = self.turns - part.turns * fade, self.losses - part.losses * fade
        return LossLevel(max(turns, 0.0), max(losses, 0.0), self.step)

    def upper(self) -> float:
        """A standard error above the mean, so that noise does not count as another change."""
        mean = self.losses / self.turns
        return min(mean + sqrt(max(mean * (1 - mean), 0.0) / self.turns), 1.0)


@dataclass(slots=True)
class OpenAlarm:
    """Tests recovery of the alarm's stream, by strata and blocks.

    The recovery test is an e-detector of "the mean is still above the middle between the baseline
    and the confirmed growth": the expected number of false recoveries is at most the mass spent on
    it. A stream without further turns (a version that was rolled back) has recovered, too.

    While the alarm is open, `discount` scales its turns' losses for other streams down to the level
    before, as far as this stream explains them. The factor is fixed before the loss is seen.
    """

    alarm: Alarm
    stream: Stream
    reference: SegmentReference
    recovery: StratifiedKnownMeanESR
    level: LossLevel
    share: float  # of the service's turns, when the alarm was raised
    parts: dict[Stream, LossLevel] = field(default_factory=dict)  # by stream its turns belong to
    waiting: float = 0.0  # mass until the stream's next turn
    last_ns: int = 0  # when the stream's last turn came
    others: int = 0  # turns of the service since then

    @classmethod
    def of(
        cls,
        alarm: Alarm,
        stream: Stream,
        reference: SegmentReference,
        since: LossSums,
        share: float,
        surely: float,
        min_effect: float,
    ) -> "OpenAlarm":
        """`since`: the stream's turns since the change; `surely`: what its loss has grown by at
        least, good turns just before the alarm included. Half of the best guess counts as sure
        enough, or a recovery from a small growth would be waited for over months."""
        growth = max(surely, alarm.change.size / 2, min_effect * SMALLEST) / 2
        means = {
            name: 1 - min(each.mean + growth, (1 + each.mean) / 2)
            for name, each in reference.baselines.items()
        }
        recovery = StratifiedKnownMeanESR(
            {name: max(mean, TINY) for name, mean in means.items()},
            min_effect=min(growth, 0.5),
            block=reference.block,
        )
        supposed = min(reference.mean + max(alarm.change.size_interval[1], 0.0), 1.0)
        level = LossLevel(since.turns + SUPPOSED, since.losses + SUPPOSED * supposed)
        return cls(alarm, stream, reference, recovery, level, share, last_ns=alarm.raised_ns)

    def holds(self, turn: LossObservation) -> bool:
        """The turn is one of the stream that the alarm names."""
        return self.stream == WHOLE or turn.tags.get(self.stream[0]) == self.stream[1]

    def discount(self, other: Stream) -> float:
        """Factor for the stream's losses in another stream.

        Estimated from turns outside the other stream, so that a change in that alone is not
        explained away.
        """
        level = self.level
        if other in self.parts:
            rest = level.without(self.parts[other])
            level = rest if rest.turns >= FEWEST_REST else level
        return min(self.reference.lowest_mean / max(level.upper(), TINY), 1.0)

    def observe(self, turn: LossObservation, mass: float, at_ns: int) -> None:
        """Take a turn of the service, and the mass that passed with it."""
        self.waiting += mass * RECOVERY_SHARE
        if not self.holds(turn):
            self.others += 1
            return
        self.last_ns, self.others = at_ns, 0
        stratum = self.reference.strata.of_turn(turn)
        self.recovery.update(1 - turn.loss, self.waiting, at_ns, stratum)
        self.waiting = 0.0
        step = self.level.step + 1
        self.level.add(turn.loss, step)
        for stream in turn.tags.items():
            if stream != self.stream and (stream in self.parts or len(self.parts) < MOST_PARTS):
                self.parts.setdefault(stream, LossLevel(step=step)).add(turn.loss, step)

    def recovered(self, at_ns: int) -> bool:
        return self.recovery.drift_detected or self.gone(at_ns)

    def gone(self, at_ns: int) -> bool:
        """Whether the stream has no turns any more."""
        if self.stream == WHOLE or self.others < FEWEST_OTHERS:
            return False
        idle_ns = GONE_NS[self.stream[0] in DEPLOYED]
        return self.others * self.share >= ABSENT and at_ns - self.last_ns >= idle_ns

    def identified(self, alarm_id: int) -> None:
        self.alarm = replace(self.alarm, id=alarm_id)

    def to_state(self) -> dict[str, Any]:
        return {
            "recovery": self.recovery.to_state(),
            "level": [self.level.turns, self.level.losses, self.level.step],
            "parts": [
                [*stream, each.turns, each.losses, each.step] for stream, each in self.parts.items()
            ],
            "share": self.share,
            "waiting": self.waiting,
            "last_ns": self.last_ns,
            "others": self.others,
            "alarm": self.alarm.to_row(),
            "reference": self.reference.to_state()
            if self.reference.kind is ReferenceKind.RECENT
            else None,
        }

    @classmethod
    def from_state(
        cls, state: Mapping[str, Any], stream: Stream, alarm: Alarm, reference: SegmentReference
    ) -> "OpenAlarm":
        return cls(
            alarm,
            stream,
            reference,
            StratifiedKnownMeanESR.from_state(state["recovery"]),
            LossLevel(*state["level"]),
            state["share"],
            {(name, value): LossLevel(*each) for name, value, *each in state["parts"]},
            state["waiting"],
            state["last_ns"],
            state["others"],
        )


class OpenAlarms(dict[Stream, OpenAlarm]):
    """The open alarms of a signal, by the stream that each names."""

    @property
    def alarms(self) -> list[Alarm]:
        return [each.alarm for each in self.values()]

    def losses(self, turn: LossObservation) -> dict[Stream, float]:
        """A turn's loss for each of its streams, less what open alarms of others account for."""
        holding = [each for each in self.values() if each.holds(turn)]
        streams = (WHOLE, *turn.tags.items())
        return {stream: _explained(turn.loss, stream, holding) for stream in streams}

    def observe(self, turn: LossObservation, mass: float, at_ns: int) -> None:
        """Take a turn of the service, and the mass that passed with it."""
        for each in self.values():
            each.observe(turn, mass, at_ns)

    def close_recovered(self, at_ns: int) -> Iterator[Alarm]:
        """Close alarms whose streams recovered or have no turns any more."""
        for stream, found in list(self.items()):
            if found.recovered(at_ns):
                del self[stream]
                yield replace(found.alarm, resolved_ns=at_ns)

    def identify(self, alarm: Alarm, alarm_id: int) -> None:
        """Say under which id an alarm is stored."""
        for found in self.values():
            if found.alarm is alarm:
                found.identified(alarm_id)

    def detector_states(self) -> Iterator[tuple[Stream, DetectorState]]:
        """The state of each, by the row in which it is stored."""
        for stream, found in self.items():
            state = DetectorState(new_version(), found.recovery.statistic, found.to_state)
            yield _row(stream), state

    def resume(
        self,
        detectors: Mapping[Stream, DetectorState],
        alarms: Mapping[int, Alarm],
        streams: Mapping[Stream, SegmentDetector],
    ) -> None:
        """Go on from `detector_states`; one that was accepted or resolved meanwhile is not open.

        `alarms`: the stored ones that are open, by id.
        """
        for row, detector in detectors.items():
            if row[0] != RECOVERY:
                continue
            state, stream = detector.state(), _stream(row)
            written = Alarm.of_row(state["alarm"])
            alarm = written if written.id is None else alarms.get(written.id)
            if alarm is not None and stream in streams:
                own = state.get("reference")  # older states lack it
                reference = SegmentReference.from_state(own) if own else streams[stream].reference
                self[stream] = OpenAlarm.from_state(state, stream, alarm, reference)


def _explained(loss: float, stream: Stream, holding: Sequence[OpenAlarm]) -> float:
    """A loss, less what open alarms of other streams account for."""
    others = (each.discount(stream) for each in holding if each.stream != stream)
    return loss * min(others, default=1.0)


def _row(stream: Stream) -> Stream:
    """Where the open alarm of a stream is written down: in place of a dimension and a value."""
    return (RECOVERY, "=".join(stream) if stream != WHOLE else "")


def _stream(row: Stream) -> Stream:
    """Stream of a stored row."""
    dimension, _, value = row[1].partition("=")
    return (dimension, value)
