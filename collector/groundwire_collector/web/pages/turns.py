"""List of turns: filters, worst first, and its export as JSON lines."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from sqlalchemy import Connection, Engine

from groundwire_collector.auth.access import Access, ReadAccess
from groundwire_collector.storage import (
    failed_traces,
    score_sums,
    sessions,
    turns,
    unanswered_traces,
)
from groundwire_collector.storage.sessions import SessionQuery
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_collector.storage.unanswered_traces import UnansweredQuery
from groundwire_collector.web.api.models import TurnOut
from groundwire_collector.web.cursor import write_cursor
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.passages import judgement, passages
from groundwire_collector.web.pages.rendering import page
from groundwire_collector.web.pages.score_words import signal_words
from groundwire_collector.web.pages.time_range import Range, TimeRange
from groundwire_collector.web.pages.turn_filters import Filters, TurnFilters
from groundwire_evaluators.evaluation import State, Verdict
from groundwire_evaluators.turn import Route

router = APIRouter(include_in_schema=False)
PAGE = 50
EXPORTED = 200  # turns of one read
MOST_EXPORTED = 50_000
CLIPPED = 240  # characters of a text in the list
SUGGESTED = 50
STATES = [state.value for state in State]
VERDICTS = [verdict.value for verdict in Verdict]
ROUTES = [route.value for route in Route]


@router.get("/turns")
def list_turns(
    access: ReadAccess,
    database: Database,
    filters: Filters,
    span: Range,
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
) -> HTMLResponse:
    """The turns that match, worst or newest first."""
    problem = span.problem or filters.problem
    query = filters.query(access, span, limit, cursor)
    with database.connect() as connection:
        found = [] if problem else turns.find(connection, query)
        beside = _beside(connection, access, filters)
        known = suggestions(connection, access)
    carried = filters.parameters | span.query | ({"limit": limit} if limit != PAGE else {})
    more = write_cursor(turns.cursor_of(found[-1])) if len(found) == limit else None
    return page(
        "turns.html",
        400 if problem else 200,
        rows=[_row(item) for item in found],
        filters=filters,
        span=span,
        link=f"?{urlencode(carried)}" if carried else "",
        more=f"?{urlencode({**carried, 'cursor': more})}" if more else "",
        known=known,
        states=STATES,
        verdicts=VERDICTS,
        **beside,
    )


@router.get("/turns.jsonl")
def export(access: ReadAccess, database: Database, filters: Filters, span: Range) -> Response:
    """The turns that match as JSON lines, each as `/api/v1/turns/ID` has it."""
    if problem := span.problem or filters.problem:
        return page("missing.html", 400, what="turn", problem=problem)
    query = filters.query(access, span, EXPORTED)
    headers = {"Content-Disposition": 'attachment; filename="turns.jsonl"'}
    lines = _lines(database, query)
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)


@router.get("/turns/worst")
def show_worst_turn(
    access: ReadAccess, database: Database, filters: Filters, span: Range
) -> Response:
    """The worst turn that matches: where alerts lead to."""
    if problem := span.problem or filters.problem:
        return page("missing.html", 400, what="turn", problem=problem)
    worst = replace(filters, order="worst")
    with database.connect() as connection:
        found = turns.find(connection, worst.query(access, span, 1))
    if not found:
        return page("missing.html", 404, what="turn")
    return RedirectResponse(f"/turns/{found[0].turn.id}{_query(worst, span)}", 303)


@router.get("/traces/{trace_id}")
def show_trace(trace_id: str, access: ReadAccess, database: Database) -> Response:
    """The turns of a trace: where exemplars lead to."""
    query = TurnQuery(trace_id=trace_id.lower(), services=access.services)
    with database.connect() as connection:
        found = turns.find(connection, query)
    if not found:
        return page("missing.html", 404, what="trace")
    if len(found) == 1:
        return RedirectResponse(f"/turns/{found[0].turn.id}", 303)
    return RedirectResponse(f"/turns?order=newest&trace_id={quote(trace_id)}", 303)


def suggestions(connection: Connection, access: Access) -> dict[str, list[str]]:
    """Values that the fields of filters propose."""
    found = score_sums.values(connection, access.services, 0)
    for name in ("session_id", "user_id", "model"):
        found[name] = turns.newest_values(connection, name, access.services)[:SUGGESTED]
    return found | {"route": ROUTES}


def _query(filters: TurnFilters, span: TimeRange) -> str:
    parameters = filters.parameters | span.query
    return f"?{urlencode(parameters)}" if parameters else ""


def _beside(connection: Connection, access: Access, filters: TurnFilters) -> dict[str, Any]:
    """Session of the filter, and whether there are traces that are no turns."""
    of_session = SessionQuery(
        session_id=filters.session_id, service=filters.service or None, services=access.services
    )
    silent = UnansweredQuery(services=access.services, limit=1)
    return {
        "session": sessions.find(connection, of_session) if filters.session_id else [],
        "failed": bool(failed_traces.newest(connection, 1, access.services)),
        "silent": bool(unanswered_traces.find(connection, silent)),
    }


def _lines(database: Engine, query: TurnQuery) -> Iterator[str]:
    """Turns as JSON lines, read in portions so that no read lasts long."""
    exported = 0
    while exported < MOST_EXPORTED:
        with database.connect() as connection:
            found = turns.find(connection, query)
        for item in found:
            yield TurnOut.of(item, with_text=True).model_dump_json() + "\n"
        exported += len(found)
        if len(found) < query.limit:
            return
        query = replace(query, cursor=turns.cursor_of(found[-1]))


def _row(item: JudgedTurn) -> dict[str, Any]:
    judged = judgement(item.evaluations, None)
    answer = item.turn.answer or ""
    claims = passages(answer, judged.claims) if judged else []
    bad = next((passage for passage in claims if passage.bad), None)
    states = [e.state.value for e in item.evaluations if e.state is not State.SCORED]
    return {
        "turn": item.turn,
        "p_unsupported": item.p_unsupported,
        "scores": signal_words(item.evaluations),
        "question": _clip(item.turn.question or ""),
        "excerpt": _clip("".join(piece.text for piece in bad.pieces) if bad else answer),
        "verdict": bad.claim.verdict.value if bad and bad.claim else None,
        "reason": _clip(bad.claim.reason or "") if bad and bad.claim else "",
        "states": sorted(set(states)),
    }


def _clip(text: str) -> str:
    return text if len(text) <= CLIPPED else f"{text[: CLIPPED - 1]}…"
