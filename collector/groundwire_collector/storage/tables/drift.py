"""Baselines, detectors and the alarms they raised."""

from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel


class BaselineRow(SQLModel, table=True):
    """The reference of a (service, signal, evaluator revision); its losses until it is pinned."""

    __tablename__ = "baseline"

    service: str = Field(primary_key=True)
    signal: str = Field(primary_key=True)
    revision: str = Field(primary_key=True)
    pinned_ns: int | None = None  # None: still collecting
    state: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class DetectorRow(SQLModel, table=True):
    """The state of one detector; one a watched stream (service, signal, axis, value)."""

    __tablename__ = "detector"

    service: str = Field(primary_key=True)
    signal: str = Field(primary_key=True)
    revision: str = Field(primary_key=True)
    axis: str = Field(primary_key=True)  # "" watches the whole service
    value: str = Field(primary_key=True)
    statistic: float  # the alarm is raised when those of a service and signal add up to 1
    updated_ns: int
    state: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class AxisValueRow(SQLModel, table=True):
    """When a value of an axis (a model version, say) was first seen in a service.

    The axis "service" holds the services themselves.
    """

    __tablename__ = "axis_value"

    service: str = Field(primary_key=True)
    axis: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    position: int  # from 1, in order of appearance
    first_seen_ns: int


class AlarmRow(SQLModel, table=True):
    """An alarm, open until it is resolved; times are of the turns, not of the clock."""

    __tablename__ = "alarm"

    id: int | None = Field(default=None, primary_key=True)
    service: str = Field(index=True)
    signal: str
    axis: str
    value: str
    cause: str
    raised_ns: int
    changed_ns: int
    changed_from_ns: int
    changed_until_ns: int
    size: float  # by how much the mean got worse
    size_low: float
    size_high: float
    resolved_ns: int | None = None
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON))


# For queries, which are SQLAlchemy Core throughout.
BASELINE = SQLModel.metadata.tables["baseline"]
DETECTOR = SQLModel.metadata.tables["detector"]
AXIS_VALUE = SQLModel.metadata.tables["axis_value"]
ALARM = SQLModel.metadata.tables["alarm"]
