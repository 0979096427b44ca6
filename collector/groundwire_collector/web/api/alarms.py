"""`/api/v1/alarms`: list, accept and resolve drift alarms."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from groundwire_collector.auth.access import AdminAccess, LabelAccess, ReadAccess
from groundwire_collector.drift.alarm_origin import origin_of
from groundwire_collector.storage import drift
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.web.alarm_actions import (
    FEWEST_CHARACTERS,
    MOST_CHARACTERS,
    AlarmId,
    accept_alarm,
    acknowledge_alarm,
    readable_alarm,
)
from groundwire_collector.web.api.alarm_models import AlarmOut, AlarmPage
from groundwire_collector.web.database import Database

router = APIRouter(prefix="/api/v1/alarms", tags=["alarms"])


class Acceptance(BaseModel):
    """Reason for accepting the new level as normal, stored with the alarm."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=FEWEST_CHARACTERS, max_length=MOST_CHARACTERS)


@router.get("")
def list_alarms(
    access: ReadAccess,
    database: Database,
    request: Request,
    only_open: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AlarmPage:
    """Alarms of the services the key may read."""
    with database.connect() as connection:
        found = drift.alarms(connection, access.services, only_open, limit)
        return AlarmPage(alarms=[_out(connection, alarm, request) for alarm in found])


@router.get("/{alarm_id}")
def get_alarm(
    alarm_id: AlarmId, access: ReadAccess, database: Database, request: Request
) -> AlarmOut:
    with database.connect() as connection:
        return _out(connection, readable_alarm(connection, alarm_id, access), request)


@router.post("/{alarm_id}/acknowledge")
def acknowledge(alarm_id: AlarmId, access: LabelAccess, database: Database) -> AlarmOut:
    """Acknowledge an alarm. It stays open until it recovers or is accepted."""
    with database.begin() as connection:
        return AlarmOut.of(acknowledge_alarm(connection, alarm_id, access))


@router.post("/{alarm_id}/accept")
def accept(
    alarm_id: AlarmId, acceptance: Acceptance, access: AdminAccess, database: Database
) -> AlarmOut:
    """Accept the level since the change as normal.

    The baseline is rebuilt from the turns since the alarm. Those between the change and the alarm
    were selected by their losses and are left out.

    A recorded act. Until the new baseline has its turns the signal is not watched.
    """
    with database.begin() as connection:
        return AlarmOut.of(accept_alarm(connection, alarm_id, access, acceptance.why))


def _out(connection: Connection, alarm: Alarm, request: Request) -> AlarmOut:
    """With the verdict of now, where it is open and one of turns."""
    if alarm.resolved_ns is not None or "baseline" not in alarm.details:
        return AlarmOut.of(alarm)
    rate = request.app.state.settings.label_rate
    return AlarmOut.of(alarm, origin_of(connection, alarm, rate))
