"""Time series of simulated scrapes, written as OpenMetrics text with timestamps."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from groundwire_collector.metric_definitions import MetricDefinition
from groundwire_collector.metrics.zero_counters import never_counted
from groundwire_collector.storage.label_sets import Key, canonical

TARGET = {"job": "groundwire", "instance": "collector:4318"}
Series = tuple[str, tuple[tuple[str, str], ...]]  # sample name, sorted labels


class Timeline:
    """Current values of metrics, and the value of each at every scrape.

    Moments are seconds since the epoch.
    """

    def __init__(self) -> None:
        self._values: dict[Series, float] = {}
        self._samples: dict[Series, list[tuple[float, float]]] = {}
        self._counted: set[Key] = set()
        self._zeros_for = -1  # number of counted label sets that the zeros are of

    def count(self, metric: MetricDefinition, labels: Mapping[str, str], by: float = 1) -> None:
        """Raise a counter."""
        self._counted.add((metric.name, canonical({n: labels[n] for n in metric.labels})))
        self._add(f"{metric.name}_total", _of(metric, labels), by)

    def observe(self, metric: MetricDefinition, labels: Mapping[str, str], value: float) -> None:
        """Observe a value into a histogram."""
        own = _of(metric, labels)
        self._counted.add((metric.name, canonical({n: labels[n] for n in metric.labels})))
        self._add(f"{metric.name}_sum", own, value)
        self._add(f"{metric.name}_count", own, 1)
        for bound in metric.buckets:
            self._add(f"{metric.name}_bucket", {**own, "le": str(bound)}, float(value <= bound))
        self._add(f"{metric.name}_bucket", {**own, "le": "+Inf"}, 1)

    def set(self, metric: MetricDefinition, labels: Mapping[str, str], value: float) -> None:
        """Set a gauge."""
        self._values[_series(metric.name, _of(metric, labels))] = value

    def mark(self, name: str, labels: Mapping[str, str], value: float) -> None:
        """Set a series that is no metric of ours, such as `up`."""
        self._values[_series(name, labels)] = value

    def scrape(self, moment: float) -> None:
        """Record every current value, and 0 for counters of events that never happened."""
        if len(self._counted) != self._zeros_for:
            self._zeros_for = len(self._counted)
            for name, text in never_counted(self._counted):
                own = {**json.loads(text), **TARGET}
                self._values.setdefault(_series(f"{name}_total", own), 0.0)
        for series, value in self._values.items():
            self._samples.setdefault(series, []).append((moment, value))

    def add(self, name: str, labels: Mapping[str, str], moment: float, value: float) -> None:
        """Record one sample of a recorded series."""
        self._samples.setdefault(_series(name, labels), []).append((moment, value))

    def write(self, path: Path) -> None:
        """Write all samples; raises OSError."""
        with path.open("w", encoding="utf-8") as file:
            for (name, labels), samples in self._samples.items():
                shown = ",".join(f'{key}="{value}"' for key, value in labels)
                file.writelines(f"{name}{{{shown}}} {v!r} {t:.3f}\n" for t, v in _ordered(samples))
            file.write("# EOF\n")

    def __bool__(self) -> bool:
        return bool(self._samples)

    def _add(self, name: str, labels: Mapping[str, str], by: float) -> None:
        series = _series(name, labels)
        self._values[series] = self._values.get(series, 0.0) + by


def _of(metric: MetricDefinition, labels: Mapping[str, str]) -> dict[str, str]:
    return {**{name: labels[name] for name in metric.labels}, **TARGET}


def _series(name: str, labels: Mapping[str, str]) -> Series:
    return name, tuple(sorted((key, value) for key, value in labels.items() if value))


def _ordered(samples: list[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    yield from sorted(samples)
