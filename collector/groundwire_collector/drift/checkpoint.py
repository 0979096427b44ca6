"""Checkpoints of the monitor state, resumed from the last commit.

Only what changed since the last batch is written: the turns a baseline grew by, the detectors that
were fed. A baseline is written once, when it is pinned (docs/explanation/drift.md).
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import partial
from time import time_ns
from typing import Any

from sqlalchemy import Connection

from groundwire_collector.drift.baseline import StratifiedBaseline
from groundwire_collector.drift.budget import BUDGET_STATE
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.detector_state import DetectorState, StatisticPeak
from groundwire_collector.drift.dimensions import Stream
from groundwire_collector.drift.losses import LossObservation
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.observation import mean_loss
from groundwire_collector.drift.packing import packed, unpacked
from groundwire_collector.drift.sessions import OpenSessions
from groundwire_collector.drift.signal_state import SignalState, Written
from groundwire_collector.settings import Settings
from groundwire_collector.storage import baselines, drift, rollouts
from groundwire_collector.storage.baselines import BaselineTurn, MonitorKey
from groundwire_collector.storage.drift import StoredBaseline, StoredDetector

ANNOUNCED, SESSIONS, POOLS = "announced", "sessions", "pools"
REMEMBERED = 1000  # newest announcements


def recall(connection: Connection, settings: Settings) -> Monitor:
    """The monitor as it was committed last."""
    monitor = Monitor(MonitorConfig.of(settings))
    monitor.recall_values(drift.dimension_values(connection))
    _recall_parts(connection, monitor)
    open_alarms = {each.id or 0: each for each in drift.alarms(connection, only_open=True)}
    rest = baselines.states(connection)
    detectors, peaks = _detectors_by_key(connection)
    for stored in drift.baselines(connection):
        key = (stored.service, stored.signal, stored.revision)
        pinned = _pinned(stored)
        turns = baselines.baseline_turns(connection, key) if _grows(pinned) else []
        state = SignalState(
            pinned=pinned,
            pinned_ns=stored.pinned_ns,
            turns=[_observation(turn) for turn in turns],
            rest=unpacked(rest.get(key, {})),
            detectors=detectors.get(key, {}),
        )
        restored = monitor.restore(key, state, open_alarms).state()
        monitor.written[key] = Written.of(restored, peaks.get(key, {}))
        monitor.written[key].add(state.detectors)
    monitor.resume_pools(baselines.parts(connection).get(POOLS, {}).get("pools", []))
    return monitor


def keep(connection: Connection, monitor: Monitor, now_ns: int | None = None) -> None:
    """Write down what changed since the last call, in the caller's transaction."""
    drift.save_dimension_values(connection, monitor.new_values)
    drift.forget_dimension_values(connection, monitor.gone_values)
    states = {key: monitor.signal_monitors[key].state() for key in sorted(monitor.touched)}
    for key, state in states.items():
        written = monitor.written.setdefault(key, Written())
        _save_turns(connection, key, state, written)
        if not written.saved or written.pinned is not state.pinned:
            drift.save_baselines(connection, [_baseline(key, state)])
    baselines.save_states(connection, {key: packed(state.rest) for key, state in states.items()})
    _save_detectors(connection, monitor, states, time_ns() if now_ns is None else now_ns)
    baselines.save_part(connection, BUDGET_STATE, packed(monitor.allocator.to_state()))
    baselines.save_part(connection, ANNOUNCED, _announced(monitor))
    if monitor.pools.changed:
        baselines.save_part(connection, POOLS, {"pools": monitor.pools.to_state()})
        monitor.pools.changed = False
    for service in {key[0] for key in monitor.touched} & monitor.sessions.keys():
        under_way = monitor.sessions[service].to_state()
        baselines.save_part(connection, f"{SESSIONS} {service}", under_way)
    for key, state in states.items():
        monitor.written[key] = Written.of(state, monitor.written[key].peaks)
        monitor.signal_monitors[key].release_turns()
    monitor.new_values, monitor.gone_values, monitor.touched = [], [], set()


def _save_turns(
    connection: Connection, key: MonitorKey, state: SignalState, written: Written
) -> None:
    """Append the turns that a baseline grew by; of another baseline, write all of them."""
    stored = written.turns if written.version == state.version else 0
    if written.saved and written.version != state.version:
        baselines.forget_baseline_turns(connection, key)
    new = enumerate(state.turns[stored - state.released :], stored)
    baselines.add_baseline_turns(connection, [_baseline_turn(key, n, turn) for n, turn in new])


def _save_detectors(
    connection: Connection, monitor: Monitor, states: dict[MonitorKey, SignalState], now_ns: int
) -> None:
    gone: list[tuple[str, ...]] = []
    rows: list[StoredDetector] = []
    for key, state in states.items():
        before = monitor.written[key].detectors
        gone += [(*key, *stream) for stream in sorted(before.keys() - state.detectors.keys())]
        changed = {s: each for s, each in state.detectors.items() if before.get(s) != each.version}
        rows += _detector_rows(monitor, key, state.rest["updated_ns"], changed, now_ns)
    baselines.forget_detectors(connection, gone)
    drift.save_detectors(connection, rows)


def _detector_rows(
    monitor: Monitor,
    key: MonitorKey,
    updated_ns: int,
    changed: Mapping[Stream, DetectorState],
    now_ns: int,
) -> Iterator[StoredDetector]:
    """Rows of detectors, each with the peak of its statistic in this batch and before."""
    detectors, peaks = monitor.signal_monitors[key].detectors, monitor.written[key].peaks
    reached = detectors.take_peaks() if detectors else {}
    for stream, each in changed.items():
        largest = max(reached.get(stream, 0.0), each.statistic)
        peak = peaks[stream] = peaks.get(stream, StatisticPeak()).raised(largest, now_ns)
        yield StoredDetector(
            *key,
            *stream,
            statistic=each.statistic,
            peak=peak.largest,
            recent_peak=peak.recent,
            peak_window=peak.window,
            updated_ns=updated_ns,
            state=packed(each.state()),
        )


def _baseline(key: MonitorKey, state: SignalState) -> StoredBaseline:
    pinned: dict[str, Any] = {}
    if state.pinned is not None:
        pinned = packed(state.pinned.to_state())
        # What the gauges of the baseline show.
        pinned["baseline"] = {"n": state.pinned.n, "mean": mean_loss(key[1], state.pinned.mean)}
    return StoredBaseline(*key, state.pinned_ns, pinned)


def _pinned(stored: StoredBaseline) -> StratifiedBaseline | None:
    if stored.pinned_ns is None:
        return None
    return StratifiedBaseline.from_state(unpacked(stored.state))


def _grows(pinned: StratifiedBaseline | None) -> bool:
    """Whether a baseline still takes turns."""
    return pinned is None or pinned.provisional


def _detectors_by_key(
    connection: Connection,
) -> tuple[
    dict[MonitorKey, dict[Stream, DetectorState]], dict[MonitorKey, dict[Stream, StatisticPeak]]
]:
    """Stored states and peaks of the detectors of each signal monitor."""
    found: dict[MonitorKey, dict[Stream, DetectorState]] = {}
    peaks: dict[MonitorKey, dict[Stream, StatisticPeak]] = {}
    for row in drift.detectors(connection):
        key, stream = (row.service, row.signal, row.revision), (row.dimension, row.value)
        state = DetectorState(0, row.statistic, partial(unpacked, row.state))
        found.setdefault(key, {})[stream] = state
        peak = StatisticPeak(row.peak_window, row.peak, row.recent_peak)
        peaks.setdefault(key, {})[stream] = peak
    return found, peaks


def _recall_parts(connection: Connection, monitor: Monitor) -> None:
    found = baselines.parts(connection)
    if BUDGET_STATE in found:
        monitor.allocator.resume(unpacked(found[BUDGET_STATE]))
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


def _baseline_turn(key: MonitorKey, position: int, turn: LossObservation) -> BaselineTurn:
    columns = {name: getattr(turn, name) for name in _SHARED_FIELDS}
    return BaselineTurn(*key, position, **columns)


def _observation(turn: BaselineTurn) -> LossObservation:
    return LossObservation(**{name: getattr(turn, name) for name in _SHARED_FIELDS})


_SHARED_FIELDS = [
    f.name for f in fields(BaselineTurn) if f.name in {g.name for g in fields(LossObservation)}
]
