"""Alarms page: open and past drift alarms, and monitored signals."""

from time import time_ns
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.drift.alarm_origin import AlarmOrigin, origin_of
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.status import monitor_statuses, spending
from groundwire_collector.storage import baseline_actions, drift, rollouts
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.rendering import page

router = APIRouter(include_in_schema=False)
SHOWN = 200
ROLLOUTS_SHOWN = 20
# Display class of an alarm state: bad, in progress, or over.
TAGS = {"open": "bad", "acknowledged": "contradicted", "recovered": "good", "accepted": "good"}


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
        spent=spent,
        rollouts=announced,
        acts=done,
    )


def _origin(connection: Connection, alarm: Alarm, label_rate: float) -> AlarmOrigin | None:
    """Of an open alarm of turns."""
    if alarm.resolved_ns is not None or "baseline" not in alarm.details:
        return None
    return origin_of(connection, alarm, label_rate)


def _worst(alarm: Alarm) -> str:
    """Worst turns since the change, within the alarm's segment."""
    query: dict[str, Any] = {"order": "worst", "service": alarm.service}
    if alarm.change.dimension:
        query[alarm.change.dimension] = alarm.change.value
    query["since"] = alarm.change.since // 1_000_000_000
    if alarm.resolved_ns is not None:
        query["until"] = alarm.resolved_ns // 1_000_000_000
    return f"/turns?{urlencode(query)}"
