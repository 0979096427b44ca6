"""`/api/v1/unanswered-traces`: traces that became no turn, failed model calls among them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from groundwire_collector.assembly.unanswered import WORDS, NoTurnReason
from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.storage import unanswered_traces
from groundwire_collector.storage.unanswered_traces import StoredUnanswered, UnansweredQuery
from groundwire_collector.web.api.models import moment
from groundwire_collector.web.api.parameters import known_parameters_only
from groundwire_collector.web.database import Database
from groundwire_collector.web.times import nanoseconds

router = APIRouter(
    prefix="/api/v1/unanswered-traces",
    tags=["turns"],
    dependencies=[Depends(known_parameters_only)],
)


class UnansweredTraceOut(BaseModel):
    """A trace without a turn; `error`: of its first failed step."""

    trace_id: str
    service: str
    started_at: datetime
    family: str
    reason: str
    meaning: str
    error: str | None

    @classmethod
    def of(cls, found: StoredUnanswered) -> "UnansweredTraceOut":
        return cls(
            trace_id=found.trace_id,
            service=found.service,
            started_at=moment(found.started_ns),
            family=found.family,
            reason=found.reason,
            meaning=WORDS[NoTurnReason(found.reason)],
            error=found.error,
        )


class UnansweredTracePage(BaseModel):
    """Traces without a turn, the latest first."""

    traces: list[UnansweredTraceOut]


@router.get("")
def list_unanswered_traces(
    access: ReadAccess,
    database: Database,
    service: str | None = None,
    reason: NoTurnReason | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> UnansweredTracePage:
    """Traces that became no turn: `reason=call_failed` lists the failed model calls."""
    query = UnansweredQuery(
        service=service,
        services=access.services,
        reason=reason.value if reason else None,
        since_ns=nanoseconds(since),
        until_ns=nanoseconds(until),
        limit=limit,
    )
    with database.connect() as connection:
        found = unanswered_traces.find(connection, query)
    return UnansweredTracePage(traces=[UnansweredTraceOut.of(each) for each in found])
