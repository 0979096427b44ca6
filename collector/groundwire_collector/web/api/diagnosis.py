"""`/api/v1/diagnosis`: what instrumentations send in recent traces, and what is missing."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from groundwire_collector.assembly.diagnosis import as_record, diagnose
from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.storage.spans import recent_traces, spans_of
from groundwire_collector.web.database import Database

router = APIRouter(prefix="/api/v1/diagnosis", tags=["turns"])


@router.get("")
def show_diagnosis(
    access: ReadAccess,
    database: Database,
    service: str | None = None,
    traces: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> dict[str, Any]:
    """Coverage of the newest traces, as `groundwire doctor --json` prints it.

    A key for some services reads the spans of these alone.
    """
    with database.connect() as connection:
        ids = recent_traces(connection, traces, service, access.services)
        stored = (spans_of(connection, [trace_id])[trace_id] for trace_id in ids)
        return as_record(
            diagnose([span for span in spans if access.covers(span.service)] for spans in stored)
        )
