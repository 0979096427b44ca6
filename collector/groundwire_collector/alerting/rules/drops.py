"""Alerts on shares that fall below the service's own history.

The reference is the median over `reference_window`: an incident of hours does not change it, a
level that lasts for days does. False alarms are controlled for the noise of independent turns
only; four standard errors leave a margin for dependent ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from groundwire_collector.alerting.promql import RecordingRule
from groundwire_collector.alerting.rules.settings import RuleSettings, duration

MEDIAN = "quantile_over_time(0.5, {series}[{window}] offset {offset})"


@dataclass(frozen=True, slots=True)
class RecordedShare:
    """Recorded share `LEVEL:METRIC:ratio` of `count` items, compared with its history by `by`."""

    level: str
    metric: str
    past_level: str
    of_what: str
    count: str
    by: Sequence[str]

    @property
    def ratio(self) -> str:
        return f"{self.level}:{self.metric}:ratio"

    @property
    def rise(self) -> str:
        return f"{self.level}:{self.metric}:rise"

    @property
    def stderr(self) -> str:
        return f"{self.level}:{self.metric}:stderr"

    @property
    def median(self) -> str:
        return f"{self.past_level}:{self.metric}:median_reference"

    def recordings(self) -> tuple[RecordingRule, ...]:
        """Recording rules of the drop from the reference, and its standard error.

        The variance uses the Agresti-Coull estimate (1998), two successes in four extra trials, so
        that 0 of 50 has a nonzero standard error.
        """
        drawn = f"(({self.ratio} * {self.count} + 2) / ({self.count} + 4))"
        on = f"on ({', '.join(self.by)})"
        return (
            RecordingRule(
                self.rise,
                f"Difference between {self.of_what} and its reference.",
                f"{self.ratio}\n- {on} group_left ()\n{self.median}",
            ),
            RecordingRule(
                self.stderr,
                "Standard error of that share.",
                f"sqrt(\n  {drawn} * (1 - {drawn})\n  / ({self.count} > 0)\n)",
            ),
        )

    def reference(self, limits: RuleSettings, series: str, offset: int) -> RecordingRule:
        """Recording rule of the median of `series` over the reference window."""
        window = duration(limits.reference_window)
        return RecordingRule(
            self.median,
            f"Median over {window} of {self.of_what}: the expected level.",
            MEDIAN.format(series=series, window=window, offset=duration(offset)),
        )
