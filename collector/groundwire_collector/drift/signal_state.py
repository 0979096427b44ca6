"""State of a signal's monitor, as the checkpoint stores it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.detector_state import DetectorState, StatisticPeak
from groundwire_collector.drift.dimensions import Stream
from groundwire_collector.drift.losses import LossObservation


@dataclass(frozen=True, slots=True)
class SignalState:
    """Signal monitor state: baseline and its turns, detectors, the rest as JSON.

    `released` turns of the baseline of this `version` are no longer held; `turns` come after them.
    """

    pinned: StratifiedBaseline | None = None
    pinned_ns: int | None = None
    turns: Sequence[LossObservation] = ()
    released: int = 0
    version: int = 0
    rest: Mapping[str, Any] = field(default_factory=dict)
    detectors: Mapping[Stream, DetectorState] = field(default_factory=dict)


@dataclass(slots=True)
class Written:
    """Stored part of a signal's state: turns and detectors."""

    saved: bool = False
    pinned: StratifiedBaseline | None = None
    version: int = 0  # of the baseline whose turns these are
    turns: int = 0
    detectors: dict[Stream, int] = field(default_factory=dict)
    peaks: dict[Stream, StatisticPeak] = field(default_factory=dict)

    @classmethod
    def of(cls, state: SignalState, peaks: Mapping[Stream, StatisticPeak]) -> "Written":
        """After all of this state was written, with the peaks stored so far."""
        return cls(
            True,
            state.pinned,
            state.version,
            state.released + len(state.turns),
            {stream: each.version for stream, each in state.detectors.items()},
            {stream: peaks[stream] for stream in state.detectors if stream in peaks},
        )

    def add(self, stored: Mapping[Stream, DetectorState]) -> None:
        """Detectors that are stored, though the monitor went on without them."""
        self.detectors = {stream: each.version for stream, each in stored.items()} | self.detectors
