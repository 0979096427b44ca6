"""The drift alarms: what got worse, where, by how much and since when."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from groundwire_collector.access import ReadAccess
from groundwire_collector.pages.rendering import page
from groundwire_collector.routes.database import Database
from groundwire_collector.storage import drift
from groundwire_collector.storage.drift import Alarm

router = APIRouter(include_in_schema=False)
SHOWN = 200


@router.get("/alarms")
def list_alarms(access: ReadAccess, database: Database) -> HTMLResponse:
    """Open alarms first, then those that were resolved."""
    with database.connect() as connection:
        found = drift.alarms(connection, access.services, limit=SHOWN)
    ordered = sorted(found, key=lambda alarm: alarm.resolved_ns is not None)
    return page("alarms.html", alarms=[(alarm, _worst(alarm)) for alarm in ordered])


def _worst(alarm: Alarm) -> str:
    """The worst turns since the change, in what the alarm names."""
    query: dict[str, Any] = {"order": "worst", "service": alarm.service}
    if alarm.axis:
        query[alarm.axis] = alarm.value
    query["since"] = alarm.changed_ns // 1_000_000_000
    if alarm.resolved_ns is not None:
        query["until"] = alarm.resolved_ns // 1_000_000_000
    return f"/turns?{urlencode(query)}"
