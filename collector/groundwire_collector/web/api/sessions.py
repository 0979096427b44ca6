"""`/api/v1/sessions`: sessions, and the share of them with an unsupported turn."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from groundwire_collector.auth.access import ReadAccess
from groundwire_collector.storage import sessions
from groundwire_collector.storage.sessions import SessionQuery, SessionRate, SessionTurns
from groundwire_collector.web.api.faithfulness import RatioOut
from groundwire_collector.web.api.models import moment
from groundwire_collector.web.api.parameters import known_parameters_only
from groundwire_collector.web.database import Database
from groundwire_collector.web.times import nanoseconds
from groundwire_evaluators.statistics import hajek

router = APIRouter(
    prefix="/api/v1/sessions", tags=["turns"], dependencies=[Depends(known_parameters_only)]
)


class SessionOut(BaseModel):
    """A session with numbers of its stored turns.

    Times are those of the start of its first and latest turn. Its turns in order:
    `/api/v1/turns?session_id=&service=&order=oldest`.
    """

    session_id: str
    service: str
    started_at: datetime
    last_turn_at: datetime
    turns: int
    scored: int
    flagged: int
    unsupported: bool

    @classmethod
    def of(cls, found: SessionTurns) -> "SessionOut":
        state = found.state
        return cls(
            session_id=state.session_id,
            service=state.service,
            started_at=moment(state.started_ns),
            last_turn_at=moment(state.last_ns),
            turns=found.turns,
            scored=found.scored,
            flagged=found.flagged,
            unsupported=state.unsupported,
        )


class SessionPage(BaseModel):
    """Sessions, and the share of all that match with a flagged turn."""

    sessions: list[SessionOut]
    unsupported: RatioOut


def session_ratio(found: SessionRate) -> RatioOut:
    """Share of sessions with an unsupported turn, with its interval."""
    hits = [True] * found.unsupported + [False] * (found.scored - found.unsupported)
    return RatioOut.of(hajek(hits))


@router.get("")
def list_sessions(
    access: ReadAccess,
    database: Database,
    service: str | None = None,
    session_id: str | None = None,
    unsupported: bool | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> SessionPage:
    """Sessions whose latest turn began between `since` and `until`, the latest first."""
    query = SessionQuery(
        service=service,
        services=access.services,
        session_id=session_id,
        unsupported=unsupported,
        since_ns=nanoseconds(since),
        until_ns=nanoseconds(until),
        limit=limit,
    )
    with database.connect() as connection:
        found = sessions.find(connection, query)
        rate = sessions.rate(connection, query)
    return SessionPage(
        sessions=[SessionOut.of(each) for each in found], unsupported=session_ratio(rate)
    )
