"""API response models of alarms, baselines and rollouts (docs/reference/http.md)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from groundwire_collector.drift.alarm_origin import AlarmOrigin
from groundwire_collector.storage.baseline_actions import BaselineAction
from groundwire_collector.storage.drift import Alarm, AlarmState
from groundwire_collector.storage.rollouts import Rollout
from groundwire_collector.web.api.models import moment


class DeploymentOut(BaseModel):
    """Value of a dimension, first seen or announced at this time."""

    dimension: str
    value: str
    at: datetime
    announced: bool

    @classmethod
    def of(cls, details: Mapping[str, Any]) -> "DeploymentOut":
        at = moment(details["at_ns"])
        return cls(
            dimension=details["dimension"],
            value=details["value"],
            at=at,
            announced=details["announced"],
        )


class SegmentOut(BaseModel):
    """Growth of a segment's mean loss since the change (90 % interval)."""

    dimension: str
    value: str
    turns: int
    size: float
    size_interval: tuple[float, float]


class GuaranteedOut(BaseModel):
    """Intervals of start and size that hold at the alarm's stopped time.

    Given that the alarm is a true one and the loss changed in a step; `size_interval[0]` is the
    growth that is sure, 0 where none is.
    """

    changed_interval: tuple[datetime, datetime]
    size_interval: tuple[float, float]
    level: float

    @classmethod
    def of(cls, details: Mapping[str, Any]) -> "GuaranteedOut":
        first, last = details["since"]
        low, high = details["size"]
        between = (moment(first), moment(last))
        return cls(changed_interval=between, size_interval=(low, high), level=details["level"])


class AlarmActionOut(BaseModel):
    """Action of a person on an alarm."""

    by: str
    at: datetime
    why: str | None = None


class OriginOut(BaseModel):
    """Whether the system or its evaluator moved: `system`, `evaluator` or `undetermined`.

    By the golden set's replays and the labels so far; `reasons` say in words what they show.
    """

    verdict: str
    reasons: list[str]


class AlarmOut(BaseModel):
    """Alarm; sizes are growth of the mean loss.

    `evidence` is the statistic at the alarm, 1 or more. `moved` and `unmoved` are the segments that
    clearly got worse with it, and those that clearly did not. `deployment` is the one it coincides
    with. `clock` says which found it: `turns`, or `daily`. `size` is a best guess from `turns`
    since the change, whose losses add up to `bad_turns`. `segments` are all that changed, of which
    a tenth may be listed wrongly; `provisional`: against the baseline of the first turns. `origin`
    is null for alarms that are over and for those of probes. The intervals of the alarm itself are
    nominal; `guaranteed` holds those that are proven. `reference`: compared with the `pinned`
    baseline or with the last good `week`. `pooled_services`: those whose turns
    of one rolled-out version were counted together.
    """

    id: int
    state: AlarmState
    service: str
    signal: str
    dimension: str
    value: str
    cause: str
    raised_at: datetime
    changed_at: datetime
    changed_interval: tuple[datetime, datetime]
    size: float
    size_interval: tuple[float, float]
    resolved_at: datetime | None
    acknowledged: AlarmActionOut | None
    accepted: AlarmActionOut | None
    evidence: float | None
    clock: str | None
    revision: str | None
    findings: list[str]
    deployment: DeploymentOut | None
    also_deployed: list[DeploymentOut]
    moved: list[SegmentOut]
    unmoved: list[SegmentOut]
    turns: int | None
    bad_turns: float | None
    segments: list[tuple[str, str]]
    provisional: bool
    origin: OriginOut | None
    pooled_services: list[str]
    guaranteed: GuaranteedOut | None
    reference: str

    @classmethod
    def of(cls, alarm: Alarm, origin: AlarmOrigin | None = None) -> "AlarmOut":
        details, change = alarm.details, alarm.change
        deployment = details.get("deployment")
        return cls(
            id=alarm.id or 0,
            state=alarm.state,
            service=alarm.service,
            signal=alarm.signal,
            dimension=change.dimension,
            value=change.value,
            cause=alarm.cause,
            raised_at=moment(alarm.raised_ns),
            changed_at=moment(change.since),
            changed_interval=(moment(change.interval[0]), moment(change.interval[1])),
            size=change.size,
            size_interval=change.size_interval,
            resolved_at=moment(alarm.resolved_ns) if alarm.resolved_ns is not None else None,
            acknowledged=_done(alarm.acknowledged_by, alarm.acknowledged_ns),
            accepted=_done(alarm.accepted_by, alarm.accepted_ns, alarm.accepted_why),
            evidence=details.get("statistic"),
            clock=details.get("clock"),
            revision=details.get("revision"),
            findings=details.get("findings", []),
            deployment=DeploymentOut.of(deployment) if deployment else None,
            also_deployed=[DeploymentOut.of(each) for each in details.get("also_deployed", [])],
            moved=[SegmentOut(**each) for each in details.get("moved", [])],
            unmoved=[SegmentOut(**each) for each in details.get("unmoved", [])],
            turns=details.get("turns"),
            bad_turns=details.get("bad_turns"),
            segments=[(name, value) for name, value in details.get("segments", [])],
            provisional=bool(details.get("provisional")),
            pooled_services=details.get("pooled_services", []),
            reference=details.get("reference", "pinned"),
            guaranteed=GuaranteedOut.of(details["guaranteed"])
            if details.get("guaranteed")
            else None,
            origin=None
            if origin is None
            else OriginOut(verdict=origin.verdict, reasons=list(origin.reasons)),
        )


class AlarmPage(BaseModel):
    """Page of alarms."""

    alarms: list[AlarmOut]


class RolloutOut(BaseModel):
    """Announced deployment; `announced_by` is the name of the key."""

    id: int
    service: str
    dimension: str
    value: str
    at: datetime
    announced_at: datetime
    announced_by: str
    note: str | None
    trained_at: datetime | None

    @classmethod
    def of(cls, rollout: Rollout) -> "RolloutOut":
        names = ("service", "dimension", "value", "announced_by", "note")
        return cls(
            id=rollout.id or 0,
            **{name: getattr(rollout, name) for name in names},
            at=moment(rollout.at_ns),
            announced_at=moment(rollout.announced_ns),
            trained_at=None if rollout.trained_ns is None else moment(rollout.trained_ns),
        )


class BaselineActionOut(BaseModel):
    """Requested baseline action; `applied_at` is null until carried out."""

    id: int
    kind: str
    service: str
    signal: str
    revision: str
    since: datetime
    until: datetime | None
    by: str
    why: str
    at: datetime
    alarm_id: int | None
    applied_at: datetime | None

    @classmethod
    def of(cls, act: BaselineAction) -> "BaselineActionOut":
        names = ("kind", "service", "signal", "revision", "by", "why", "alarm_id")
        return cls(
            id=act.id or 0,
            **{name: getattr(act, name) for name in names},
            since=moment(act.since_ns),
            until=None if act.until_ns is None else moment(act.until_ns),
            at=moment(act.at_ns),
            applied_at=None if act.applied_ns is None else moment(act.applied_ns),
        )


def _done(by: str | None, at_ns: int | None, why: str | None = None) -> AlarmActionOut | None:
    return None if by is None or at_ns is None else AlarmActionOut(by=by, at=moment(at_ns), why=why)
