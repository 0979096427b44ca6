"""Page of the traces that became no turn."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from groundwire_collector.assembly.unanswered import WORDS, NoTurnReason
from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.storage import score_sums, unanswered_traces
from groundwire_collector.storage.unanswered_traces import UnansweredQuery
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.rendering import page
from groundwire_collector.web.pages.time_range import Range

router = APIRouter(include_in_schema=False)
SHOWN = 200
REASONS = [reason.value for reason in NoTurnReason]


@router.get("/unanswered-traces")
def list_unanswered_traces(
    access: ReadAccess, database: Database, span: Range, service: str = "", reason: str = ""
) -> HTMLResponse:
    """The latest of them, each with its reason; failed model calls are among them."""
    query = UnansweredQuery(
        service=service or None,
        services=access.services,
        reason=reason or None,
        since_ns=span.since_ns,
        until_ns=span.until_ns,
        limit=SHOWN,
    )
    with database.connect() as connection:
        found = unanswered_traces.find(connection, query)
        known = score_sums.values(connection, access.services, 0)
    return page(
        "unanswered_traces.html",
        400 if span.problem else 200,
        span=span,
        known=known,
        traces=found,
        words={str(name): text for name, text in WORDS.items()},
        reasons=REASONS,
        filters={"service": service, "reason": reason},
    )
