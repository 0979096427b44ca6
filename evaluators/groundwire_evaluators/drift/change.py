"""The change that a detector found: since when, by how much, where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """Growth of a mean loss, with 90 % intervals.

    `since` and `interval` are times in nanoseconds, `size` and `size_interval` are in mean loss.
    `dimension` and `value` name the segment that it is found in; empty: all of the stream.
    """

    since: int
    interval: tuple[int, int]
    size: float
    size_interval: tuple[float, float]
    dimension: str = ""
    value: str = ""

    @property
    def segment(self) -> tuple[str, str]:
        """Dimension and value."""
        return (self.dimension, self.value)
