"""The change that a detector found: since when, by how much, where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """Growth of a mean loss, with 90 % intervals.

    `since` and `interval` are times in nanoseconds, `size` and `size_interval` are in mean loss.
    `dimension` and `value` name the segment that it is found in; empty: all of the stream.

    >>> from groundwire_evaluators.drift import Change
    >>> change = Change(since=60, interval=(50, 70), size=0.2, size_interval=(0.1, 0.3),
    ...     dimension="language", value="de")
    >>> change.segment
    ('language', 'de')
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
