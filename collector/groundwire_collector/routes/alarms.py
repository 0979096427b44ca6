"""`/api/v1/alarms`: what the monitor raised, newest first."""

from typing import Annotated

from fastapi import APIRouter, Query

from groundwire_collector.access import ReadAccess
from groundwire_collector.routes.database import Database
from groundwire_collector.routes.representation import AlarmOut, AlarmPage
from groundwire_collector.storage import drift

router = APIRouter(prefix="/api/v1/alarms", tags=["alarms"])


@router.get("")
def list_alarms(
    access: ReadAccess,
    database: Database,
    only_open: bool = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> AlarmPage:
    """Alarms of the services the key may read."""
    with database.connect() as connection:
        found = drift.alarms(connection, access.services, only_open, limit)
    return AlarmPage(alarms=[AlarmOut.of(alarm) for alarm in found])
