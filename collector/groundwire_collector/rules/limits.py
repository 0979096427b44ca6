"""What a deployment may set of its rules: windows, limits, and where links lead."""

import tomllib
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from groundwire_collector.errors import UsageError

MINUTE, HOUR, DAY = 60, 3600, 86400


class Limits(BaseModel):
    """Settings of `groundwire rules`. Durations are whole seconds, ratios are in [0, 1].

    A test or a demo sets small windows here; the rules stay the same.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Where things are
    job: str = Field("groundwire", description="Job of the collector in Prometheus.")
    replica_labels: tuple[str, ...] = Field(
        ("instance", "pod"),
        description="Labels that tell replicas apart: all of them show the same counters.",
    )
    collector_url: str = Field("http://127.0.0.1:4318", description="The collector's pages.")
    grafana_url: str = Field("http://127.0.0.1:3000", description="Grafana.")
    runbook_url: str = Field(
        "", description="Folder of the runbooks; empty: the collector's own pages."
    )

    # How often rules are evaluated
    interval: int = Field(30, ge=1, description="Between two evaluations of the rules.")
    reference_interval: int = Field(120, ge=1, description="Between two looks at the reference.")

    # Faithfulness
    current_window: int = Field(HOUR, ge=2, description="What counts as now.")
    reference_window: int = Field(
        7 * DAY, ge=4, description="Whose median is the level that is expected."
    )
    min_turns: int = Field(50, ge=1, description="Scored turns without which no drop is alerted.")
    min_drop: float = Field(0.05, gt=0, lt=1, description="Smallest drop that matters.")
    noise_factor: float = Field(
        4.0, ge=0, description="Standard errors that a drop must exceed besides."
    )
    drop_for: int = Field(5 * MINUTE, ge=0, description="How long a drop lasts before it is told.")
    keep_firing_for: int = Field(
        10 * MINUTE, ge=0, description="How long a drop is still told after it ended."
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
    max_failed_ratio: float = Field(0.1, gt=0, lt=1, description="Share of judgements that fail.")

    @property
    def runbooks(self) -> str:
        return (self.runbook_url or f"{self.collector_url}/runbooks").rstrip("/")

    @classmethod
    def load(cls, file: Path | None) -> Self:
        """The limits of a TOML file; what it does not name stays at its default."""
        if file is None:
            return cls.model_validate({})
        try:
            return cls.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
            raise UsageError(f"{file}: {error}") from error


def duration(seconds: int) -> str:
    """Prometheus' notation of a duration, in the largest unit that is whole."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
