"""Writing down what the monitor knows, and taking it up again where the last commit left it."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from groundwire_collector.monitoring.monitor import Monitor
from groundwire_collector.monitoring.signals import SIGNALS
from groundwire_collector.monitoring.watch import Watch
from groundwire_collector.settings import Settings
from groundwire_collector.storage import drift
from groundwire_collector.storage.drift import RECOVERY, StoredBaseline, StoredDetector
from groundwire_evaluators.drift import AlarmBudget, Baseline, KnownMeanESR, TwoSampleESR


def recall(connection: Connection, settings: Settings) -> Monitor:
    """The monitor as it was committed last."""
    monitor = Monitor(
        budget=AlarmBudget.parse(settings.alarm_budget),
        min_effect=settings.min_effect,
        baseline_turns=settings.baseline_turns,
    )
    monitor.recall_values(drift.axis_values(connection))
    for baseline in drift.baselines(connection):
        watch = monitor.watch((baseline.service, baseline.signal, baseline.revision), 0)
        _recall_baseline(watch, baseline)
    for detector in drift.detectors(connection):
        key = (detector.service, detector.signal, detector.revision)
        _recall_detector(monitor.watch(key, 0), detector)
    watched = {signal.name for signal in SIGNALS}  # canaries raise and resolve their own
    for alarm in drift.alarms(connection, only_open=True):
        if alarm.signal not in watched:
            continue
        monitor.watch((alarm.service, alarm.signal, alarm.details["revision"]), 0).alarm = alarm
    return monitor


def keep(connection: Connection, monitor: Monitor) -> None:
    """Write down what changed since the last call, in the caller's transaction."""
    drift.save_axis_values(connection, monitor.new_values)
    watches = [monitor.watches[key] for key in sorted(monitor.touched)]
    drift.save_baselines(connection, [_baseline(watch) for watch in watches])
    drift.save_detectors(
        connection, monitor.touched, [row for watch in watches for row in _detectors(watch)]
    )
    monitor.new_values, monitor.touched = [], set()


def _baseline(watch: Watch) -> StoredBaseline:
    """Of a watch that still collects, its losses; else the pinned reference."""
    state: dict[str, Any] = {
        "allowance": watch.allowance.spent(),
        "recent": list(watch.recent),
        "flagged": watch.flagged,
    }
    if watch.baseline is None:
        state["losses"] = watch.losses
    else:
        state["baseline"] = watch.baseline.to_state()
    return StoredBaseline(watch.service, watch.signal, watch.revision, watch.pinned_ns, state)


def _detectors(watch: Watch) -> Iterable[StoredDetector]:
    identity = (watch.service, watch.signal, watch.revision)
    for (axis, value), detector in watch.detectors.items():
        state = detector.to_state()
        yield StoredDetector(*identity, axis, value, detector.statistic, watch.updated_ns, state)
    if watch.recovery is not None:
        state = watch.recovery.to_state()
        statistic = watch.recovery.statistic
        yield StoredDetector(*identity, RECOVERY, "", statistic, watch.updated_ns, state)


def _recall_baseline(watch: Watch, stored: StoredBaseline) -> None:
    watch.allowance.resume(stored.state["allowance"])
    watch.losses = stored.state.get("losses", [])
    watch.recent.extend(stored.state["recent"])
    watch.flagged = stored.state.get("flagged")
    watch.pinned_ns = stored.pinned_ns
    if "baseline" in stored.state:
        watch.baseline = Baseline.from_state(stored.state["baseline"])


def _recall_detector(watch: Watch, stored: StoredDetector) -> None:
    watch.updated_ns = max(watch.updated_ns, stored.updated_ns)
    if stored.axis == RECOVERY:
        watch.recovery = KnownMeanESR.from_state(stored.state)
    else:
        stream = (stored.axis, stored.value)
        watch.detectors[stream] = TwoSampleESR.from_state(stored.state)
