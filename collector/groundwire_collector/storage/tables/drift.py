"""Tables of baselines, detectors, alarms and rollouts."""

from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field

from groundwire_collector.storage.tables.base import WIDE, StoredModel


class BaselineRow(StoredModel, table=True):
    """Reference of a (service, signal, revision); its losses until it is pinned."""

    __tablename__ = "baseline"

    service: str = Field(primary_key=True)
    signal: str = Field(primary_key=True)
    revision: str = Field(primary_key=True)
    pinned_ns: int | None = Field(default=None, sa_type=WIDE)  # None: still collecting
    state: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class BaselineTurnRow(StoredModel, table=True):
    """One turn of a baseline, in order; written once."""

    __tablename__ = "baseline_turn"

    service: str = Field(primary_key=True)
    signal: str = Field(primary_key=True)
    revision: str = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=WIDE)  # from 0
    at_ns: int = Field(sa_type=WIDE)
    loss: float
    route: str
    session: str  # a hash; "" for none
    question: str  # a hash
    relevance: float | None = None
    flagged: bool | None = None
    tags: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))  # dimension: value


class SignalMonitorRow(StoredModel, table=True):
    """Signal monitor state: clocks, alarm budget shares, the day's mean."""

    __tablename__ = "signal_monitor"

    service: str = Field(primary_key=True)
    signal: str = Field(primary_key=True)
    revision: str = Field(primary_key=True)
    state: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class MonitorRow(StoredModel, table=True):
    """Global monitor state: spent alarm budget, sessions per service."""

    __tablename__ = "monitor"

    part: str = Field(primary_key=True)
    state: Any = Field(sa_column=Column(JSON, nullable=False))


class RolloutRow(StoredModel, table=True):
    """An announced deployment."""

    __tablename__ = "rollout"

    id: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    service: str = Field(index=True)
    dimension: str
    value: str
    at_ns: int = Field(sa_type=WIDE)
    announced_ns: int = Field(sa_type=WIDE)
    announced_by: str
    note: str | None = None
    trained_ns: int | None = Field(default=None, sa_type=WIDE)  # when a model's training data ended


class BaselineActionRow(StoredModel, table=True):
    """A requested baseline action: who, when, why; carried out by the monitor."""

    __tablename__ = "baseline_action"

    id: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    kind: str  # accepted, pinned, rescored
    service: str = Field(index=True)
    signal: str  # "": every signal
    revision: str  # "": whichever is current
    since_ns: int = Field(sa_type=WIDE)  # the turns of the new baseline begin here
    until_ns: int | None = Field(
        default=None, sa_type=WIDE
    )  # and end here; None: when there are enough
    by: str
    why: str
    at_ns: int = Field(sa_type=WIDE)
    alarm_id: int | None = Field(default=None, sa_type=WIDE)
    applied_ns: int | None = Field(default=None, sa_type=WIDE)


class DetectorRow(StoredModel, table=True):
    """State of one detector, per (service, signal, dimension, value)."""

    __tablename__ = "detector"

    service: str = Field(primary_key=True)
    signal: str = Field(primary_key=True)
    revision: str = Field(primary_key=True)
    dimension: str = Field(primary_key=True)  # "" for the whole service
    value: str = Field(primary_key=True)
    statistic: float  # the alarm is raised when those of a service and signal add up to 1
    peak: float = Field(default=0.0)  # maximum of the statistic in the minute `peak_window`
    recent_peak: float = Field(default=0.0)  # and in that and the minute before
    peak_window: int = Field(default=0, sa_type=WIDE)  # minutes since the epoch
    updated_ns: int = Field(sa_type=WIDE)
    state: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class DimensionValueRow(StoredModel, table=True):
    """First appearance of a dimension's value (such as a model version).

    The dimension "service" holds the services themselves.
    """

    __tablename__ = "dimension_value"

    service: str = Field(primary_key=True)
    dimension: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    position: int = Field(sa_type=WIDE)  # from 1, by first appearance
    first_seen_ns: int = Field(sa_type=WIDE)


class AlarmRow(StoredModel, table=True):
    """An alarm, open until resolved; times are of the turns."""

    __tablename__ = "alarm"

    id: int | None = Field(default=None, primary_key=True, sa_type=WIDE)
    service: str = Field(index=True)
    signal: str
    dimension: str
    value: str
    cause: str
    raised_ns: int = Field(sa_type=WIDE)
    changed_ns: int = Field(sa_type=WIDE)
    changed_from_ns: int = Field(sa_type=WIDE)
    changed_until_ns: int = Field(sa_type=WIDE)
    size: float  # growth of the mean loss
    size_low: float
    size_high: float
    resolved_ns: int | None = Field(default=None, sa_type=WIDE)  # recovered, or accepted
    acknowledged_ns: int | None = Field(default=None, sa_type=WIDE)
    acknowledged_by: str | None = None
    accepted_ns: int | None = Field(default=None, sa_type=WIDE)
    accepted_by: str | None = None
    accepted_why: str | None = None
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON))


# For queries, which are SQLAlchemy Core throughout.
BASELINE = StoredModel.metadata.tables["baseline"]
DETECTOR = StoredModel.metadata.tables["detector"]
DIMENSION_VALUE = StoredModel.metadata.tables["dimension_value"]
ALARM = StoredModel.metadata.tables["alarm"]
BASELINE_TURN = StoredModel.metadata.tables["baseline_turn"]
SIGNAL_MONITOR = StoredModel.metadata.tables["signal_monitor"]
MONITOR = StoredModel.metadata.tables["monitor"]
ROLLOUT = StoredModel.metadata.tables["rollout"]
BASELINE_ACTION = StoredModel.metadata.tables["baseline_action"]
