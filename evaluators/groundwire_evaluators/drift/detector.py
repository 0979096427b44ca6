"""Detector interface: losses in, alarm out."""

from collections.abc import Sequence
from typing import Any, Protocol, Self, runtime_checkable

from groundwire_evaluators.drift.change_point import Change


@runtime_checkable
class Detector(Protocol):
    """Watches one stream of losses; 0 is good and 1 is bad.

    `update(loss, mass, at)` takes one turn: its loss in [0, 1], the share of the alarm budget that
    is spent on it (decided before the loss is seen, see `budget`), and its time in nanoseconds.
    The alarm is raised when `statistic` reaches 1; whoever raises it calls `reset`. Statistics of
    several detectors may be added, and their sum compared with 1: the masses then share a budget.

    All state goes through `to_state`, a value that JSON can hold. A stream may be watched in
    parts: `shard` makes an empty detector that is fed elsewhere and merged back.

    >>> from groundwire_evaluators.drift import Detector, KnownMeanESR
    >>> detector = KnownMeanESR(mean=0.1)
    >>> isinstance(detector, Detector)
    True
    >>> for turn in range(40):
    ...     detector.update(loss=1.0, mass=1 / 10_000, at=turn)
    ...     if detector.drift_detected:
    ...         break
    ...
    >>> turn, detector.change.since
    (10, 0)
    >>> detector.reset()
    >>> detector.drift_detected
    False
    """

    def update(self, loss: float, mass: float, at: int) -> None: ...

    def update_many(
        self, losses: Sequence[float], masses: Sequence[float], ats: Sequence[int]
    ) -> int:
        """Feed turns until the alarm or the end; how many were fed."""
        ...

    @property
    def statistic(self) -> float: ...

    @property
    def drift_detected(self) -> bool: ...

    @property
    def change(self) -> Change | None:
        """Estimated growth of the mean loss and its start; None before data."""
        ...

    def reset(self) -> None:
        """Forget all turns since the baseline; the baseline stays."""
        ...

    def since(self, at: int) -> tuple[float, float, float]:
        """Turns, losses and squared losses from `at` on; exact where `at` is `change.since`."""
        ...

    def shard(self) -> Self:
        """An empty detector of the same stream, to be fed elsewhere and merged back."""
        ...

    def merge(self, later: Self) -> None:
        """Take in a shard, as if its turns came after those seen here."""
        ...

    def to_state(self) -> dict[str, Any]: ...

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self: ...
