"""Prometheus text format of committed counters and histograms, from their rows.

Prometheus' own client makes an object of every sample, at the cap some ten times the work (see
docs/explanation/metrics-and-alerts.md). Here a label set whose row is as at the scrape before is
not touched again:
its lines are kept, beside the row that they were made of.
https://prometheus.io/docs/instrumenting/exposition_formats/ ,
https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import accumulate
from typing import Any

from prometheus_client.utils import floatToGoString
from sqlalchemy import Connection

from groundwire_collector.metric_definitions import MetricDefinition, MetricKind, committed_metrics
from groundwire_collector.metrics.zero_counters import never_counted
from groundwire_collector.storage import counters
from groundwire_collector.storage.counters import StoredCounter, StoredHistogram
from groundwire_collector.storage.label_sets import Key

_shown: Callable[[float], str] = floatToGoString
RenderedRows = Mapping[Key, tuple[tuple[object, ...], str]]  # the row, and the lines made of it


class CommittedLines:
    """Cached exposition lines of committed metrics; thread-safe.

    Price: a read of every row at each scrape; beyond that only label sets that were counted since
    the scrape before cost anything. The lines of the last scrape in each format are kept. Counters
    of events that never happened are found anew when a label set comes or goes.
    """

    def __init__(self) -> None:
        self._rendered: dict[bool, RenderedRows] = {True: {}, False: {}}
        self._zeros: tuple[frozenset[Key], dict[str, list[str]]] = frozenset(), {}

    def render(self, connection: Connection, openmetrics: bool) -> str:
        """In OpenMetrics, with exemplars, but for its end; else in the older text format."""
        rows: list[StoredCounter | StoredHistogram] = [*counters.counter_rows(connection)]
        rows += counters.histogram_rows(connection)
        rendered, before = {}, self._rendered[openmetrics]
        found: dict[str, list[str]] = {}
        for row in rows:
            key, state = (row.metric, row.labels), row[2:] if openmetrics else row[2:-1]
            known = before.get(key)
            lines = known[1] if known and known[0] == state else _lines(row, openmetrics)
            rendered[key] = state, lines
            found.setdefault(row.metric, []).append(lines)
        self._rendered[openmetrics] = rendered
        for name, lines_of_zeros in self._zero_lines(frozenset(rendered)).items():
            found.setdefault(name, []).extend(lines_of_zeros)
        return "".join(_families(found, openmetrics))

    def _zero_lines(self, known: frozenset[Key]) -> dict[str, list[str]]:
        """Lines of label sets that no event was counted for, by metric."""
        if not self._zeros[1] or self._zeros[0] != known:
            zeros: dict[str, list[str]] = {}
            for name, labels in never_counted(known):
                row = StoredCounter(name, labels, 0.0, None)
                zeros.setdefault(name, []).append(_lines(row, openmetrics=False))
            self._zeros = known, zeros  # at once: other threads read both
        return self._zeros[1]


def _families(found: Mapping[str, Iterable[str]], openmetrics: bool) -> Iterator[str]:
    for metric in _METRICS.values():
        total = "" if openmetrics or metric.kind is MetricKind.HISTOGRAM else "_total"
        yield f"# HELP {metric.name}{total} {_escaped(metric.help)}\n"
        yield f"# TYPE {metric.name}{total} {metric.kind}\n"
        yield from found.get(metric.name, ())


def _lines(row: StoredCounter | StoredHistogram, openmetrics: bool) -> str:
    metric = _METRICS.get(row.metric)
    if metric is None:  # of another version
        return ""
    labels = _labels(row.labels)
    if isinstance(row, StoredCounter):
        exemplar = json.loads(row.exemplar) if row.exemplar and openmetrics else None
        inner = f"{{{labels}}}" if labels else ""
        return f"{metric.name}_total{inner} {_shown(row.value)}{_exemplar(exemplar)}\n"
    counts = json.loads(row.counts)
    if len(counts) != len(metric.buckets) + 1:  # of another version
        return ""
    exemplars = json.loads(row.exemplars) if openmetrics else [None] * len(counts)
    return _histogram(metric, labels, counts, row.total, exemplars)


def _histogram(
    metric: MetricDefinition,
    labels: str,
    counts: Iterable[int],
    total: float,
    exemplars: Iterable[Mapping[str, Any] | None],
) -> str:
    first = f"{metric.name}_bucket{{{labels}{',' if labels else ''}le="
    sums = list(accumulate(counts))
    lines = [
        f"{first}{bound}}} {_whole(number)}{_exemplar(exemplar) if exemplar else ''}\n"
        for bound, number, exemplar in zip(_bounds(metric), sums, exemplars, strict=True)
    ]
    inner = f"{{{labels}}}" if labels else ""
    lines.append(f"{metric.name}_count{inner} {_whole(sums[-1])}\n")
    lines.append(f"{metric.name}_sum{inner} {_shown(total)}\n")
    return "".join(lines)


@lru_cache
def _bounds(metric: MetricDefinition) -> tuple[str, ...]:
    return (*(f'"{_shown(bound)}"' for bound in metric.buckets), '"+Inf"')


@lru_cache(maxsize=4096)
def _labels(text: str) -> str:
    """Label set as rendered between braces, without empty labels."""
    named = json.loads(text)
    return ",".join(f'{name}="{_escaped(value, True)}"' for name, value in named.items() if value)


def _exemplar(stored: Mapping[str, Any] | None) -> str:
    if stored is None:
        return ""
    value = _shown(stored["value"])
    return f' # {{trace_id="{_escaped(stored["trace_id"], True)}"}} {value} {stored["timestamp"]}'


def _whole(number: int) -> str:
    return f"{number}.0" if number < 1_000_000 else _shown(number)


def _escaped(text: str, quoted: bool = False) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quoted else text


_METRICS = {m.name: m for m in committed_metrics() if m.kind is not MetricKind.GAUGE}
