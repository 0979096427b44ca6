"""Plot of a replay: signal, change point, evidence, alarm budget.

Needs the extra [plots] (matplotlib).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.dates
import matplotlib.ticker
import numpy as np
from matplotlib.figure import Figure

from groundwire_collector.drift.dimensions import DEPLOYED
from groundwire_collector.drift.observation import MonitoredTurn
from groundwire_collector.drift.replay import DriftReplay
from groundwire_collector.storage.drift import Alarm

MOST_SERVICES = 4  # those with alarms first
BINS = 80  # means of the signal over the whole history
LEAST = 1e-6  # evidence below is drawn here
INK, SOFT, LINE = "#22211f", "#6b675f", "#e3dfd8"
SIGNAL, BAD, GOOD, CHANGE, BASELINE = "#1f6f5c", "#c23b2e", "#2f8f4e", "#f3c98b", "#efece6"
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "svg.fonttype": "none",
    "text.color": INK,
    "axes.labelcolor": SOFT,
}


@dataclass(slots=True)
class Course:
    """Observations of one service after its baseline."""

    times: list[float] = field(default_factory=list)
    evidence: list[float] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)


class DriftPlot:
    """Recorder of replay steps that draws the plot at the end."""

    def __init__(self, history: DriftReplay, readings: Sequence[MonitoredTurn]) -> None:
        self._history = history
        self._readings = readings
        self._courses: dict[str, Course] = {}

    def note(self, reading: MonitoredTurn, changed: Sequence[Alarm]) -> None:
        signal_monitor = self._history.signal_monitors[reading.service]
        course = self._courses.setdefault(reading.service, Course())
        raised = next((each for each in changed if each.resolved_ns is None), None)
        course.times.append(reading.at_ns / 1e9)
        # At an alarm the statistic was just reset.
        course.evidence.append(raised.details["statistic"] if raised else signal_monitor.statistic)
        course.spent.append(signal_monitor.spent)
        course.alarms += changed

    def draw(self, path: Path) -> None:
        """Write the plot; the suffix selects the format."""
        services = sorted(self._courses, key=lambda name: (not self._courses[name].alarms, name))
        shown = services[:MOST_SERVICES]
        with matplotlib.rc_context(STYLE):
            figure = Figure(figsize=(11, 5.4 * max(len(shown), 1)), layout="constrained")
            parts = figure.subfigures(max(len(shown), 1), 1, squeeze=False)[:, 0]
            for part, service in zip(parts, shown, strict=False):
                self._draw_service(part, service)
            figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else {})

    def _draw_service(self, part: Any, service: str) -> None:
        course = self._courses[service]
        title = f"{self._history.signal} of {service}"
        part.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
        signal, evidence, budget = part.subplots(
            3, 1, sharex=True, gridspec_kw={"height_ratios": (3, 1.5, 1)}
        )
        for axes in (signal, evidence, budget):
            axes.spines[["top", "right"]].set_visible(False)
            axes.spines[["left", "bottom"]].set_color(LINE)
            axes.tick_params(colors=SOFT)
            _mark_alarms(axes, course.alarms)
        self._draw_signal(signal, service)
        _draw_evidence(evidence, course)
        self._draw_budget(budget, course)
        dates: Any = matplotlib.dates  # untyped
        locator = dates.AutoDateLocator()
        budget.xaxis.set_major_locator(locator)
        budget.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
        _name_alarms(signal, course.alarms)

    def _draw_signal(self, axes: Any, service: str) -> None:
        """Means over bins of time, with twice their standard error; the baseline beneath."""
        found = [each for each in self._readings if each.service == service and each.losses]
        times = np.array([each.at_ns / 1e9 for each in found])
        scores = np.array([1 - each.losses[0].value for each in found])
        middle, mean, error = _binned(times, scores)
        pinned = self._history.signal_monitors[service].pinned
        assert pinned is not None
        axes.axvspan(
            _day(times.min()), _day(self._history.until_ns / 1e9), color=BASELINE, zorder=0
        )
        axes.axhline(1 - pinned.mean, color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(
            f"baseline: {1 - pinned.mean:.3f}, {pinned.n} turns",
            (_day(times.min()), 0.02),
            xycoords=("data", "axes fraction"),
            xytext=(4, 0),
            textcoords="offset points",
            color=SOFT,
        )
        axes.fill_between(
            middle, mean - 2 * error, mean + 2 * error, color=SIGNAL, alpha=0.18, linewidth=0
        )
        axes.plot(middle, mean, color=SIGNAL, linewidth=1.6)
        axes.set_ylabel("mean score")
        axes.set_ylim(max(-0.02, (mean - 2 * error).min() - 0.05), 1.02)
        self._mark_deployments(axes, service)

    def _mark_deployments(self, axes: Any, service: str) -> None:
        begin_ns = min(each.at_ns for each in self._readings)
        for each in self._history.monitor.deployments(service):
            if each.dimension in DEPLOYED and each.at_ns > begin_ns:
                at = _day(each.at_ns / 1e9)
                axes.plot(
                    [at], [0], "^", color=INK, transform=axes.get_xaxis_transform(), clip_on=False
                )
                axes.annotate(
                    each.value,
                    (at, 0.0),
                    xycoords=("data", "axes fraction"),
                    xytext=(5, 5),
                    textcoords="offset points",
                )

    def _draw_budget(self, axes: Any, course: Course) -> None:
        times = [_day(each) for each in course.times]
        budget = self._history.config.budget
        passed = np.array(course.times) - course.times[0]
        axes.plot(times, budget.alarms * passed / budget.seconds, color=SOFT, linestyle=(0, (4, 3)))
        axes.plot(times, course.spent, color=INK, linewidth=1.4, drawstyle="steps-post")
        axes.set_ylabel("alarms of\nthe budget")
        axes.set_ylim(bottom=0)
        axes.annotate(
            f"spent {course.spent[-1]:.3f}; dashed: the whole budget, {budget}",
            (0.01, 0.8),
            xycoords="axes fraction",
            color=SOFT,
        )


def _draw_evidence(axes: Any, course: Course) -> None:
    axes.semilogy(
        [_day(each) for each in course.times],
        np.maximum(course.evidence, LEAST),
        color=INK,
        linewidth=1.1,
    )
    axes.axhline(1, color=BAD, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        "alarm at 1",
        (0.0, 1),
        xycoords=("axes fraction", "data"),
        xytext=(4, -11),
        textcoords="offset points",
        color=BAD,
    )
    axes.set_ylabel("evidence")
    axes.set_ylim(LEAST, max(10.0, 3 * max(course.evidence)))
    axes.yaxis.set_major_locator(matplotlib.ticker.LogLocator(numticks=4))


def _mark_alarms(axes: Any, alarms: Sequence[Alarm]) -> None:
    for alarm in alarms:
        if alarm.resolved_ns is not None:
            axes.axvline(_day(alarm.resolved_ns / 1e9), color=GOOD, linewidth=1.4)
            continue
        interval = (_day(alarm.change.interval[0] / 1e9), _day(alarm.change.interval[1] / 1e9))
        axes.axvspan(*interval, color=CHANGE, alpha=0.55, linewidth=0)
        axes.axvline(_day(alarm.change.since / 1e9), color=CHANGE, linewidth=1.4)
        axes.axvline(_day(alarm.raised_ns / 1e9), color=BAD, linewidth=1.4)


def _name_alarms(axes: Any, alarms: Sequence[Alarm]) -> None:
    """Above the panel, to the left of their line, one below the other where there are several."""
    for place, alarm in enumerate(alarms):
        over = alarm.resolved_ns is not None
        at_ns = alarm.resolved_ns if alarm.resolved_ns is not None else alarm.raised_ns
        named = (
            f"{alarm.change.dimension} {alarm.change.value}"
            if alarm.change.dimension
            else "whole service"
        )
        caption = "recovered" if over else f"alarm: {named}, lower by {alarm.change.size:.2f}"
        axes.annotate(
            caption,
            (_day(at_ns / 1e9), 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(-5, 4 + 12 * (place % 2)),
            textcoords="offset points",
            ha="right",
            color=GOOD if over else BAD,
        )


def _binned(times: Any, scores: Any) -> tuple[Any, Any, Any]:
    """Mean time, mean and standard error of each bin that has turns."""
    edges = np.linspace(times.min(), times.max(), BINS + 1)[1:-1]
    place = np.searchsorted(edges, times)
    n = np.bincount(place, minlength=BINS)
    full = n > 0
    mean = np.bincount(place, scores, BINS)[full] / n[full]
    square = np.bincount(place, scores**2, BINS)[full] / n[full]
    middle = np.bincount(place, times, BINS)[full] / n[full]
    # Of few equal turns the spread is not known: that of all of them counts as one more.
    variance = (n[full] * np.maximum(square - mean**2, 0) + scores.var()) / (n[full] + 1)
    return [_day(each) for each in middle], mean, np.sqrt(variance / n[full])


def _day(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)
