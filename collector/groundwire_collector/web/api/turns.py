"""`/api/v1/turns`: turns of the services that a key may read."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.responses.problem import ProblemError
from groundwire_collector.storage import turns
from groundwire_collector.storage.turns import TurnQuery
from groundwire_collector.web.api.models import TurnOut, TurnPage
from groundwire_collector.web.api.parameters import known_parameters_only
from groundwire_collector.web.cursor import read_cursor, write_cursor
from groundwire_collector.web.database import Archived, Database, readable_turn
from groundwire_collector.web.times import nanoseconds
from groundwire_evaluators.turn import Route

router = APIRouter(
    prefix="/api/v1/turns", tags=["turns"], dependencies=[Depends(known_parameters_only)]
)


@router.get("")
def list_turns(
    access: ReadAccess,
    database: Database,
    service: str | None = None,
    model_version: str | None = None,
    prompt_version: str | None = None,
    index_version: str | None = None,
    session_id: str | None = None,
    user_id: str | None = None,
    route: Route | None = None,
    model: str | None = None,
    least_score: Annotated[float | None, Query(ge=0, le=1, description="`p_unsupported`.")] = None,
    most_score: Annotated[float | None, Query(ge=0, le=1, description="`p_unsupported`.")] = None,
    least_seconds: Annotated[
        float | None, Query(ge=0, description="From question to answer.")
    ] = None,
    error: Annotated[bool | None, Query(description="Whether a step of it failed.")] = None,
    state: str | None = None,
    verdict: str | None = None,
    trace_id: str | None = None,
    q: Annotated[
        str | None, Query(max_length=1000, description="Words of question or answer.")
    ] = None,
    since: datetime | None = None,
    until: datetime | None = None,
    order: Literal["worst", "newest", "oldest"] = "newest",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: str | None = None,
) -> TurnPage:
    """Turns without chunk texts, newest, oldest or worst first.

    `q` finds those whose question and answer together hold all of its words, whatever their case
    and order.
    """
    query = TurnQuery(
        service=service,
        services=access.services,
        model_version=model_version,
        prompt_version=prompt_version,
        index_version=index_version,
        facts=_facts(session_id=session_id, user_id=user_id, route=route, model=model),
        least_score=least_score,
        most_score=most_score,
        least_seconds=least_seconds,
        error=error,
        state=state,
        verdict=verdict,
        trace_id=trace_id,
        words=q,
        since_ns=nanoseconds(since),
        until_ns=nanoseconds(until),
        order=order,
        limit=limit,
        cursor=read_cursor(cursor, order) if cursor else None,
    )
    with database.connect() as connection:
        found = turns.find(connection, query)
    more = write_cursor(turns.cursor_of(found[-1])) if len(found) == limit else None
    return TurnPage(turns=[TurnOut.of(item, with_text=False) for item in found], next=more)


def _facts(**facts: str | None) -> tuple[tuple[str, str], ...]:
    """Facts that a query names, with the values they must have."""
    return tuple((name, str(value)) for name, value in facts.items() if value is not None)


@router.get("/{turn_id}")
def get_turn(turn_id: str, access: ReadAccess, database: Database, archive: Archived) -> TurnOut:
    """One turn with its chunks, and each claim joined to the chunk that supports it.

    One that retention deleted is read from the archive, where there is one.
    """
    found = readable_turn(database, archive, access, turn_id)
    if found is None:
        raise ProblemError(404, "No such turn, or the key may not read it.")
    return TurnOut.of(found, with_text=True)
