"""Alarms page: open and past drift alarms, and monitored signals."""

from math import isfinite
from time import time_ns
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool

from groundwire_collector.auth.access import Access, AdminAccess, LabelAccess, ReadAccess
from groundwire_collector.drift.alarm_origin import AlarmOrigin, origin_of
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.detection_delay import in_words
from groundwire_collector.drift.simulation import typical_delays
from groundwire_collector.drift.status import monitor_statuses, spending
from groundwire_collector.storage import baseline_actions, drift, rollouts
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.keys import Scope
from groundwire_collector.web.alarm_actions import AlarmId, accept_alarm, acknowledge_alarm
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.form import checked_form, token
from groundwire_collector.web.pages.rendering import page

router = APIRouter(include_in_schema=False)
SHOWN = 200
ROLLOUTS_SHOWN = 20
LONGEST_FORM = 20_000
# Display class of an alarm state: bad, in progress, or over.
TAGS = {"open": "bad", "acknowledged": "contradicted", "recovered": "good", "accepted": "good"}


@router.post("/alarms/{alarm_id}/acknowledge")
async def acknowledge(
    alarm_id: AlarmId, request: Request, access: LabelAccess, database: Database
) -> Response:
    """Acknowledge an alarm by the form of the page."""
    await checked_form(request, _purpose(alarm_id), LONGEST_FORM)
    await run_in_threadpool(_acknowledge, database, alarm_id, access)
    return RedirectResponse(f"/alarms#alarm-{alarm_id}", 303)


@router.post("/alarms/{alarm_id}/accept")
async def accept(
    alarm_id: AlarmId, request: Request, access: AdminAccess, database: Database
) -> Response:
    """Accept the new level as normal by the form of the page, with a reason."""
    fields = await checked_form(request, _purpose(alarm_id), LONGEST_FORM)
    why = fields.get("why", "").strip()
    await run_in_threadpool(_accept, database, alarm_id, access, why)
    return RedirectResponse(f"/alarms#alarm-{alarm_id}", 303)


def _purpose(alarm_id: int | None) -> str:
    return f"alarm {alarm_id}"


def _acknowledge(database: Engine, alarm_id: int, access: Access) -> None:
    with database.begin() as connection:
        acknowledge_alarm(connection, alarm_id, access)


def _accept(database: Engine, alarm_id: int, access: Access, why: str) -> None:
    with database.begin() as connection:
        accept_alarm(connection, alarm_id, access, why)


@router.get("/alarms")
def list_alarms(access: ReadAccess, database: Database, request: Request) -> HTMLResponse:
    """Open alarms first, then those that are over; what each signal is compared with."""
    config = MonitorConfig.of(request.app.state.settings)
    rate = request.app.state.settings.label_rate
    with database.connect() as connection:
        found = drift.alarms(connection, access.services, limit=SHOWN)
        origins = {alarm.id: _origin(connection, alarm, rate) for alarm in found}
        watched = monitor_statuses(connection, config, access.services)
        spent = spending(connection, config, time_ns())
        announced = rollouts.newest(connection, access.services, ROLLOUTS_SHOWN)
        done = baseline_actions.newest(connection, access.services, ROLLOUTS_SHOWN)
    ordered = sorted(found, key=lambda alarm: alarm.resolved_ns is not None)
    return page(
        "alarms.html",
        alarms=[(alarm, TAGS[alarm.state], _worst(alarm), origins[alarm.id]) for alarm in ordered],
        watched=watched,
        config=config,
        delays=_delays(config),
        spent=spent,
        rollouts=announced,
        acts=done,
        tokens={alarm.id: token(request, _purpose(alarm.id)) for alarm in found},
        may_acknowledge=access.allows(Scope.LABEL),
        may_accept=access.allows(Scope.ADMIN),
    )


def _delays(config: MonitorConfig) -> dict[str, list[str]]:
    """Predicted detection delays in words, by turns a day of a typical service."""
    found = typical_delays(config.budget, config.deploy_share)
    return {
        f"{turns:,}": [in_words(hours) if isfinite(hours) else "not" for hours in each.values()]
        for turns, each in found.items()
    }


def _origin(connection: Connection, alarm: Alarm, label_rate: float) -> AlarmOrigin | None:
    """Verdict (system or evaluator) of an open alarm."""
    if alarm.resolved_ns is not None or "baseline" not in alarm.details:
        return None
    return origin_of(connection, alarm, label_rate)


def _worst(alarm: Alarm) -> str:
    """Worst turns since the change, within the alarm's segment."""
    query: dict[str, Any] = {"order": "worst", "service": alarm.service}
    if state := alarm.details.get("state"):  # of turns without a score
        query = {"state": state, "service": alarm.service}
    if alarm.change.dimension:
        query[alarm.change.dimension] = alarm.change.value
    query["since"] = alarm.change.since // 1_000_000_000
    if alarm.resolved_ns is not None:
        query["until"] = alarm.resolved_ns // 1_000_000_000
    return f"/turns?{urlencode(query)}"
