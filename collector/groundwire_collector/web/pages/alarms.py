"""Alarms page: cards with what to do, monitored signals, rollouts, baselines."""

from collections.abc import Sequence
from math import isfinite
from time import time_ns
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool

from groundwire_collector.auth.access import (
    Access,
    AdminAccess,
    IngestAccess,
    LabelAccess,
    ReadAccess,
)
from groundwire_collector.drift.alarm_origin import AlarmOrigin, origin_of
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.detection_delay import in_words
from groundwire_collector.drift.dimensions import DEPLOYED
from groundwire_collector.drift.simulation import typical_delays
from groundwire_collector.drift.status import monitor_statuses, spending
from groundwire_collector.responses.problem import ProblemError
from groundwire_collector.storage import baseline_actions, drift, rollouts, score_sums
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.keys import Scope
from groundwire_collector.web.alarm_actions import (
    AlarmId,
    accept_alarm,
    acknowledge_alarm,
    readable_alarm,
)
from groundwire_collector.web.api.baselines import PinIn, pin
from groundwire_collector.web.api.rollouts import RolloutIn
from groundwire_collector.web.api.rollouts import announce as announce_rollout
from groundwire_collector.web.database import Database
from groundwire_collector.web.pages.alarm_cards import alarm_chart, examples, worst_turns
from groundwire_collector.web.pages.form import checked_form, token
from groundwire_collector.web.pages.rendering import page
from groundwire_collector.web.pages.time_range import Range, TimeRange

router = APIRouter(include_in_schema=False)
SHOWN = 200
CHARTED = 4  # alarms of the list that are drawn; the others on pages of their own
ROLLOUTS_SHOWN = 20
LONGEST_FORM = 20_000
ANNOUNCE, RESET = "announce", "reset"
# Display class of an alarm state: bad, in progress, or over.
TAGS = {"open": "bad", "acknowledged": "contradicted", "recovered": "good", "accepted": "good"}


@router.post("/alarms/{alarm_id}/acknowledge")
async def acknowledge(
    alarm_id: AlarmId, request: Request, access: LabelAccess, database: Database
) -> Response:
    """Acknowledge an alarm by the form of the page."""
    await checked_form(request, _purpose(alarm_id), LONGEST_FORM)
    await run_in_threadpool(_acknowledge, database, alarm_id, access)
    return RedirectResponse(f"/alarms#alarm-{alarm_id}", 303)


@router.post("/alarms/{alarm_id}/accept")
async def accept(
    alarm_id: AlarmId, request: Request, access: AdminAccess, database: Database
) -> Response:
    """Accept the new level as normal by the form of the page, with a reason."""
    fields = await checked_form(request, _purpose(alarm_id), LONGEST_FORM)
    why = fields.get("why", "").strip()
    await run_in_threadpool(_accept, database, alarm_id, access, why)
    return RedirectResponse(f"/alarms#alarm-{alarm_id}", 303)


@router.post("/alarms/announce")
async def announce(request: Request, access: IngestAccess, database: Database) -> Response:
    """Announce a rollout by the form of the page."""
    fields = await checked_form(request, ANNOUNCE, LONGEST_FORM)
    dimension = fields.get("dimension", "")
    named = {dimension: fields.get("value", "").strip()} if dimension in DEPLOYED else {}
    about = {name: fields.get(name, "").strip() or None for name in ("service", "note")}
    try:
        rollout = RolloutIn.model_validate(about | named)
    except ValidationError as error:
        raise ProblemError(400, _words(error)) from error
    await run_in_threadpool(announce_rollout, rollout, access, database)
    return RedirectResponse("/alarms#rollouts", 303)


@router.post("/alarms/reset")
async def reset(request: Request, access: AdminAccess, database: Database) -> Response:
    """Pin the baseline of a service to a period by the form of the page."""
    fields = await checked_form(request, RESET, LONGEST_FORM)
    span = TimeRange.of({name: fields.get(name, "") for name in ("since", "until")}, time_ns())
    if span.problem or span.since_ns is None or span.until_ns is None:
        raise ProblemError(400, span.problem or "The baseline needs both of its times.")
    names = ("service", "signal", "why")
    times = {name: _rfc3339(fields[name]) for name in ("since", "until")}
    try:
        wish = PinIn.model_validate({name: fields.get(name, "").strip() for name in names} | times)
    except ValidationError as error:
        raise ProblemError(400, _words(error)) from error
    await run_in_threadpool(pin, wish, access, database)
    return RedirectResponse("/alarms#baselines", 303)


@router.get("/alarms")
def list_alarms(
    access: ReadAccess, database: Database, request: Request, span: Range
) -> HTMLResponse:
    """Open alarms first, then those that are over; what each signal is compared with."""
    config = MonitorConfig.of(request.app.state.settings)
    now = time_ns()
    with database.connect() as connection:
        stored = drift.alarms(connection, access.services, limit=SHOWN)
        found = [alarm for alarm in stored if _overlaps(alarm, span)]
        found.sort(key=lambda alarm: alarm.resolved_ns is not None)
        cards = _cards(connection, request, access, found, charted=CHARTED)
        watched = monitor_statuses(connection, config, access.services)
        spent = spending(connection, config, now)
        announced = rollouts.newest(connection, access.services, ROLLOUTS_SHOWN)
        done = baseline_actions.newest(connection, access.services, ROLLOUTS_SHOWN)
        known = score_sums.values(connection, access.services, 0)
    return page(
        "alarms.html",
        400 if span.problem else 200,
        span=span,
        cards=cards,
        watched=watched,
        config=config,
        delays=_delays(config),
        spent=spent,
        rollouts=announced,
        acts=done,
        known=known,
        signals=sorted({each.signal for each in watched}),
        deployed=DEPLOYED,
        tokens={name: token(request, name) for name in (ANNOUNCE, RESET)},
        may_announce=access.allows(Scope.INGEST),
        **_rights(access),
    )


@router.get("/alarms/{alarm_id}")
def show_alarm(
    alarm_id: AlarmId, access: ReadAccess, database: Database, request: Request, span: Range
) -> HTMLResponse:
    """One alarm with its chart and examples."""
    with database.connect() as connection:
        try:
            alarm = readable_alarm(connection, alarm_id, access)
        except ProblemError:
            return page("missing.html", 404, what="alarm", span=span)
        [card] = _cards(connection, request, access, [alarm], charted=1)
    return page("alarm.html", span=span, card=card, **_rights(access))


def _rights(access: Access) -> dict[str, bool]:
    return {
        "may_acknowledge": access.allows(Scope.LABEL),
        "may_accept": access.allows(Scope.ADMIN),
    }


def _cards(
    connection: Connection,
    request: Request,
    access: Access,
    alarms: Sequence[Alarm],
    charted: int,
) -> list[dict[str, Any]]:
    """What the cards of alarms show; the first ones with chart and examples."""
    rate = request.app.state.settings.label_rate
    now = time_ns() // 10**9
    return [
        {
            "alarm": alarm,
            "tag": TAGS[alarm.state],
            "worst": worst_turns(alarm),
            "origin": _origin(connection, alarm, rate),
            "token": token(request, _purpose(alarm.id)),
            "chart": alarm_chart(connection, alarm, access, now) if at < charted else None,
            "examples": examples(connection, alarm, access) if at < charted else None,
        }
        for at, alarm in enumerate(alarms)
    ]


def _overlaps(alarm: Alarm, span: TimeRange) -> bool:
    """Whether an alarm was open in a time range."""
    after = span.until_ns is not None and alarm.change.since >= span.until_ns
    over = alarm.resolved_ns is not None and span.since_ns is not None
    return not after and not (over and (alarm.resolved_ns or 0) < (span.since_ns or 0))


def _purpose(alarm_id: int | None) -> str:
    return f"alarm {alarm_id}"


def _acknowledge(database: Engine, alarm_id: int, access: Access) -> None:
    with database.begin() as connection:
        acknowledge_alarm(connection, alarm_id, access)


def _accept(database: Engine, alarm_id: int, access: Access, why: str) -> None:
    with database.begin() as connection:
        accept_alarm(connection, alarm_id, access, why)


def _words(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


def _rfc3339(text: str) -> str:
    """A time of a form field, which is UTC."""
    return f"{text}Z" if "T" in text and not text.endswith("Z") and "+" not in text else text


def _delays(config: MonitorConfig) -> dict[str, list[str]]:
    """Predicted detection delays in words, by turns a day of a typical service."""
    found = typical_delays(config.budget, config.deploy_share)
    return {
        f"{turns:,}": [in_words(hours) if isfinite(hours) else "not" for hours in each.values()]
        for turns, each in found.items()
    }


def _origin(connection: Connection, alarm: Alarm, label_rate: float) -> AlarmOrigin | None:
    """Verdict (system or evaluator) of an open alarm."""
    if alarm.resolved_ns is not None or "baseline" not in alarm.details:
        return None
    return origin_of(connection, alarm, label_rate)
