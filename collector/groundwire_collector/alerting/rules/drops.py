"""Alerts on shares that fall below the service's own history.

The reference is the median over `reference_window`, so that an incident of hours does not become
the normal; a state that lasts for days does. No statement is made about false alarms beyond the
noise of independent turns: four standard errors leave room for turns that are not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from groundwire_collector.alerting.promql import RecordingRule
from groundwire_collector.alerting.rules.settings import RuleSettings, duration

MEDIAN = "quantile_over_time(0.5, {series}[{window}] offset {offset})"


@dataclass(frozen=True, slots=True)
class RecordedShare:
    """Recorded share `LEVEL:METRIC:ratio` of `count` things, compared with its past by `by`."""

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

        The variance is that of a share drawn a little to one half, by two of four imagined things,
        so that none of fifty is not taken for never (Agresti and Coull 1998).
        """
        drawn = f"(({self.ratio} * {self.count} + 2) / ({self.count} + 4))"
        on = f"on ({', '.join(self.by)})"
        return (
            RecordingRule(
                self.rise,
                f"How far {self.of_what} is above its reference; negative: below.",
                f"{self.ratio}\n- {on} group_left ()\n{self.median}",
            ),
            RecordingRule(
                self.stderr,
                "Standard error of that share.",
                f"sqrt(\n  {drawn} * (1 - {drawn})\n  / ({self.count} > 0)\n)",
            ),
        )

    def reference(self, limits: RuleSettings, series: str, offset: int) -> RecordingRule:
        """The median of the share over the reference window, of `series` by `by`."""
        window = duration(limits.reference_window)
        return RecordingRule(
            self.median,
            f"Median over {window} of {self.of_what}: what is expected.",
            MEDIAN.format(series=series, window=window, offset=duration(offset)),
        )
