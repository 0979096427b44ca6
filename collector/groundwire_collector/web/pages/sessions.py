"""Page of sessions: turns, and the share with an unsupported one."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.storage import sessions
from groundwire_collector.storage.sessions import SessionQuery
from groundwire_collector.web.api.sessions import session_ratio
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.rendering import page
from groundwire_collector.web.times import parse_nanoseconds

router = APIRouter(include_in_schema=False)
SHOWN = 200


@router.get("/sessions")
def list_sessions(
    access: ReadAccess,
    database: Database,
    service: str = "",
    unsupported: str = "",
    since: str = "",
    until: str = "",
) -> HTMLResponse:
    """The latest sessions, each with its turns, and the rate of all that match."""
    query = SessionQuery(
        service=service or None,
        services=access.services,
        unsupported={"true": True, "false": False}.get(unsupported),
        since_ns=parse_nanoseconds(since),
        until_ns=parse_nanoseconds(until),
        limit=SHOWN,
    )
    with database.connect() as connection:
        found = sessions.find(connection, query)
        rate = session_ratio(sessions.rate(connection, query))
    shown = {"service": service, "unsupported": unsupported, "since": since, "until": until}
    return page("sessions.html", sessions=found, rate=rate, filters=shown)
