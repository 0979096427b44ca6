"""`/api/v1/failed-traces`: traces that could not be assembled or judged."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.storage import failed_traces
from groundwire_collector.storage.failed_traces import FailedTrace
from groundwire_collector.web.api.models import moment
from groundwire_collector.web.database import Database

router = APIRouter(prefix="/api/v1/failed-traces", tags=["turns"])


class FailedTraceOut(BaseModel):
    """A trace that was passed over.

    `reason` names the error and quotes no content.
    """

    trace_id: str
    failed_at: datetime
    reason: str

    @classmethod
    def of(cls, failed: FailedTrace) -> "FailedTraceOut":
        return cls(
            trace_id=failed.trace_id, failed_at=moment(failed.failed_ns), reason=failed.reason
        )


class FailedTracePage(BaseModel):
    """Failed traces, newest first."""

    traces: list[FailedTraceOut]


@router.get("")
def list_failed_traces(
    access: ReadAccess,
    database: Database,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> FailedTracePage:
    """Traces that were passed over: their assembly or judgement failed, hung, or ended the worker.

    Their spans are stored. A key for some services reads those with a span of one of them.
    """
    with database.connect() as connection:
        found = failed_traces.newest(connection, limit, access.services)
    return FailedTracePage(traces=[FailedTraceOut.of(each) for each in found])
