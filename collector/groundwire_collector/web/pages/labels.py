"""Labelling pages: queue of sampled turns and the form of one turn."""

from collections import Counter
from dataclasses import dataclass
from time import time_ns
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool

from groundwire_collector.auth.access import Access, LabelAccess, ReadAccess
from groundwire_collector.estimates.faithfulness import outcomes_of
from groundwire_collector.estimates.labels import draw
from groundwire_collector.storage import estimates, keys, labels, turns
from groundwire_collector.storage.estimates import EstimateFilter, ScoredTurn
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.labels import LabelQuery
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.form import checked_form
from groundwire_collector.web.pages.label_form import LabelForm, answered
from groundwire_collector.web.pages.passages import judgement, passages
from groundwire_collector.web.pages.rendering import page
from groundwire_collector.web.recent_results import RecentResults

router = APIRouter(include_in_schema=False)
LONGEST_FORM = 500_000
SHOWN = 50  # newest labels


@dataclass(frozen=True, slots=True)
class LabelQueue:
    """Labelling queue of a service: number sampled, and turns still waiting."""

    service: str
    scored: int
    drawn: int
    waiting: tuple[ScoredTurn, ...]

    @property
    def labelled(self) -> int:
        return self.drawn - len(self.waiting)


@router.get("/labels")
def list_labels(access: ReadAccess, database: Database, request: Request) -> HTMLResponse:
    """Labelling queues by service, and the newest labels."""
    rate = request.app.state.settings.label_rate
    with database.connect() as connection:
        waiting = queues(connection, access.services, rate, recent=_recent(request))
        found = labels.newest(connection, access.services, SHOWN)
    return page(
        "labels.html",
        queues=waiting,
        labels=found,
        rate=rate,
        may_label=access.allows(Scope.LABEL),
    )


@router.get("/labels/next")
def next_turn(
    access: LabelAccess, database: Database, request: Request, service: str = ""
) -> Response:
    """The page of the turn that is to be labelled next, blind; the list where none waits."""
    rate = request.app.state.settings.label_rate
    with database.connect() as connection:
        found = queues(connection, access.services, rate, service or None, _recent(request))
    waiting = next((queue.waiting[0] for queue in found if queue.waiting), None)
    target = "/labels" if waiting is None else f"/turns/{quote(waiting.id)}?blind=1#label"
    return RedirectResponse(target, 303)


@router.post("/turns/{turn_id}/labels")
async def save_labels(
    turn_id: str, request: Request, access: LabelAccess, database: Database
) -> Response:
    """Store a submitted form; then show the turn again, or the next one."""
    fields = await checked_form(request, turn_id, LONGEST_FORM)
    service = await run_in_threadpool(_save, database, access, turn_id, fields)
    if service is None:
        return page("missing.html", 404, what="turn")
    if fields.get("then") == "next":
        return RedirectResponse(f"/labels/next?{urlencode({'service': service})}", 303)
    return RedirectResponse(f"/turns/{quote(turn_id)}#labels", 303)


def _recent(request: Request) -> RecentResults:
    found: RecentResults = request.app.state.recent_estimates
    return found


def _save(database: Engine, access: Access, turn_id: str, fields: dict[str, str]) -> str | None:
    """Store new labels of a form; returns the turn's service, None if missing."""
    with database.begin() as connection:
        found = turns.get(connection, turn_id, access.services)
        if found is None:
            return None
        labeller = keys.name_of(connection, access.key_id)
        query = LabelQuery(turn_ids=[turn_id], labeller=labeller)
        mine = labels.current(labels.find(connection, query))
        judged = judgement(found.evaluations, None)
        marked = passages(found.turn.answer or "", judged.claims if judged else ())
        now_ns = time_ns()
        for submission in answered(found.turn, fields, LabelForm.of(found.turn, marked, mine, "")):
            labels.add(connection, submission.labels(found.turn, labeller, now_ns))
    return found.turn.service


def queues(
    connection: Connection,
    services: frozenset[str] | None,
    rate: float,
    service: str | None = None,
    recent: RecentResults | None = None,
) -> list[LabelQueue]:
    """By service. Turns come in the order of their draw, which is random and the same for all.

    `recent` remembers which turns were drawn for some seconds; labels are read anew.
    """
    part = EstimateFilter(service=service, services=services)

    def read() -> tuple[Counter[str], list[ScoredTurn]]:
        return estimates.drawn_turns(connection, part, lambda trace: draw(trace) < rate)

    scored, drawn = recent.get(("drawn", part, rate), read) if recent else read()
    by_service: dict[str, list[ScoredTurn]] = {}
    for turn in sorted(drawn, key=lambda turn: (draw(turn.trace_id), turn.id)):
        by_service.setdefault(turn.service, []).append(turn)
    mine = LabelQuery(turn_ids=[turn.id for turn in drawn])
    outcomes = outcomes_of(connection, labels.find(connection, mine))
    found = []
    for name, count in sorted(scored.items()):
        members = by_service.get(name, [])
        waiting = tuple(turn for turn in members if turn.id not in outcomes)
        found.append(LabelQueue(name, count, len(members), waiting))
    return found
