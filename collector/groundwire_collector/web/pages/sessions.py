"""Pages of sessions: the list, and one conversation in order."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.storage import score_sums, sessions, turns
from groundwire_collector.storage.sessions import SessionQuery
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_collector.web.api.sessions import session_ratio
from groundwire_collector.web.cursor import read_cursor, write_cursor
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.passages import judgement, passages
from groundwire_collector.web.pages.rendering import page
from groundwire_collector.web.pages.score_words import signal_words
from groundwire_collector.web.pages.time_range import Range
from groundwire_evaluators.evaluation import State

router = APIRouter(include_in_schema=False)
SHOWN = 200
TURNS_SHOWN = 50


@router.get("/sessions")
def list_sessions(
    access: ReadAccess,
    database: Database,
    span: Range,
    service: str = "",
    unsupported: str = "",
) -> HTMLResponse:
    """The latest sessions, each with its turns, and the rate of all that match."""
    query = SessionQuery(
        service=service or None,
        services=access.services,
        unsupported={"true": True, "false": False}.get(unsupported),
        since_ns=span.since_ns,
        until_ns=span.until_ns,
        limit=SHOWN,
    )
    with database.connect() as connection:
        found = sessions.find(connection, query)
        rate = session_ratio(sessions.rate(connection, query))
        known = score_sums.values(connection, access.services, 0)
    return page(
        "sessions.html",
        400 if span.problem else 200,
        sessions=found,
        rate=rate,
        span=span,
        known=known,
        filters={"service": service, "unsupported": unsupported},
    )


@router.get("/sessions/{service}/{session_id:path}")
def show_session(
    service: str,
    session_id: str,
    access: ReadAccess,
    database: Database,
    span: Range,
    cursor: str = "",
) -> HTMLResponse:
    """One conversation: its turns in order."""
    query = TurnQuery(
        service=service,
        services=access.services,
        facts=(("session_id", session_id),),
        order="oldest",
        limit=TURNS_SHOWN,
        cursor=read_cursor(cursor, "oldest") if cursor else None,
    )
    of_session = SessionQuery(service=service, services=access.services, session_id=session_id)
    with database.connect() as connection:
        found = turns.find(connection, query)
        numbers = sessions.find(connection, of_session)
    if not found and not cursor:
        return page("missing.html", 404, what="session", span=span)
    more = write_cursor(turns.cursor_of(found[-1])) if len(found) == TURNS_SHOWN else ""
    return page(
        "session.html",
        span=span,
        service=service,
        session_id=session_id,
        numbers=numbers[0] if numbers else None,
        turns=[_shown(item) for item in found],
        more=more,
    )


def _shown(item: JudgedTurn) -> dict[str, Any]:
    judged = judgement(item.evaluations, None)
    marked = passages(item.turn.answer or "", judged.claims if judged else ())
    states = {e.state.value for e in item.evaluations if e.state is not State.SCORED}
    return {
        "turn": item.turn,
        "passages": marked,
        "bad": [passage for passage in marked if passage.bad],
        "scores": signal_words(item.evaluations),
        "states": sorted(states),
    }
