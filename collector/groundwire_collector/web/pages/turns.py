"""Turn pages: list, worst first, and one turn with claims and chunks."""

from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from groundwire_collector.auth.access import Access, ReadAccess
from groundwire_collector.storage import (
    failed_traces,
    keys,
    labels,
    sessions,
    turns,
    unanswered_traces,
)
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.labels import LabelQuery
from groundwire_collector.storage.sessions import SessionQuery
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_collector.storage.unanswered_traces import UnansweredQuery
from groundwire_collector.web.cursor import read_cursor, write_cursor
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.form import token
from groundwire_collector.web.pages.label_form import LabelForm
from groundwire_collector.web.pages.passages import claims_by_chunk, judgement, passages
from groundwire_collector.web.pages.rendering import page
from groundwire_collector.web.times import parse_nanoseconds
from groundwire_evaluators.evaluation import State, Verdict

router = APIRouter(include_in_schema=False)
TurnOrder = Literal["worst", "newest", "oldest"]
PAGE = 50
CLIPPED = 240  # characters of a text in the list
STATES = [state.value for state in State]
VERDICTS = [verdict.value for verdict in Verdict]


@dataclass(frozen=True, slots=True)
class TurnFilters:
    """Filters of the list of turns and of the worst turn."""

    service: str = ""
    model_version: str = ""
    prompt_version: str = ""
    index_version: str = ""
    since: str = ""
    until: str = ""
    session_id: str = ""
    error: str = ""

    def query(self, access: Access, order: TurnOrder, limit: int) -> TurnQuery:
        """Query restricted to the services that the key may read."""
        return TurnQuery(
            service=self.service or None,
            model_version=self.model_version or None,
            prompt_version=self.prompt_version or None,
            index_version=self.index_version or None,
            services=access.services,
            since_ns=parse_nanoseconds(self.since),
            until_ns=parse_nanoseconds(self.until),
            facts=(("session_id", self.session_id),) if self.session_id else (),
            error={"true": True, "false": False}.get(self.error),
            order=order,
            limit=limit,
        )


Filters = Annotated[TurnFilters, Depends()]


@router.get("/turns")
def list_turns(
    access: ReadAccess,
    database: Database,
    filters: Filters,
    state: str = "",
    verdict: str = "",
    trace_id: str = "",
    order: TurnOrder = "worst",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
) -> HTMLResponse:
    """The turns that match, worst or newest first."""
    query = replace(
        filters.query(access, order, limit),
        state=state or None,
        verdict=verdict or None,
        trace_id=trace_id or None,
        cursor=read_cursor(cursor, order) if cursor else None,
    )
    of_session = SessionQuery(
        session_id=filters.session_id, service=query.service, services=access.services
    )
    with database.connect() as connection:
        found = turns.find(connection, query)
        failed = bool(failed_traces.newest(connection, 1, access.services))
        silent = unanswered_traces.find(
            connection, UnansweredQuery(services=access.services, limit=1)
        )
        session = sessions.find(connection, of_session) if filters.session_id else []
    own = {"state": state, "verdict": verdict, "trace_id": trace_id, "order": order, "limit": limit}
    shown = {**asdict(filters), **own}
    more = write_cursor(turns.cursor_of(found[-1])) if len(found) == limit else None
    rows = [_row(item) for item in found]
    return page(
        "turns.html",
        rows=rows,
        filters=shown,
        more=more,
        failed=failed,
        silent=bool(silent),
        session=session,
        states=STATES,
        verdicts=VERDICTS,
    )


@router.get("/turns/worst")
def show_worst_turn(access: ReadAccess, database: Database, filters: Filters) -> Response:
    """The worst turn that matches: where alerts lead to."""
    with database.connect() as connection:
        found = turns.find(connection, filters.query(access, "worst", 1))
    if not found:
        return page("missing.html", 404, what="turn")
    return RedirectResponse(f"/turns/{found[0].turn.id}", 303)


@router.get("/turns/{turn_id}")
def show_turn(
    turn_id: str,
    request: Request,
    access: ReadAccess,
    database: Database,
    evaluator: str = "",
    blind: bool = False,
) -> HTMLResponse:
    """One turn: question, answer with marked claims, chunks, labels.

    `blind` shows no judgement and no label of others, for people who are to make up their own mind.
    """
    with database.connect() as connection:
        found = turns.get(connection, turn_id, access.services)
        if found is None:
            return page("missing.html", 404, what="turn")
        current = labels.current(labels.find(connection, LabelQuery(turn_ids=[turn_id])))
        labeller = keys.name_of(connection, access.key_id)
    shown = _shown(found, evaluator)
    form = None
    if access.allows(Scope.LABEL):
        mine = [label for label in current if label.labeller == labeller]
        form = LabelForm.of(found.turn, shown["passages"], mine, token(request, turn_id))
    return page(
        "turn.html", **shown, labels=current, labelling=form, blind=blind and form is not None
    )


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
    return RedirectResponse(f"/turns?order=newest&trace_id={trace_id}", 303)


def _row(item: JudgedTurn) -> dict[str, Any]:
    judged = judgement(item.evaluations, None)
    answer = item.turn.answer or ""
    claims = passages(answer, judged.claims) if judged else []
    bad = next((passage for passage in claims if passage.bad), None)
    states = [e.state.value for e in item.evaluations if e.state is not State.SCORED]
    return {
        "turn": item.turn,
        "p_unsupported": item.p_unsupported,
        "faithfulness": judged.value if judged else None,
        "question": _clip(item.turn.question or ""),
        "excerpt": _clip("".join(piece.text for piece in bad.pieces) if bad else answer),
        "verdict": bad.claim.verdict.value if bad and bad.claim else None,
        "states": sorted(set(states)),
    }


def _shown(item: JudgedTurn, evaluator: str) -> dict[str, Any]:
    turn = item.turn
    judged = judgement(item.evaluations, evaluator or None)
    marked = passages(turn.answer or "", judged.claims if judged else ())
    return {
        "turn": turn,
        "p_unsupported": item.p_unsupported,
        "evaluations": item.evaluations,
        "judged": judged,
        "passages": marked,
        "chunks": list(zip(turn.chunks, claims_by_chunk(turn, marked), strict=True)),
        "citations": judged.citations if judged else (),
    }


def _clip(text: str) -> str:
    return text if len(text) <= CLIPPED else f"{text[: CLIPPED - 1]}…"
