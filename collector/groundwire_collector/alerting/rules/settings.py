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

    Tests and demos set small windows; the rules stay the same.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    # URLs and labels
    job: str = Field("groundwire", description="Prometheus job name of the collector.")
    replica_labels: tuple[str, ...] = Field(
        REPLICA_LABELS,
        description="Labels that distinguish replicas, which expose the same counters.",
    )
    collector_url: str = Field(
        "http://127.0.0.1:4318", description="Base URL of the collector's pages."
    )
    grafana_url: str = Field("http://127.0.0.1:3000", description="URL of Grafana.")
    runbook_url: str = Field(
        "", description="Base URL of the runbooks; empty: the collector's own pages."
    )

    # Evaluation intervals
    interval: int = Field(30, ge=1, description="Evaluation interval of the rules.")
    reference_interval: int = Field(120, ge=1, description="Evaluation interval of the reference.")

    # Windows, thresholds and noise
    current_window: int = Field(HOUR, ge=2, description="Window of current values.")
    reference_window: int = Field(
        7 * DAY, ge=4, description="Window whose median is the expected level."
    )
    min_turns: int = Field(
        50, ge=1, description="Minimum number of turns in a window for an alert."
    )
    noise_factor: float = Field(
        4.0, ge=0, description="Standard errors that a change must also exceed."
    )
    keep_firing_for: int = Field(
        10 * MINUTE, ge=0, description="`keep_firing_for` of pages and drops."
    )
    ticket_after: int = Field(
        15 * MINUTE,
        ge=0,
        description="`for` of tickets: time for the page of the same incident to fire first and "
        "suppress them.",
    )

    # Flagged turns
    burn_windows: tuple[BurnWindow, ...] = Field(
        WORKBOOK,
        min_length=1,
        description="Windows and burn rates (Site Reliability Workbook, table 5-8).",
    )
    burn_for: int = Field(2 * MINUTE, ge=0, description="`for` of the burn-rate page.")
    most_excess: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Upper limit of every threshold, as a share of the turns that are normally "
        "not flagged.",
    )
    targets: SloTargets = Field(
        SloTargets(), description="Target shares of flagged turns, from the file of `--targets`."
    )
    min_drop: float = Field(0.05, gt=0, lt=1, description="Smallest relevant drop of a mean.")

    # Retrieval
    min_false_refusal_rise: float = Field(
        0.05, gt=0, le=1, description="Smallest relevant rise of the share of false refusals."
    )
    min_chunk_outcome_rise: float = Field(
        0.1,
        gt=0,
        lt=1,
        description="Smallest relevant rise of the share of turns whose right chunk is ignored, or "
        "missing.",
    )
    min_unretrieved_rise: float = Field(
        0.1, gt=0, lt=1, description="Smallest relevant rise of the share of turns without context."
    )
    slow_factor: float = Field(
        2.0, gt=1, description="Factor over the usual time at which retrieval is slow."
    )
    min_slow_seconds: float = Field(
        0.5, ge=0, description="Retrieval times below this never alert."
    )
    retrieval_for: int = Field(5 * MINUTE, ge=0, description="`for` of GroundwireRetrievalBroken.")
    index_age_factor: float = Field(
        2.0,
        gt=1,
        description="Factor over the maximum age in the previous reference window at which an "
        "index is stale.",
    )

    max_changed_since_training: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Share of turns whose sources changed since the model was trained, from which "
        "retraining is due.",
    )
    training_for: int = Field(6 * HOUR, ge=0, description="`for` of GroundwireRetrainingDue.")

    # Context reliance
    reliance_window: int = Field(
        DAY, ge=2, description="Window of reliance metrics: closed-book calls are rare."
    )
    min_deciding: int = Field(
        50, ge=1, description="Minimum number of answers in the denominator of M_R."
    )
    min_memorization_rise: float = Field(
        0.1, gt=0, lt=1, description="Smallest relevant rise of M_R."
    )
    max_memorization: float = Field(
        0.5, gt=0, le=1, description="M_R that alerts regardless of its history."
    )

    # Absence of data
    down_for: int = Field(2 * MINUTE, ge=0, description="`for` of GroundwireCollectorDown.")
    absence_window: int = Field(30 * MINUTE, ge=2, description="Window without turns that alerts.")
    absence_season: int = Field(
        DAY, ge=2, description="Offset at which turns must have arrived to be expected now."
    )
    absence_min_turns: int = Field(
        20, ge=1, description="Minimum number of turns in that earlier window."
    )

    # Evaluation
    max_lag: int = Field(10 * MINUTE, ge=1, description="Maximum evaluation lag.")
    stale_for: int = Field(5 * MINUTE, ge=0, description="`for` of GroundwireEvaluationStale.")
    max_queue_age: int = Field(2 * MINUTE, ge=1, description="Evaluation lag that opens a ticket.")
    max_failed_ratio: float = Field(
        0.1, gt=0, lt=1, description="Maximum share of failed evaluations."
    )
    min_coverage_fall: float = Field(
        0.2, gt=0, lt=1, description="Smallest relevant fall of the share of evaluated turns."
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
        description="Maximum share of the golden set on which a judge becomes wrong.",
    )
    max_judge_queue_age: int = Field(
        30 * MINUTE, ge=1, description="Maximum age of the oldest turn in a judge's queue."
    )

    @property
    def runbooks(self) -> str:
        return (self.runbook_url or f"{self.collector_url}/runbooks").rstrip("/")

    @classmethod
    def load(cls, file: Path | None, targets: Path | None = None) -> Self:
        """Load limits (TOML) and SLO targets (YAML).

        Other settings keep their defaults. Raises UsageError if a file is invalid.
        """
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8")) if file else {}
            if targets is not None:
                values["targets"] = SloTargets.load(targets)
            return cls.model_validate(values)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
            raise UsageError(f"{file}: {error}") from error


def duration(seconds: int) -> str:
    """Prometheus duration in the largest unit without a remainder."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
