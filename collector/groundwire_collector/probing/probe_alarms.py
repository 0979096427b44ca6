"""Alarms of scheduled probes: comparison with baseline and best earlier run.

Beside the detectors on traffic and with a budget of their own, shared by all runs of a period: by
linearity of expectation the false alarms are at most runs · tests · alpha.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from groundwire_collector.storage import drift, probe_runs
from groundwire_collector.storage.drift import Alarm
from groundwire_collector.storage.probe_runs import ScheduledProbeRun
from groundwire_evaluators.drift.change_point import Change
from groundwire_evaluators.reliance.probe.comparison import (
    RunComparison,
    ScoreChange,
    alarm_level,
    compare_runs,
    compare_with_best,
)
from groundwire_evaluators.reliance.probe.run import ProbeRun

log = logging.getLogger(__name__)

SIGNAL = "probe"
BASELINE_RUNS = (
    4  # docs/reference/reliance.md: with four, noise alarms less and changes show sooner
)
EARLIER_RUNS = 8  # earlier runs of which the best is a reference too


@dataclass(frozen=True, slots=True)
class ProbeComparison:
    """Comparison of a run with its baseline and with the best run.

    `baseline` is None for the baseline's own runs and where there is none yet.
    """

    baseline: RunComparison | None
    best: RunComparison | None

    @property
    def worse(self) -> RunComparison | None:
        """The comparison that alarms, the baseline's first."""
        found = (each for each in (self.baseline, self.best) if each is not None)
        return next((each for each in found if each.override or each.general), None)


@dataclass(frozen=True, slots=True)
class ProbeAlarms:
    """False-alarm budget of probes: `alarms` per period of `runs` runs."""

    alarms: float = 1.0
    runs: float = 30.0

    def compare_and_alarm(
        self, connection: Connection, run: ScheduledProbeRun, now_ns: int
    ) -> ProbeComparison:
        """Compare a finished run; raise its alarm, or resolve the one of a model that is back."""
        comparison = compare(connection, run, alarm_level(self.alarms, self.runs))
        opened = _open_alarm(connection, run)
        worse = comparison.worse
        if worse is not None and opened is None:
            drift.raise_alarm(connection, _alarm(run, worse, now_ns))
            log.warning("alarm: %s follows its context less than before (probes)", run.model)
        elif worse is None and opened is not None and opened.id is not None:
            drift.resolve_alarm(connection, opened.id, now_ns)
            log.warning("resolved: %s follows its context again (probes)", run.model)
        return comparison


def compare(connection: Connection, run: ScheduledProbeRun, alpha: float = 0.01) -> ProbeComparison:
    """Compare a stored run with earlier runs of its service, pack and prompt.

    The baseline is the first model_version that was asked, its first runs; versions are
    dimensions, so
    another version is compared with that same baseline.
    """
    earlier = [
        other
        for other in reversed(probe_runs.finished(connection, service=run.service))
        if (other.digest, other.prompt) == (run.digest, run.prompt) and other.id < run.id
    ]
    pinned = [other for other in earlier if other.model_version == earlier[0].model_version]
    pinned = pinned[:BASELINE_RUNS]
    others = [other for other in earlier if other not in pinned][-EARLIER_RUNS:]
    now = probe_runs.results(connection, run)
    return ProbeComparison(
        _compared(now, [probe_runs.results(connection, other) for other in pinned], alpha),
        compare_with_best(now, [probe_runs.results(connection, each) for each in others], alpha),
    )


def _compared(run: ProbeRun, reference: Sequence[ProbeRun], alpha: float) -> RunComparison | None:
    return compare_runs(run, reference, alpha) if reference else None


def _open_alarm(connection: Connection, run: ScheduledProbeRun) -> Alarm | None:
    found = drift.alarms(connection, frozenset({run.service}), only_open=True)
    return next(
        (each for each in found if (each.signal, each.change.value) == (SIGNAL, run.model_version)),
        None,
    )


def _alarm(run: ScheduledProbeRun, worse: RunComparison, now_ns: int) -> Alarm:
    """Build an alarm; sizes are halved, since item scores lie in [-1, 1]."""
    score: ScoreChange = worse.guard if worse.general else worse.reliance
    return Alarm(
        service=run.service,
        signal=SIGNAL,
        cause="model",
        raised_ns=now_ns,
        change=Change(
            since=run.started_ns,
            interval=(run.started_ns, now_ns),
            size=-score.change / 2,
            size_interval=(-score.interval.high / 2, -score.interval.low / 2),
            dimension="model_version",
            value=run.model_version,
        ),
        details={
            "revision": run.digest,
            "run": run.id,
            "general": worse.general,
            "turned": list(worse.turned),
        },
    )
