"""Carrying out the acts that people recorded on baselines (storage/baseline_actions.py)."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from groundwire_collector.drift.baseline import FEWEST
from groundwire_collector.drift.monitor import Monitor, observations
from groundwire_collector.drift.observation import MonitoredTurn
from groundwire_collector.drift.packing import unpacked
from groundwire_collector.storage import baseline_actions, drift, turns
from groundwire_collector.storage.baseline_actions import BaselineAction, BaselineActionKind
from groundwire_collector.storage.baselines import MonitorKey
from groundwire_collector.storage.drift import BEHAVIOUR, StoredBaseline
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery

SLACK_NS = 600 * 10**9  # turns are stored by their start and monitored by their end


@dataclass(slots=True)
class RevisionHistory:
    """The revisions that turns were judged by, and how many of them."""

    judged: dict[MonitorKey, int] = field(default_factory=dict)

    def note(self, reading: MonitoredTurn) -> None:
        for loss in reading.losses:
            key = (reading.service, loss.signal, loss.revision)
            self.judged[key] = self.judged.get(key, 0) + 1

    def acts(self, stored: Iterable[StoredBaseline], now_ns: int) -> Iterator[BaselineAction]:
        """For each revision without a baseline, one of the turns of the baseline before it."""
        pinned = {
            (row.service, row.signal, row.revision): row
            for row in stored
            if row.pinned_ns is not None
        }
        for key, number in sorted(self.judged.items()):
            before = [row for other, row in pinned.items() if other[:2] == key[:2]]
            if key in pinned or not before or number < FEWEST:
                continue
            last = max(before, key=lambda row: row.pinned_ns or 0)
            state = unpacked(last.state)
            yield BaselineAction(
                kind=BaselineActionKind.RESCORED,
                service=key[0],
                signal=key[1],
                revision=key[2],
                since_ns=max(state["first_ns"] - SLACK_NS, 0),
                until_ns=state["last_ns"] + 1,
                by="groundwire rescore",
                why=f"revision {key[2]} in place of {last.revision}",
                at_ns=now_ns,
            )


log = logging.getLogger(__name__)

MOST_TURNS = 20_000  # of a baseline that is made of stored turns


def carry_out(connection: Connection, monitor: Monitor, now_ns: int) -> None:
    """Carry out recorded actions, also those without a monitor, in this transaction."""
    for act in baseline_actions.waiting(connection):
        if act.signal.startswith(BEHAVIOUR):  # the behaviour monitor sees the accepted alarm
            baseline_actions.carried_out(connection, act.id or 0, now_ns)
            continue
        stored = _turns(connection, act, monitor)
        closed = act.kind != BaselineActionKind.ACCEPTED
        for key in _monitor_keys(monitor, act):
            found = observations(key, stored, now_ns, monitor.config.dimensions)
            if closed and len(found) < FEWEST:
                log.warning(
                    "baseline %s %s %s unchanged: too few stored turns in that period", *key
                )
                continue
            for alarm in monitor.renew(key, found, now_ns, closed=closed):
                if alarm.id is not None:
                    drift.close_alarm(connection, alarm.id, now_ns)
            log.warning("baseline %s %s %s restarts: %s", *key, act.kind)
        baseline_actions.carried_out(connection, act.id or 0, now_ns)


def _monitor_keys(monitor: Monitor, act: BaselineAction) -> list[MonitorKey]:
    """Keys of the monitors that an action concerns; creates that of a new revision."""
    found = [
        key
        for key in monitor.signal_monitors
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
        limit=monitor.config.baseline_turns if accepted else MOST_TURNS,
    )
    found = turns.find(connection, query)
    production = [each for each in found if not (each.turn.closed_book or each.turn.probe)]
    return production[::-1]
