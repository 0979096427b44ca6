"""Carrying out the acts that people recorded on baselines (storage/baseline_actions.py)."""

import logging

from sqlalchemy import Connection

from groundwire_collector.drift.baseline import FEWEST
from groundwire_collector.drift.monitor import Monitor, observations
from groundwire_collector.storage import baseline_actions, drift, turns
from groundwire_collector.storage.baseline_actions import BaselineAction, BaselineActionKind
from groundwire_collector.storage.baselines import WatchKey
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery

log = logging.getLogger(__name__)

MOST_TURNS = 20_000  # of a baseline that is made of stored turns


def carry_out(connection: Connection, monitor: Monitor, now_ns: int) -> None:
    """In the caller's transaction; an act that finds no watch or no turns is done as well."""
    for act in baseline_actions.waiting(connection):
        stored = _turns(connection, act, monitor)
        closed = act.kind != BaselineActionKind.ACCEPTED
        for key in _watches(monitor, act):
            found = observations(key, stored, now_ns, monitor.terms.dimensions)
            if closed and len(found) < FEWEST:
                log.warning("baseline %s %s %s stays: too few stored turns of that time", *key)
                continue
            for alarm in monitor.renew(key, found, now_ns, closed=closed):
                if alarm.id is not None:
                    drift.close_alarm(connection, alarm.id, now_ns)
            log.warning("baseline %s %s %s begins anew: %s", *key, act.kind)
        baseline_actions.carried_out(connection, act.id or 0, now_ns)


def _watches(monitor: Monitor, act: BaselineAction) -> list[WatchKey]:
    """The watches that an act is about; that of a revision seen first is made."""
    found = [
        key
        for key in monitor.watches
        if key[0] == act.service and act.signal in ("", key[1]) and act.revision in ("", key[2])
    ]
    if not found and act.signal and act.revision:
        found = [(act.service, act.signal, act.revision)]
    return found


def _turns(connection: Connection, act: BaselineAction, monitor: Monitor) -> list[JudgedTurn]:
    """The stored turns of the act's time, oldest first: all, or as many as a baseline takes."""
    accepted = act.kind == BaselineActionKind.ACCEPTED
    query = TurnQuery(
        service=act.service,
        since_ns=act.since_ns,
        until_ns=act.until_ns,
        order="newest",
        limit=monitor.terms.baseline_turns if accepted else MOST_TURNS,
    )
    found = turns.find(connection, query)
    production = [each for each in found if not (each.turn.closed_book or each.turn.probe)]
    return production[::-1]
