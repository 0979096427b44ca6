"""Cumulative counters and histograms, updated in the transaction of what they count."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, Text, Update, cast, select, tuple_, update

from groundwire_collector.metric_definitions import (
    SERIES_EVICTED,
    SERIES_OVERFLOWED,
    TENANT,
    MetricDefinition,
)
from groundwire_collector.storage.label_sets import Key, Placement, canonical, place
from groundwire_collector.storage.tables.counters import COUNTER, HISTOGRAM
from groundwire_collector.storage.upsert import upsert
from groundwire_evaluators.turn import Turn


@dataclass(frozen=True, slots=True)
class Exemplar:
    """Exemplar of a metric: trace id, value, seconds since the epoch."""

    trace_id: str
    value: float
    timestamp: float


def exemplar_of(turn: Turn, value: float) -> Exemplar | None:
    """Exemplar of a turn's trace; None where the turn has no trace or no time."""
    if turn.trace_id is None or turn.started_at is None:
        return None
    return Exemplar(turn.trace_id, value, turn.started_at.timestamp())


@dataclass(slots=True)
class Counter:
    """One counter with its label set."""

    value: float = 0.0
    exemplar: Exemplar | None = None

    def add(self, other: "Counter") -> None:
        self.value += other.value
        self.exemplar = other.exemplar or self.exemplar


@dataclass(slots=True)
class Histogram:
    """One histogram with its label set; `counts` per bucket, overflow last."""

    counts: list[int]
    total: float = 0.0
    exemplars: list[Exemplar | None] = field(default_factory=list)

    def observe(self, bucket: int, value: float, exemplar: Exemplar | None) -> None:
        self.counts[bucket] += 1
        self.total += value
        self.exemplars[bucket] = exemplar or self.exemplars[bucket]

    def add(self, other: "Histogram") -> None:
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]
        self.total += other.total
        self.exemplars = [
            new or old for old, new in zip(self.exemplars, other.exemplars, strict=True)
        ]


@dataclass(slots=True)
class Increments:
    """Metric increments of one transaction: collected first, written at once.

    `by_tenant`: metrics of turns are counted by tenant too.
    """

    counters: dict[Key, Counter] = field(default_factory=dict)
    histograms: dict[Key, Histogram] = field(default_factory=dict)
    by_tenant: bool = False

    def count(
        self,
        metric: MetricDefinition,
        labels: Mapping[str, str],
        by: float = 1,
        exemplar: Exemplar | None = None,
    ) -> None:
        counter = self.counters.setdefault(self._key(metric, labels), Counter())
        counter.value += by
        counter.exemplar = exemplar or counter.exemplar

    def observe(
        self,
        metric: MetricDefinition,
        labels: Mapping[str, str],
        value: float,
        exemplar: Exemplar | None = None,
    ) -> None:
        key = self._key(metric, labels)
        size = len(metric.buckets) + 1
        if key not in self.histograms:
            self.histograms[key] = Histogram([0] * size, exemplars=[None] * size)
        self.histograms[key].observe(bisect_left(metric.buckets, value), value, exemplar)

    def _key(self, metric: MetricDefinition, labels: Mapping[str, str]) -> Key:
        chosen = {name: labels.get(name, "") for name in metric.labels}
        if self.by_tenant and metric.of_turns and labels.get(TENANT):
            chosen[TENANT] = labels[TENANT]
        return metric.name, canonical(chosen)


def add(connection: Connection, increments: Increments, now_ns: int) -> None:
    """Add `increments` to the stored values, in the caller's transaction."""
    fitted = _fit(connection, increments, now_ns)
    _add_counters(connection, fitted.counters, now_ns)
    _add_histograms(connection, fitted.histograms, now_ns)


class StoredCounter(NamedTuple):
    """A counter row as stored; `exemplar` is JSON, None without one."""

    metric: str
    labels: str
    value: float
    exemplar: str | None


class StoredHistogram(NamedTuple):
    """A histogram row as stored: `counts` and `exemplars` are JSON."""

    metric: str
    labels: str
    counts: str
    total: float
    exemplars: str


def counter_rows(connection: Connection) -> list[StoredCounter]:
    """All counters, undecoded."""
    c = COUNTER.c
    query = select(c.metric, c.labels, c.value, cast(c.exemplar, Text))
    return [StoredCounter(*row) for row in connection.execute(query)]


def histogram_rows(connection: Connection) -> list[StoredHistogram]:
    """All histograms, undecoded."""
    c = HISTOGRAM.c
    query = select(c.metric, c.labels, cast(c.counts, Text), c.total, cast(c.exemplars, Text))
    return [StoredHistogram(*row) for row in connection.execute(query)]


def counters(connection: Connection) -> dict[Key, Counter]:
    """Every counter."""
    return {key: _counter(row) for key, row in _rows(connection, COUNTER, None)}


def histograms(connection: Connection) -> dict[Key, Histogram]:
    """Every histogram."""
    return {key: _histogram(row) for key, row in _rows(connection, HISTOGRAM, None)}


def forget_exemplars(connection: Connection, trace_ids: Collection[str]) -> None:
    """Drop the exemplars of these traces; what was counted stays. Reads all series once."""
    for key, row in _rows(connection, COUNTER, None):
        exemplar = _counter(row).exemplar
        if exemplar is not None and exemplar.trace_id in trace_ids:
            connection.execute(_at(COUNTER, key).values(exemplar=None))
    for key, row in _rows(connection, HISTOGRAM, None):
        exemplars = _histogram(row).exemplars
        left = [None if e is None or e.trace_id in trace_ids else e for e in exemplars]
        if left != exemplars:
            connection.execute(_at(HISTOGRAM, key).values(exemplars=[_plain(e) for e in left]))


def _at(table: Table, key: Key) -> Update:
    return update(table).where(table.c.metric == key[0], table.c.labels == key[1])


def _fit(connection: Connection, increments: Increments, now_ns: int) -> Increments:
    """Increments mapped to label sets within the limit."""
    fitted = Increments()
    placement = place(connection, COUNTER, increments.counters, now_ns)
    for key, counter in increments.counters.items():
        fitted.counters.setdefault(placement.keys[key], Counter()).add(counter)
    _count_placement(fitted, placement)
    placement = place(connection, HISTOGRAM, increments.histograms, now_ns)
    for key, histogram in increments.histograms.items():
        size = len(histogram.counts)
        empty = Histogram([0] * size, exemplars=[None] * size)
        fitted.histograms.setdefault(placement.keys[key], empty).add(histogram)
    _count_placement(fitted, placement)
    return fitted


def _count_placement(fitted: Increments, placement: Placement) -> None:
    for metric, folded in placement.folded.items():
        fitted.count(SERIES_OVERFLOWED, {"metric": metric}, folded)
    for metric, retired in placement.retired.items():
        fitted.count(SERIES_EVICTED, {"metric": metric}, retired)


def _add_counters(connection: Connection, new: Mapping[Key, Counter], now_ns: int) -> None:
    sums = dict(new)
    for key, row in _rows(connection, COUNTER, new):
        old = _counter(row)
        sums[key] = Counter(old.value + new[key].value, new[key].exemplar or old.exemplar)
    rows = [
        _identity(key, now_ns) | {"value": c.value, "exemplar": _plain(c.exemplar)}
        for key, c in sums.items()
    ]
    upsert(connection, COUNTER, rows)


def _add_histograms(connection: Connection, new: Mapping[Key, Histogram], now_ns: int) -> None:
    sums = dict(new)
    for key, row in _rows(connection, HISTOGRAM, new):
        sums[key] = _histogram(row)
        sums[key].add(new[key])
    rows = [
        _identity(key, now_ns)
        | {"counts": h.counts, "total": h.total, "exemplars": [_plain(e) for e in h.exemplars]}
        for key, h in sums.items()
    ]
    upsert(connection, HISTOGRAM, rows)


def _rows(
    connection: Connection, table: Table, keys: Iterable[Key] | None
) -> list[tuple[Key, Mapping[str, Any]]]:
    query = select(table)
    if keys is not None:
        query = query.where(tuple_(table.c.metric, table.c.labels).in_(list(keys)))
    rows = map(dict, connection.execute(query).mappings())
    return [((row["metric"], row["labels"]), row) for row in rows]


def _identity(key: Key, now_ns: int) -> dict[str, Any]:
    return {"metric": key[0], "labels": key[1], "updated_ns": now_ns}


def _plain(exemplar: Exemplar | None) -> dict[str, Any] | None:
    if exemplar is None:
        return None
    return {
        "trace_id": exemplar.trace_id,
        "value": exemplar.value,
        "timestamp": exemplar.timestamp,
    }


def _exemplar(stored: Mapping[str, Any] | None) -> Exemplar | None:
    return Exemplar(**stored) if stored else None


def _counter(row: Mapping[str, Any]) -> Counter:
    return Counter(row["value"], _exemplar(row["exemplar"]))


def _histogram(row: Mapping[str, Any]) -> Histogram:
    return Histogram(row["counts"], row["total"], [_exemplar(e) for e in row["exemplars"]])
