"""Coverage of a baseline: hours, weekdays, segments."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.strata import LEAST_DAYS, WEEK_DAYS

MOST_NAMED = 5  # segments that a sentence lists


@dataclass(frozen=True, slots=True)
class BaselineCoverage:
    """Days and segments that a baseline covers.

    The time that it spans, in days; by dimension, how many of its values are watched by
    themselves, and those that are monitored as part of the service only.
    """

    days: float
    provisional: bool
    watched: Mapping[str, int]
    through_service: tuple[str, ...]

    @classmethod
    def of(cls, pinned: StratifiedBaseline) -> "BaselineCoverage":
        watched: dict[str, int] = {}
        for dimension, _ in pinned.segments:
            watched[dimension] = watched.get(dimension, 0) + 1
        thin = [stream for stream in pinned.counts if stream not in pinned.segments]
        return cls(
            pinned.days_spanned,
            pinned.provisional,
            watched,
            tuple(f"{dimension} {value}" for dimension, value in thin),
        )

    @property
    def hours(self) -> bool:
        return self.days >= LEAST_DAYS

    @property
    def week(self) -> bool:
        return self.days >= WEEK_DAYS

    def lines(self) -> Iterator[str]:
        """Sentences about what the baseline does not cover."""
        if not self.hours:
            yield (
                f"The baseline spans {_time(self.days)}: differences by hour and weekday "
                "are not covered, and harder traffic at other hours may raise an alarm"
            )
        elif not self.week:
            yield (
                f"The baseline spans {_time(self.days)}: weekdays are not covered, and "
                "harder ones may raise an alarm"
            )
        if self.watched:
            found = ", ".join(f"{name} ({n})" for name, n in sorted(self.watched.items()))
            yield f"Values compared with their own baseline: {found}"
        if self.through_service and not self.provisional:
            named = ", ".join(self.through_service[:MOST_NAMED])
            more = len(self.through_service) - MOST_NAMED
            yield (
                f"Monitored as part of the service until they have enough turns: {named}"
                + (f" and {more} more" if more > 0 else "")
            )


def _time(days: float) -> str:
    return f"{days * 24:.1f} hours" if days < 2 else f"{days:.1f} days"
