"""Page of the traces that could not be assembled or judged."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.storage import failed_traces
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.rendering import page

router = APIRouter(include_in_schema=False)
SHOWN = 200


@router.get("/failed-traces")
def list_failed_traces(access: ReadAccess, database: Database) -> HTMLResponse:
    """The newest of them, each with its reason."""
    with database.connect() as connection:
        found = failed_traces.newest(connection, SHOWN, access.services)
    return page("failed_traces.html", traces=found)
