"""Rule settings of a deployment: windows, limits, links."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from groundwire_collector.alerting.rules.slo_targets import SloTargets
from groundwire_collector.errors import UsageError

MINUTE, HOUR, DAY = 60, 3600, 86400

REPLICA_LABELS = ("instance", "pod")


class Severity(StrEnum):
    """Severity of an alert: `page` now, `ticket` in working hours."""

    PAGE = "page"
    TICKET = "ticket"


class BurnWindow(BaseModel):
    """Long and short window (seconds) with their burn-rate `factor`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    long: int = Field(ge=2)
    short: int = Field(ge=2)
    factor: float = Field(gt=0)
    severity: Severity

    def __str__(self) -> str:
        windows = f"{duration(self.long)} and {duration(self.short)}"
        return f"{self.severity.value}: {self.factor:g} times over {windows}"


# The Site Reliability Workbook (Beyer et al. 2018), chapter 5, table 5-8: 2 %, 5 % and 10 % of the
# budget of 30 days; the third row (10 % in a day) is that of https://github.com/slok/sloth,
# internal/alert/windows/google-30d.yaml.
WORKBOOK = (
    BurnWindow(long=HOUR, short=5 * MINUTE, factor=14.4, severity=Severity.PAGE),
    BurnWindow(long=6 * HOUR, short=30 * MINUTE, factor=6, severity=Severity.PAGE),
    BurnWindow(long=DAY, short=2 * HOUR, factor=3, severity=Severity.TICKET),
    BurnWindow(long=3 * DAY, short=6 * HOUR, factor=1, severity=Severity.TICKET),
)


class RuleSettings(BaseModel):
    """Settings of `groundwire rules`: durations in whole seconds, ratios in [0, 1].

    A test or a demo sets small windows here; the rules stay the same.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Where things are
    job: str = Field("groundwire", description="Job of the collector in Prometheus.")
    replica_labels: tuple[str, ...] = Field(
        REPLICA_LABELS,
        description="Labels that tell replicas apart: all of them show the same counters.",
    )
    collector_url: str = Field("http://127.0.0.1:4318", description="The collector's pages.")
    grafana_url: str = Field("http://127.0.0.1:3000", description="Grafana.")
    runbook_url: str = Field(
        "", description="Folder of the runbooks; empty: the collector's own pages."
    )

    # Evaluation intervals
    interval: int = Field(30, ge=1, description="Between two evaluations of the rules.")
    reference_interval: int = Field(120, ge=1, description="Between two looks at the reference.")

    # Thresholds and confidence of alerts
    current_window: int = Field(HOUR, ge=2, description="What counts as now.")
    reference_window: int = Field(
        7 * DAY, ge=4, description="Whose median is the level that is expected."
    )
    min_turns: int = Field(
        50, ge=1, description="Turns in a window without which nothing is told of it."
    )
    noise_factor: float = Field(
        4.0, ge=0, description="Standard errors that a change must exceed besides."
    )
    keep_firing_for: int = Field(
        10 * MINUTE, ge=0, description="How long a page and a drop are still told after they ended."
    )
    ticket_after: int = Field(
        15 * MINUTE,
        ge=0,
        description="How long a change lasts before it is a ticket: time for the page of the same "
        "incident to come first and silence it.",
    )

    # Flagged turns
    burn_windows: tuple[BurnWindow, ...] = Field(
        WORKBOOK,
        min_length=1,
        description="Windows and burn rates (Site Reliability Workbook, table 5-8).",
    )
    burn_for: int = Field(
        2 * MINUTE, ge=0, description="How long the budget burns before it is told."
    )
    most_excess: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share, of the turns that are not flagged when all is well, whose being "
        "flagged is told whatever the burn rate.",
    )
    targets: SloTargets = Field(
        SloTargets(), description="What share of turns may be flagged: the file of `--targets`."
    )
    min_drop: float = Field(0.05, gt=0, lt=1, description="Smallest drop of a mean that matters.")

    # Retrieval
    min_unretrieved_rise: float = Field(
        0.1, gt=0, lt=1, description="Rise of the share of turns without context that is told."
    )
    slow_factor: float = Field(
        2.0, gt=1, description="How many times slower than usual a retrieval is told."
    )
    min_slow_seconds: float = Field(
        0.5, ge=0, description="Retrievals faster than this are never told."
    )
    retrieval_for: int = Field(
        5 * MINUTE, ge=0, description="How long retrieval is worse before it is told."
    )
    index_age_factor: float = Field(
        2.0,
        gt=1,
        description="How many times the greatest age of an index, in the reference window before "
        "the last, is stale.",
    )

    # Context reliance
    reliance_window: int = Field(
        DAY, ge=2, description="Over which reliance is measured: closed-book calls are few."
    )
    min_deciding: int = Field(
        50, ge=1, description="Answers that decide M_R without which it is noise."
    )
    min_memorization_rise: float = Field(0.1, gt=0, lt=1, description="Rise of M_R that is told.")
    max_memorization: float = Field(
        0.5, gt=0, le=1, description="M_R that is told whatever it was before."
    )

    # Absence: no data is not health
    down_for: int = Field(2 * MINUTE, ge=0, description="How long no collector may be up.")
    absence_window: int = Field(30 * MINUTE, ge=2, description="How long no turn may arrive.")
    absence_season: int = Field(
        DAY, ge=2, description="How long ago turns must have arrived to be expected now."
    )
    absence_min_turns: int = Field(
        20, ge=1, description="Turns in that earlier window from which absence is told."
    )

    # Evaluation
    max_lag: int = Field(10 * MINUTE, ge=1, description="Age a turn may reach unjudged.")
    stale_for: int = Field(5 * MINUTE, ge=0, description="How long the lag lasts before told.")
    max_queue_age: int = Field(
        2 * MINUTE, ge=1, description="Age of the oldest turn that waits, from which a ticket is."
    )
    max_failed_ratio: float = Field(0.1, gt=0, lt=1, description="Share of judgements that fail.")
    min_coverage_fall: float = Field(
        0.2, gt=0, lt=1, description="Fall of the share of turns with a judgement that is told."
    )
    max_unanswered_ratio: float = Field(
        0.1,
        gt=0,
        lt=1,
        description="Share of a service's traces that may become no turn although they speak of a "
        "model.",
    )
    max_judge_change: float = Field(
        0.05,
        gt=0,
        lt=1,
        description="Share of the golden set that a judge may come to judge wrong.",
    )
    max_judge_queue_age: int = Field(
        30 * MINUTE, ge=1, description="Age of the oldest turn that waits for a judge of a sample."
    )

    @property
    def runbooks(self) -> str:
        return (self.runbook_url or f"{self.collector_url}/runbooks").rstrip("/")

    @classmethod
    def load(cls, file: Path | None, targets: Path | None = None) -> Self:
        """Read limits (TOML) and SLO targets (YAML).

        What the files do not name stays at its default. Raises UsageError for a wrong file.
        """
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8")) if file else {}
            if targets is not None:
                values["targets"] = SloTargets.load(targets)
            return cls.model_validate(values)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
            raise UsageError(f"{file}: {error}") from error


def duration(seconds: int) -> str:
    """Prometheus' notation of a duration, in the largest unit that is whole."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
