"""Simulation of burn-rate alerts: false alarms and detection delay.

Replays the rules minute by minute on simulated counts: Poisson traffic, turns flagged independently
(or together per session), a baseline that is itself a sample. Real traffic has bursts and seasons,
which cause more false alarms than simulated here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from groundwire_collector.alerting.rules.settings import (
    DAY,
    HOUR,
    MINUTE,
    BurnWindow,
    RuleSettings,
    Severity,
)
from groundwire_collector.alerting.rules.slo_targets import SloTarget
from groundwire_evaluators.statistics import clopper_pearson

Counts = npt.NDArray[np.int64]  # runs × minutes
Shares = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]  # runs × minutes

PERIOD = 30 * DAY
AT_ONCE = 10  # runs in memory
SETTLED = 4 * DAY  # before a change, so that every window is full


@dataclass(frozen=True, slots=True)
class TrafficAssumptions:
    """Assumed traffic of a simulation.

    Scored turns an hour, the share flagged in normal operation, correlated turns per session, and
    the turns of the baseline.
    """

    turns_per_hour: float
    level: float
    session_turns: int = 1
    baseline_turns: int = 500


@dataclass(frozen=True, slots=True)
class FalseAlarmEstimate:
    """False alarms per severity in 30 days, and share of affected periods."""

    severity: Severity
    alarms: float
    share: float
    interval: tuple[float, float]  # of the share, 95 % (Clopper and Pearson 1934)


@dataclass(frozen=True, slots=True)
class AlertDelay:
    """Hours until an alert fires after the flagged share grew by `growth`.

    `median` is None if fewer than half are detected within two days.
    """

    severity: Severity
    growth: float
    detected: float
    median: float | None


def prices(
    limits: RuleSettings, traffic: TrafficAssumptions, *, runs: int = 100, seed: int = 0
) -> list[FalseAlarmEstimate]:
    """Simulate false alarms per severity over `runs` periods of 30 days."""
    rng = np.random.default_rng(seed)
    found: dict[Severity, list[int]] = {severity: [] for severity in Severity}
    for _ in range(0, runs, AT_ONCE):
        firing = _simulated(limits, traffic, rng, PERIOD // MINUTE)
        for severity, alarms in firing.items():
            found[severity] += [len(starts) for starts in alarms]
    return [_price(severity, counts) for severity, counts in found.items()]


def delays(
    limits: RuleSettings,
    traffic: TrafficAssumptions,
    growths: Sequence[float],
    *,
    runs: int = 50,
    seed: int = 0,
) -> list[AlertDelay]:
    """Simulate the detection delay per severity for each of `growths`."""
    rng = np.random.default_rng(seed)
    began, minutes = SETTLED // MINUTE, (SETTLED + 2 * DAY) // MINUTE
    found = []
    for growth in growths:
        waits: dict[Severity, list[float]] = {severity: [] for severity in Severity}
        for _ in range(0, runs, AT_ONCE):
            firing = _simulated(limits, traffic, rng, minutes, grown=(began, growth))
            for severity, alarms in firing.items():
                waits[severity] += [_wait(starts, began) for starts in alarms]
        found += [_delay(severity, growth, hours) for severity, hours in waits.items()]
    return found


def _simulated(
    limits: RuleSettings,
    traffic: TrafficAssumptions,
    rng: np.random.Generator,
    minutes: int,
    grown: tuple[int, float] = (0, 0.0),
) -> dict[Severity, list[list[int]]]:
    """Minutes at which an alert starts to fire, per severity and run."""
    share = np.full(minutes, traffic.level)
    share[grown[0] :] += grown[1]
    rate = traffic.turns_per_hour / 60 / traffic.session_turns
    sessions = rng.poisson(rate, (AT_ONCE, minutes))
    flagged = rng.binomial(sessions, np.minimum(share, 1.0)) * traffic.session_turns
    drawn = rng.binomial(
        max(traffic.baseline_turns // traffic.session_turns, 1), traffic.level, AT_ONCE
    )
    baseline = drawn * traffic.session_turns / traffic.baseline_turns
    floor, target = _allowed(limits.targets.default, np.minimum(baseline, 1.0))
    series = _SimulatedSeries(
        limits, sessions * traffic.session_turns, flagged, floor, target, traffic
    )
    return {
        severity: [
            list(
                _starts(
                    row,
                    limits.burn_for if severity is Severity.PAGE else limits.ticket_after,
                    limits.keep_firing_for if severity is Severity.PAGE else 0,
                )
            )
            for row in series.burns(severity)
        ]
        for severity in Severity
    }


def _allowed(target: SloTarget, baseline: Shares) -> tuple[Shares, ...]:
    """Floor and target of each run, as recorded by `burn_rate`."""
    if target.effect is not None:
        return baseline, baseline + target.effect
    allowed = np.full_like(baseline, target.flagged or 0.0)
    return np.where(baseline < allowed, baseline, 0.0), allowed


class _SimulatedSeries:
    """The recorded series of some runs."""

    def __init__(
        self,
        limits: RuleSettings,
        scored: Counts,
        flagged: Counts,
        floor: Shares,
        target: Shares,
        traffic: TrafficAssumptions,
    ) -> None:
        self.limits = limits
        self.scored, self.flagged = (_summed(counts) for counts in (scored, flagged))
        self.floor, self.target = floor[:, None], target[:, None]
        self.baseline_turns = traffic.baseline_turns

    def burns(self, severity: Severity) -> Flags:
        chosen = [w for w in self.limits.burn_windows if w.severity is severity]
        none = np.zeros((self.scored.shape[0], self.scored.shape[1] - 1), dtype=bool)
        return np.asarray(np.logical_or.reduce([none, *map(self._burns, chosen)]))

    def _burns(self, window: BurnWindow) -> Flags:
        budget = window.factor * (self.target - self.floor)
        threshold = self.floor + np.minimum(budget, self.limits.most_excess * (1 - self.floor))
        turns = _over(self.scored, window.long)
        long, short = self._ratio(window.long), self._ratio(window.short)
        variance = self.target * (1 - self.target)
        noise = np.sqrt(variance * (1 / np.maximum(turns, 1) + 1 / self.baseline_turns))
        sure = long - self.floor > self.limits.noise_factor * noise
        return np.asarray(
            (long > threshold) & (short > threshold) & sure & (turns >= self.limits.min_turns)
        )

    def _ratio(self, window: int) -> Shares:
        turns = _over(self.scored, window)
        return np.asarray(_over(self.flagged, window) / np.maximum(turns, 1))


def _summed(counts: Counts) -> Counts:
    return np.pad(np.cumsum(counts, axis=1), ((0, 0), (1, 0)))


def _over(summed: Counts, window: int) -> Counts:
    """Rolling sums over `window` seconds at each minute; shorter at the start."""
    minutes = max(window // MINUTE, 1)
    before = np.zeros_like(summed[:, 1:])
    before[:, minutes:] = summed[:, 1:-minutes] if minutes < summed.shape[1] else 0
    return np.asarray(summed[:, 1:] - before)


def _starts(burns: npt.NDArray[np.bool_], for_seconds: int, keep_firing: int) -> Iterator[int]:
    """Minutes at which an alert with `for: lasting` seconds starts to fire."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], burns.astype(np.int8), [0]))))
    until = -1.0
    for begin, end in edges.reshape(-1, 2):
        if end - begin <= for_seconds // MINUTE:
            continue
        if begin > until:
            yield int(begin) + for_seconds // MINUTE
        until = end + keep_firing / MINUTE


def _wait(starts: Sequence[int], began: int) -> float:
    after = [start for start in starts if start >= began]
    return (after[0] - began) * MINUTE / HOUR if after else float("inf")


def _price(severity: Severity, counts: Sequence[int]) -> FalseAlarmEstimate:
    some = sum(count > 0 for count in counts)
    interval = clopper_pearson(some, len(counts))
    return FalseAlarmEstimate(
        severity, sum(counts) / len(counts), some / len(counts), (interval.low, interval.high)
    )


def _delay(severity: Severity, growth: float, hours: Sequence[float]) -> AlertDelay:
    detected = sum(np.isfinite(hours)) / len(hours)
    median = float(np.median(hours))
    return AlertDelay(severity, growth, detected, median if np.isfinite(median) else None)
