"""`/api/v1/baselines`: baselines per signal, with their detection delay."""

import math
from datetime import datetime
from time import time_ns
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from groundwire_collector.auth.access import AdminAccess, ReadAccess
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.status import MonitorStatus, monitor_statuses, spending
from groundwire_collector.responses.problem import ProblemError
from groundwire_collector.storage import baseline_actions, keys
from groundwire_collector.storage.baseline_actions import BaselineAction, BaselineActionKind
from groundwire_collector.web.api.alarm_models import BaselineActionOut
from groundwire_collector.web.api.models import moment
from groundwire_collector.web.database import Database
from groundwire_collector.web.times import nanoseconds

router = APIRouter(prefix="/api/v1/baselines", tags=["baselines"])


class BudgetOut(BaseModel):
    """False alarms allowed per `period_seconds`, and the last period's spending.

    The expected number of false alarms is at most what is spent, while the conditional mean of a
    signal, per stratum and block, is not worse than its baseline's.
    """

    alarms: float
    period_seconds: float
    spent_by_clock: float
    spent_at_deployments: float


class DetectionDelayOut(BaseModel):
    """Predicted delay for the smallest relevant effect; null if not detectable.

    `expected_hours` are those until a growth of the whole service by so much is found. The promise
    does not hold against hours of the day or days of the week that are not covered.

    `needed` turns of a stratum are the least with which the smallest effect is found at all, and
    `wanted` are recommended. Turns depend on each other over some `block` turns.
    """

    sufficient: bool
    min_effect: float
    delay_turns: float | None
    delay_hours: float | None
    block: int
    strata: str
    one_score_a_session: bool
    daily_clock: bool
    needed: int
    wanted: int
    expected_hours: dict[str, float | None]
    days_spanned: float
    hours_covered: bool
    weekdays_covered: bool
    segments_watched: dict[str, int]
    watched_through_service: list[str]
    in_words: list[str]


class SegmentTurnsOut(BaseModel):
    """Turns so far of a segment that collects its own baseline."""

    dimension: str
    value: str
    turns: int


class BaselineOut(BaseModel):
    """Baseline of a signal under one evaluator revision.

    `state` is `collecting` until it has its first turns, `provisional` (large changes alone are
    found) until it spans its days and has all, then `pinned`. `too_new` are values that came since
    and are monitored as part of the service until they have enough turns.
    """

    service: str
    signal: str
    revision: str
    state: str
    turns: int
    of_turns: int
    mean_loss: float | None
    first_turn_at: datetime | None
    last_turn_at: datetime | None
    pinned_at: datetime | None
    detection_delay: DetectionDelayOut | None
    too_new: list[SegmentTurnsOut]


class BaselinePage(BaseModel):
    """Page of baselines."""

    budget: BudgetOut
    baselines: list[BaselineOut]
    acts: list[BaselineActionOut]


class PinIn(BaseModel):
    """Request to pin the baseline to a period; `signal` limits it.

    Choose the time by what was deployed then, never by how its losses look.
    """

    model_config = ConfigDict(extra="forbid")

    service: str = Field(min_length=1, max_length=200)
    signal: Annotated[str, Field(max_length=200)] = ""
    since: datetime
    until: datetime
    why: str = Field(min_length=3, max_length=2000)


@router.get("")
def list_baselines(access: ReadAccess, database: Database, request: Request) -> BaselinePage:
    """Baselines of the services that the key may read, with requested actions."""
    config = MonitorConfig.of(request.app.state.settings)
    with database.connect() as connection:
        found = monitor_statuses(connection, config, access.services)
        spent = spending(connection, config, time_ns())
        done = baseline_actions.newest(connection, access.services)
    budget = BudgetOut(
        alarms=config.budget.alarms,
        period_seconds=config.budget.seconds,
        spent_by_clock=spent.over_time,
        spent_at_deployments=spent.at_deployments,
    )
    baselines = [_baseline(each, config) for each in found]
    return BaselinePage(
        budget=budget, baselines=baselines, acts=[BaselineActionOut.of(a) for a in done]
    )


@router.post("", status_code=202)
def pin(wish: PinIn, access: AdminAccess, database: Database) -> BaselineActionOut:
    """Pin the turns of a time as the baseline of a service; carried out with the next turns."""
    if not access.covers(wish.service):
        raise ProblemError(403, "The key is not valid for this service.")
    since_ns, until_ns = nanoseconds(wish.since) or 0, nanoseconds(wish.until) or 0
    if since_ns >= until_ns:
        raise ProblemError(400, "`since` must be before `until`.")
    with database.begin() as connection:
        act = BaselineAction(
            kind=BaselineActionKind.PINNED,
            service=wish.service,
            signal=wish.signal,
            since_ns=since_ns,
            until_ns=until_ns,
            by=keys.name_of(connection, access.key_id),
            why=wish.why,
            at_ns=time_ns(),
        )
        identity = baseline_actions.record(connection, act)
    return BaselineActionOut.of(act).model_copy(update={"id": identity})


def _baseline(status: MonitorStatus, config: MonitorConfig) -> BaselineOut:
    pinned = status.pinned
    return BaselineOut(
        service=status.service,
        signal=status.signal,
        revision=status.revision,
        state=_state(status),
        turns=pinned.n if _complete(status) and pinned else status.collected,
        of_turns=pinned.n if _complete(status) and pinned else config.baseline_turns,
        mean_loss=status.mean_loss,
        first_turn_at=None if pinned is None else moment(pinned.first_ns),
        last_turn_at=None if pinned is None else moment(pinned.last_ns),
        pinned_at=None if status.pinned_ns is None else moment(status.pinned_ns),
        detection_delay=_detection_delay(status),
        too_new=[
            SegmentTurnsOut(dimension=dimension, value=value, turns=turns)
            for (dimension, value), turns in status.too_new.items()
        ],
    )


def _complete(status: MonitorStatus) -> bool:
    return status.pinned is not None and not status.pinned.provisional


def _state(status: MonitorStatus) -> str:
    if status.pinned is None:
        return "collecting"
    return "provisional" if status.pinned.provisional else "pinned"


def _detection_delay(status: MonitorStatus) -> DetectionDelayOut | None:
    detection_delay = status.detection_delay
    if detection_delay is None:
        return None
    sufficiency = detection_delay.sufficiency
    return DetectionDelayOut(
        sufficient=sufficiency.sufficient,
        min_effect=detection_delay.min_effect,
        delay_turns=sufficiency.delay if sufficiency.sufficient else None,
        delay_hours=detection_delay.delay_hours if sufficiency.sufficient else None,
        block=detection_delay.plan.block,
        strata=str(detection_delay.plan.strata),
        one_score_a_session=detection_delay.plan.session,
        daily_clock=detection_delay.daily,
        needed=math.ceil(2 * sufficiency.known),
        wanted=sufficiency.wanted,
        expected_hours={
            f"{growth:g}": hours for growth, hours in detection_delay.expected().items()
        },
        days_spanned=detection_delay.coverage.days,
        hours_covered=detection_delay.coverage.hours,
        weekdays_covered=detection_delay.coverage.week,
        segments_watched=dict(detection_delay.coverage.watched),
        watched_through_service=list(detection_delay.coverage.through_service),
        in_words=list(detection_delay.lines()),
    )
