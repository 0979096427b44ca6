"""Acknowledge and accept alarms, for the API and the alarms page."""

from time import time_ns
from typing import Annotated

from fastapi import Path
from sqlalchemy import Connection

from groundwire_collector.auth.access import Access
from groundwire_collector.responses.problem import ProblemError
from groundwire_collector.storage import baseline_actions, drift, keys
from groundwire_collector.storage.baseline_actions import BaselineAction, BaselineActionKind
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.web.times import LAST_NS

AlarmId = Annotated[int, Path(ge=1, le=LAST_NS)]
FEWEST_CHARACTERS, MOST_CHARACTERS = 3, 2000  # of the reason for accepting


def readable_alarm(connection: Connection, alarm_id: int, access: Access) -> Alarm:
    """The alarm; raises ProblemError (404) unless it exists and the key may read it."""
    found = drift.alarm(connection, alarm_id)
    if found is None or not access.covers(found.service):
        raise ProblemError(404, "No such alarm, or the key may not read it.")
    return found


def acknowledge_alarm(connection: Connection, alarm_id: int, access: Access) -> Alarm:
    """Record who looks after the alarm. It stays open until it recovers or is accepted."""
    readable_alarm(connection, alarm_id, access)
    by = keys.name_of(connection, access.key_id)
    drift.acknowledge_alarm(connection, alarm_id, by, time_ns())
    return readable_alarm(connection, alarm_id, access)


def accept_alarm(connection: Connection, alarm_id: int, access: Access, why: str) -> Alarm:
    """Accept the level since the alarm as normal, and rebuild the baseline from it.

    Raises ProblemError: 409 if it was accepted before or is of probes, 400 without a reason.
    """
    alarm = readable_alarm(connection, alarm_id, access)
    if alarm.accepted_ns is not None:
        raise ProblemError(409, "This alarm was already accepted.")
    if "baseline" not in alarm.details:
        raise ProblemError(409, "This alarm has no baseline of turns.")
    if not FEWEST_CHARACTERS <= len(why) <= MOST_CHARACTERS:
        raise ProblemError(
            400, f"A reason has {FEWEST_CHARACTERS} to {MOST_CHARACTERS} characters."
        )
    by, now_ns = keys.name_of(connection, access.key_id), time_ns()
    drift.accept_alarm(connection, alarm_id, by, why, now_ns)
    baseline_actions.record(connection, _rebuilding(alarm, by, why, now_ns))
    return readable_alarm(connection, alarm_id, access)


def _rebuilding(alarm: Alarm, by: str, why: str, now_ns: int) -> BaselineAction:
    return BaselineAction(
        kind=BaselineActionKind.ACCEPTED,
        service=alarm.service,
        signal=alarm.signal,
        revision=alarm.details["revision"],
        since_ns=alarm.raised_ns,
        by=by,
        why=why,
        at_ns=now_ns,
        alarm_id=alarm.id,
    )
