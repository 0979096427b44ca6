"""Checkpoints of the monitor state, resumed from the last commit.

Only what changed since the last batch is written: the turns a baseline grew by, the detectors that
were fed. A baseline is written once, when it is pinned (docs/explanation/drift.md).
"""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection

from groundwire_collector.drift.alarm_context import AlarmContext
from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.baseline_collector import BaselineCollector
from groundwire_collector.drift.budget import ALLOWANCE, FairShare
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.daily import DailyMonitor
from groundwire_collector.drift.dimensions import Stream
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import LossObservation
from groundwire_collector.drift.open_alarm import OpenAlarm
from groundwire_collector.drift.packing import packed, unpacked
from groundwire_collector.drift.scored_share import ScoredShare
from groundwire_collector.drift.segment import SegmentDetector
from groundwire_collector.drift.segment_baseline import CollectingSegment
from groundwire_collector.drift.sessions import OpenSessions
from groundwire_collector.drift.signal_monitor import (
    DAILY,
    Detection,
    SignalMonitor,
    recovering,
    recovery_row,
)
from groundwire_collector.settings import Settings
from groundwire_collector.storage import baselines, drift, rollouts
from groundwire_collector.storage.baselines import BaselineTurn
from groundwire_collector.storage.drift import RECOVERY, Alarm, StoredBaseline, StoredDetector

ANNOUNCED, SESSIONS = "announced", "sessions"
REMEMBERED = 1000  # newest announcements


def recall(connection: Connection, settings: Settings) -> Monitor:
    """The monitor as it was committed last."""
    monitor = Monitor(MonitorConfig.of(settings))
    monitor.recall_values(drift.dimension_values(connection))
    _recall_parts(connection, monitor)
    for baseline in drift.baselines(connection):
        watch = monitor.watch((baseline.service, baseline.signal, baseline.revision))
        _recall_baseline(watch, baseline)
        if watch.pinned is None or watch.pinned.provisional:
            rows = baselines.baseline_turns(connection, _key(watch))
            watch.collector.turns = [_observation(turn) for turn in rows]
            watch.collector.stored = len(rows)
    states = baselines.states(connection)
    for key, state in states.items():
        _recall_watch(monitor.watch(key), unpacked(state))
    detectors = drift.detectors(connection)
    for detector in detectors:
        key = (detector.service, detector.signal, detector.revision)
        _recall_detector(monitor.watch(key), detector)
    for key, state in states.items():
        monitor.watch(key).order_streams((dimension, value) for dimension, value in state["order"])
    _recall_open_alarms(connection, monitor, detectors)
    return monitor


def keep(connection: Connection, monitor: Monitor) -> None:
    """Write down what changed since the last call, in the caller's transaction."""
    drift.save_dimension_values(connection, monitor.new_values)
    drift.forget_dimension_values(connection, monitor.gone_values)
    touched = [monitor.watches[key] for key in sorted(monitor.touched)]
    for watch in touched:
        _keep_baseline(connection, watch)
    states = {_key(watch): packed(_state(watch)) for watch in touched}
    baselines.save_states(connection, states)
    gone = [(*_key(watch), *stream) for watch in touched for stream in sorted(watch.gone)]
    baselines.forget_detectors(connection, gone)
    drift.save_detectors(connection, [row for watch in touched for row in _detectors(watch)])
    baselines.save_part(connection, ALLOWANCE, packed(monitor.allowance.to_state()))
    baselines.save_part(connection, ANNOUNCED, _announced(monitor))
    for service in {key[0] for key in monitor.touched} & monitor.sessions.keys():
        under_way = monitor.sessions[service].to_state()
        baselines.save_part(connection, f"{SESSIONS} {service}", under_way)
    for watch in touched:
        watch.touched.clear()
        watch.gone.clear()
    monitor.new_values, monitor.gone_values, monitor.touched = [], [], set()


def _key(watch: SignalMonitor) -> baselines.WatchKey:
    return (watch.service, watch.signal, watch.revision)


def _keep_baseline(connection: Connection, watch: SignalMonitor) -> None:
    collector = watch.collector
    if collector.begun_anew:
        baselines.forget_baseline_turns(connection, _key(watch))
    new = enumerate(collector.turns[collector.stored :], collector.stored)
    baselines.add_baseline_turns(connection, [_baseline_turn(watch, n, turn) for n, turn in new])
    collector.stored = len(collector.turns)
    if watch.renewed:
        drift.save_baselines(connection, [_baseline(watch)])
        if watch.pinned is not None and not watch.pinned.provisional:
            watch.collector = BaselineCollector()  # its turns were needed up to here
    watch.collector.begun_anew = watch.renewed = False


def _baseline(watch: SignalMonitor) -> StoredBaseline:
    state: dict[str, Any] = {}
    if watch.pinned is not None:
        state = packed(watch.pinned.to_state())
        # What the gauges of the baseline show.
        state["baseline"] = {"n": watch.pinned.n, "mean": watch.pinned.mean}
    return StoredBaseline(*_key(watch), watch.pinned_ns, state)


def _state(watch: SignalMonitor) -> dict[str, Any]:
    return {
        "provisional_at": watch.collector.provisional_at,
        "updated_ns": watch.updated_ns,
        "pots": {dimension: pot.to_state() for dimension, pot in watch.pots.items()},
        "crossing": _crossing(watch.crossing),
        "launches": [[*stream, mass] for stream, mass in watch.launches.items()],
        "context": watch.context.to_state(),
        "scored": watch.scored.to_state(),
        # The order in which streams came decides between equals.
        "order": [list(stream) for stream in watch.streams],
    }


def _crossing(crossing: Detection | None) -> list[Any] | None:
    if crossing is None:
        return None
    listed = [list(stream) for stream in crossing.listed]
    return [crossing.statistic, *crossing.strongest, crossing.turns, listed]


def _detectors(watch: SignalMonitor) -> Iterable[StoredDetector]:
    def row(stream: Stream, statistic: float, state: dict[str, Any]) -> StoredDetector:
        return StoredDetector(*_key(watch), *stream, statistic, watch.updated_ns, packed(state))

    for stream in watch.touched:
        if stream in watch.streams:
            found = watch.streams[stream]
            yield row(stream, found.statistic, found.to_state())
        elif stream in watch.collecting:
            yield row(stream, 0.0, watch.collecting[stream].to_state())
    if watch.daily is not None:
        yield row(DAILY, watch.daily.statistic, watch.daily.to_state())
    for stream, alarm in watch.open.items():
        yield row(recovery_row(stream), alarm.recovery.statistic, alarm.to_state())


def _recall_parts(connection: Connection, monitor: Monitor) -> None:
    found = baselines.parts(connection)
    if ALLOWANCE in found:
        monitor.allowance.resume(unpacked(found[ALLOWANCE]))
    for part, state in found.items():
        kind, _, service = part.partition(" ")
        if kind == SESSIONS:
            monitor.sessions[service] = OpenSessions()
            monitor.sessions[service].resume(state)
    state = found.get(ANNOUNCED, {"last": 0, "waiting": []})
    monitor.announced = state["last"]
    known = rollouts.newest(connection, limit=REMEMBERED)
    for rollout in sorted(known, key=lambda each: each.id or 0):
        if (rollout.id or 0) <= monitor.announced:
            monitor.rollouts.setdefault(rollout.service, []).append(rollout)
            if rollout.id in state["waiting"]:
                monitor.waiting.append(rollout)


def _announced(monitor: Monitor) -> dict[str, Any]:
    return {"last": monitor.announced, "waiting": [each.id for each in monitor.waiting]}


def _recall_baseline(watch: SignalMonitor, stored: StoredBaseline) -> None:
    watch.pinned_ns = stored.pinned_ns
    if stored.pinned_ns is not None:
        watch.pinned = StratifiedBaseline.from_state(unpacked(stored.state))
        watch.context = AlarmContext.of(watch.pinned, watch.min_effect)
        if watch.pinned.days is not None:
            watch.daily = DailyMonitor(watch.pinned.days, watch.min_effect)
    watch.renewed = False


def _recall_watch(watch: SignalMonitor, state: dict[str, Any]) -> None:
    watch.collector.provisional_at = state["provisional_at"]
    watch.updated_ns = state["updated_ns"]
    watch.context.resume(state["context"])
    watch.scored = ScoredShare(*state["scored"])
    if state["crossing"] is not None:
        statistic, dimension, value, turns, listed = state["crossing"]
        segments = tuple((name, each) for name, each in listed)
        watch.crossing = Detection(statistic, (dimension, value), turns, segments)
    watch.launches = {(dimension, value): mass for dimension, value, mass in state["launches"]}
    for dimension, pot in state["pots"].items():
        watch.pots[dimension] = FairShare(watch.allowance.idle_ns)
        watch.pots[dimension].resume(pot)


def _recall_detector(watch: SignalMonitor, stored: StoredDetector) -> None:
    state, stream = unpacked(stored.state), (stored.dimension, stored.value)
    if watch.pinned is None or stored.dimension == RECOVERY:
        return
    if stream == DAILY:
        if watch.daily is not None:
            watch.daily.resume(state)
    elif "collecting" in state:
        watch.collecting[stream] = CollectingSegment.from_state(state)
    else:
        watch.streams[stream] = SegmentDetector.from_state(state, watch.pinned, stream)


def _recall_open_alarms(
    connection: Connection, monitor: Monitor, rows: Iterable[StoredDetector]
) -> None:
    """Each with its alarm; one that was accepted or resolved meanwhile is not open."""
    still_open = {each.id: each for each in drift.alarms(connection, only_open=True)}
    for row in rows:
        if row.dimension != RECOVERY:
            continue
        state, stream = unpacked(row.state), recovering((row.dimension, row.value))
        watch = monitor.watch((row.service, row.signal, row.revision))
        written = Alarm(**state["alarm"])
        alarm = still_open.get(written.id, None if written.id is not None else written)
        if alarm is not None and stream in watch.streams:
            reference = watch.streams[stream].reference
            watch.open[stream] = OpenAlarm.from_state(state, stream, alarm, reference)


def _baseline_turn(watch: SignalMonitor, position: int, turn: LossObservation) -> BaselineTurn:
    columns = {name: getattr(turn, name) for name in _SHARED_FIELDS}
    return BaselineTurn(*_key(watch), position, **columns)


def _observation(turn: BaselineTurn) -> LossObservation:
    return LossObservation(**{name: getattr(turn, name) for name in _SHARED_FIELDS})


_SHARED_FIELDS = [
    f.name for f in fields(BaselineTurn) if f.name in {g.name for g in fields(LossObservation)}
]
