"""One watch: one signal of one service under one evaluator revision, from baseline to alarm."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from groundwire_collector.monitoring.allowance import (
    SEGMENT_SHARE,
    WHOLE,
    Allowance,
    Stream,
    share_of_nth,
)
from groundwire_collector.monitoring.attribution import AXES, attribute
from groundwire_collector.storage.drift import (
    Alarm,
    AxisValue,
)
from groundwire_evaluators.drift import Baseline, KnownMeanESR, TwoSampleESR

RECENT = 30  # turns before an alarm in which its size is looked for again
MOST_SEGMENTS = 20  # values of one axis that are watched at once


@dataclass(slots=True)
class Watch:
    """Collects a baseline, pins it, then looks for a change for the worse.

    The detectors of a watch share its allowance, so their statistics add up; the alarm is raised
    when the sum reaches 1. While an alarm is open only its recovery is looked for.
    """

    service: str
    signal: str
    revision: str
    allowance: Allowance
    min_effect: float
    baseline_turns: int
    losses: list[float] = field(default_factory=list)
    flagged: int | None = None  # turns of the baseline that were; None: nothing decides it
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    baseline: Baseline | None = None
    pinned_ns: int | None = None
    detectors: dict[Stream, TwoSampleESR] = field(default_factory=dict)
    alarm: Alarm | None = None
    recovery: KnownMeanESR | None = None
    updated_ns: int = 0

    def observe(
        self,
        loss: float,
        at_ns: int,
        segments: Mapping[str, AxisValue],
        flagged: bool | None = None,
    ) -> None:
        """Take one loss; `segments` maps each axis to the turn's value on it."""
        self.updated_ns = at_ns
        self.recent.append(loss)
        if self.baseline is None:
            self._collect(loss, flagged, at_ns)
        elif self.recovery is not None:
            self.recovery.update(1 - loss, self.allowance.by_clock(WHOLE, at_ns), at_ns)
        else:
            self._update(self.baseline, loss, at_ns, segments)

    @property
    def alarming(self) -> bool:
        """A change for the worse has shown that no open alarm tells of."""
        return self.alarm is None and self.statistic >= 1

    @property
    def recovered(self) -> bool:
        """The open alarm's loss is gone."""
        return self.recovery is not None and self.recovery.drift_detected

    @property
    def statistic(self) -> float:
        return sum(detector.statistic for detector in self.detectors.values())

    def evidence(self, values: Sequence[AxisValue]) -> dict[Stream, float]:
        """Each detector's statistic per unit of the budget it was given."""
        shares = {(v.axis, v.value): _segment_share(v) for v in values}
        shares[WHOLE] = 1 - SEGMENT_SHARE
        return {key: found.statistic / shares[key] for key, found in self.detectors.items()}

    def _collect(self, loss: float, flagged: bool | None, at_ns: int) -> None:
        self.losses.append(loss)
        if flagged is not None:
            self.flagged = (self.flagged or 0) + flagged
        if len(self.losses) >= self.baseline_turns:
            self.baseline = Baseline.from_losses(self.losses)
            self.pinned_ns = at_ns
            self.allowance.by_clock(WHOLE, at_ns)  # from here on time is watched
            self.losses = []

    def _update(
        self, baseline: Baseline, loss: float, at_ns: int, segments: Mapping[str, AxisValue]
    ) -> None:
        deployed = {axis for axis, value in segments.items() if self._is_new(axis, value)}
        launch = self.allowance.at_deployment(at_ns) if deployed else 0.0
        mass = (self.allowance.by_clock(WHOLE, at_ns) + launch) * (1 - SEGMENT_SHARE)
        self._detector(WHOLE, baseline).update(loss, mass, at_ns)
        for axis, value in segments.items():
            stream = (axis, value.value)
            mass = self.allowance.by_clock(stream, at_ns) * _segment_share(value)
            if axis in deployed:
                mass += launch * SEGMENT_SHARE / len(AXES)
            self._detector(stream, baseline).update(loss, mass, at_ns)

    def _is_new(self, axis: str, value: AxisValue) -> bool:
        """Deployed after the baseline, and seen here for the first time."""
        after = self.pinned_ns is not None and value.first_seen_ns > self.pinned_ns
        return after and (axis, value.value) not in self.detectors

    def _detector(self, stream: Stream, baseline: Baseline) -> TwoSampleESR:
        if stream not in self.detectors:
            self._make_room(stream[0])
            self.detectors[stream] = TwoSampleESR(baseline=baseline, min_effect=self.min_effect)
        return self.detectors[stream]

    def _make_room(self, axis: str) -> None:
        """Of too many values of an axis, stop watching the one that was idle longest."""
        watched = [stream for stream in self.detectors if stream[0] == axis]
        if axis and len(watched) >= MOST_SEGMENTS:
            idlest = min(watched, key=lambda stream: self.allowance.clocks[stream])
            del self.detectors[idlest], self.allowance.clocks[idlest]

    def raise_alarm(self, values: Sequence[AxisValue]) -> Alarm:
        """The alarm, with what it names among the service's axis values; recovery is next."""
        strongest = max(self.detectors.values(), key=lambda detector: detector.statistic)
        changed_from, changed_until = strongest.changed_interval or (0, self.updated_ns)
        named = attribute(values, self.evidence(values), self.pinned_ns or 0, changed_until)
        size = strongest.size or 0.0
        size_low, size_high = strongest.size_interval or (size, size)
        size_low = min(size_low, self._recent_growth())
        self.alarm = Alarm(
            service=self.service,
            signal=self.signal,
            axis=named.axis,
            value=named.value,
            cause=named.cause,
            raised_ns=self.updated_ns,
            changed_ns=strongest.changed_at or self.updated_ns,
            changed_from_ns=changed_from,
            changed_until_ns=changed_until,
            size=size,
            size_low=size_low,
            size_high=size_high,
            details={"revision": self.revision, "statistic": self.statistic},
        )
        self.recovery = self._recovery(self.alarm)
        for detector in self.detectors.values():
            detector.reset()
        return self.alarm

    def resolve(self) -> Alarm:
        """Close the open alarm, and look for the next change against the same baseline."""
        assert self.alarm is not None
        resolved = replace(self.alarm, resolved_ns=self.updated_ns)
        self.alarm = self.recovery = None
        return resolved

    def _recent_growth(self) -> float:
        assert self.baseline is not None
        return sum(self.recent) / max(len(self.recent), 1) - self.baseline.mean

    def _recovery(self, alarm: Alarm) -> KnownMeanESR:
        """Tells a mean loss near the baseline's from one that is still worse.

        The border is half of what the loss has surely grown by. An alarm after few bad turns knows
        its size badly, and half of a size that is too large would call the same drift a recovery;
        so the size is also looked for in the last turns before the alarm, good ones included.
        """
        assert self.baseline is not None
        middle = self.baseline.mean + max(alarm.size_low, self.min_effect) / 2
        middle = min(middle, (1 + self.baseline.mean) / 2)
        return KnownMeanESR(mean=1 - middle, min_effect=self.min_effect)


def _segment_share(value: AxisValue) -> float:
    """Of a watch's allowance, what the detector of one axis value gets."""
    return SEGMENT_SHARE / len(AXES) * share_of_nth(value.position)
