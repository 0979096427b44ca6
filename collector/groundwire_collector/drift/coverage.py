"""What a baseline covers and what it does not: hours, days of the week, segments by themselves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.strata import LEAST_DAYS, WEEK_DAYS

MOST_NAMED = 5  # segments that a sentence lists


@dataclass(frozen=True, slots=True)
class BaselineCoverage:
    """The time that a baseline spans, in days; by dimension, how many of its values are watched by
    themselves, and those that are watched through the service only."""

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
        """In words: what the promise does not hold against."""
        if not self.hours:
            yield (
                f"The baseline spans {_time(self.days)}: season of the day and days of the week "
                "are not covered, and traffic that is harder at other hours may alarm"
            )
        elif not self.week:
            yield (
                f"The baseline spans {_time(self.days)}: days of the week are not covered, and "
                "harder ones may alarm"
            )
        if self.watched:
            found = ", ".join(f"{name} ({n})" for name, n in sorted(self.watched.items()))
            yield f"Values compared with their own turns: {found}"
        if self.through_service and not self.provisional:
            named = ", ".join(self.through_service[:MOST_NAMED])
            more = len(self.through_service) - MOST_NAMED
            yield (
                f"Watched through the service until they have turns enough of their own: {named}"
                + (f" and {more} more" if more > 0 else "")
            )


def _time(days: float) -> str:
    return f"{days * 24:.1f} hours" if days < 2 else f"{days:.1f} days"
