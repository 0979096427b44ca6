"""`/metrics`: the committed counters, read from the store at each scrape.

Nothing is kept in this process, so a restart changes no number and N replicas show the same.
Metrics that do belong to the process (the receiver's) come from a registry of its own.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import time_ns
from typing import TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    Exemplar,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from groundwire_collector import catalogue
from groundwire_collector.catalogue import Kind
from groundwire_collector.storage import counters, judging, readings
from groundwire_collector.storage.counters import Counter, Histogram
from groundwire_collector.storage.judging import Waiting
from groundwire_collector.storage.label_sets import CAP, Key

Clock = Callable[[], int]
T = TypeVar("T")
GaugeValue = tuple[tuple[str, ...], float]  # labels and value
GaugeValues = Mapping[catalogue.Metric, Iterable[GaugeValue]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one scrape shows, read in one transaction."""

    counters: Mapping[Key, Counter]
    histograms: Mapping[Key, Histogram]
    statistics: Iterable[readings.Statistic]
    alarms: Sequence[readings.OpenAlarm]
    baselines: Sequence[readings.PinnedBaseline]
    last_evaluations: Mapping[str, float]
    judges: Sequence[Waiting]
    revisions: Sequence[tuple[str, str, int]]
    now_ns: int
    evaluation_lag_seconds: float | None  # None: nothing is judged here


class CommittedCollector(Collector):
    """A Prometheus collector over the committed counters, histograms and detectors.

    A scrape costs one read transaction over at most `cap` label sets a metric.
    """

    def __init__(
        self, engine: Engine, clock: Clock = time_ns, cap: int = CAP, *, judging: bool = True
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._cap = cap
        self._judging = judging

    def describe(self) -> list[Metric]:
        return []  # registering must not read the database

    def collect(self) -> Iterator[Metric]:
        snapshot = self._read()
        yield from _counters(snapshot)
        yield from _histograms(snapshot)
        yield from _gauges(snapshot)

    def _read(self) -> Snapshot:
        now_ns = self._clock()
        with self._engine.connect() as connection:  # one transaction: one moment
            return Snapshot(
                counters.counters(connection),
                counters.histograms(connection),
                readings.statistics(connection, self._cap),
                readings.open_alarms(connection, self._cap),
                readings.pinned_baselines(connection, self._cap),
                readings.last_evaluations(connection),
                judging.waiting(connection),
                judging.revisions(connection, self._cap),
                now_ns,
                readings.evaluation_lag_seconds(connection, now_ns) if self._judging else None,
            )


class Exposition:
    """The text of `/metrics`, in the format the scraper asks for.

    `judging`: whether turns are judged here; where they are only stored there is no lag to tell.
    """

    def __init__(
        self, engine: Engine, *registries: CollectorRegistry, judging: bool = True
    ) -> None:
        committed = CollectorRegistry(auto_describe=False)
        committed.register(CommittedCollector(engine, judging=judging))
        self._joined = _Joined((committed, *registries))

    def render(self, accept: str | None = None) -> tuple[bytes, str]:
        """Body and content type: OpenMetrics with exemplars where `accept` names it, else text."""
        encode, content_type = choose_encoder(accept or "")
        return encode(self._joined), content_type


class _Joined(Collector):
    def __init__(self, registries: Iterable[CollectorRegistry]) -> None:
        self._registries = tuple(registries)

    def collect(self) -> Iterator[Metric]:
        for registry in self._registries:
            yield from registry.collect()


def _counters(snapshot: Snapshot) -> Iterator[Metric]:
    for metric in _of(Kind.COUNTER):
        family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
        for labels, counter in _sets(metric, snapshot.counters):
            exemplar = _exemplar(counter.exemplar)
            family.add_metric(labels, counter.value, exemplar=exemplar)
        yield family


def _histograms(snapshot: Snapshot) -> Iterator[Metric]:
    for metric in _of(Kind.HISTOGRAM):
        family = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
        for labels, histogram in _sets(metric, snapshot.histograms):
            if len(histogram.counts) == len(metric.buckets) + 1:  # else of another version
                family.add_metric(labels, _buckets(metric, histogram), histogram.total)
        yield family


def _buckets(
    metric: catalogue.Metric, histogram: Histogram
) -> list[tuple[str, float] | tuple[str, float, Exemplar]]:
    cumulative = 0
    buckets: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
    bounds = (*metric.buckets, float("inf"))
    for bound, count, turn in zip(bounds, histogram.counts, histogram.exemplars, strict=True):
        cumulative += count
        exemplar = _exemplar(turn)
        le = "+Inf" if bound == float("inf") else repr(bound)
        buckets.append((le, cumulative, exemplar) if exemplar else (le, cumulative))
    return buckets


def _gauges(snapshot: Snapshot) -> Iterator[Metric]:
    values = _gauge_values(snapshot)
    for metric in _of(Kind.GAUGE):
        family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
        for labels, value in values.get(metric, ()):
            family.add_metric(labels, value)
        yield family


def _gauge_values(snapshot: Snapshot) -> GaugeValues:
    """The values of every gauge, each with its labels in the order of the catalogue."""
    lag = snapshot.evaluation_lag_seconds
    return {
        catalogue.DRIFT_STATISTIC: [
            ((item.service, item.signal, item.axis, item.value), item.statistic)
            for item in snapshot.statistics
        ],
        catalogue.LAST_EVALUATION: [
            ((service,), moment) for service, moment in snapshot.last_evaluations.items()
        ],
        catalogue.EVALUATION_LAG: [] if lag is None else [((), lag)],
        **_alarm_values(snapshot.alarms),
        **_judge_values(snapshot),
        **_baseline_values(snapshot.baselines),
    }


def _judge_values(snapshot: Snapshot) -> GaugeValues:
    """A judge that nothing waits for has neither a length nor an age."""
    now, waiting = snapshot.now_ns, snapshot.judges
    return {
        catalogue.JUDGE_QUEUE_LENGTH: [((one.judge,), one.length) for one in waiting],
        catalogue.JUDGE_QUEUE_AGE: [
            ((one.judge,), max(0.0, (now - one.oldest_ns) / readings.NANOSECONDS))
            for one in waiting
        ],
        catalogue.EVALUATOR_REVISION_TIMESTAMP: [
            ((evaluator, revision), seen_ns / readings.NANOSECONDS)
            for evaluator, revision, seen_ns in snapshot.revisions
        ],
    }


def _alarm_values(alarms: Sequence[readings.OpenAlarm]) -> GaugeValues:
    labelled = [((a.service, a.signal, a.axis, a.value, a.cause), a) for a in alarms]
    return {
        catalogue.DRIFT_ALARM: [(labels, 1.0) for labels, _ in labelled],
        catalogue.DRIFT_CHANGE_TIMESTAMP: [
            (labels, alarm.changed_ns / readings.NANOSECONDS) for labels, alarm in labelled
        ],
        catalogue.DRIFT_CHANGE_BOUND: [
            ((*labels, bound), moment / readings.NANOSECONDS)
            for labels, alarm in labelled
            for bound, moment in (
                ("from", alarm.changed_from_ns),
                ("until", alarm.changed_until_ns),
            )
        ],
        catalogue.DRIFT_SIZE: [
            ((*labels, bound), size)
            for labels, alarm in labelled
            for bound, size in (
                ("lower", alarm.size_low),
                ("mean", alarm.size),
                ("upper", alarm.size_high),
            )
        ],
    }


def _baseline_values(baselines: Sequence[readings.PinnedBaseline]) -> GaugeValues:
    labelled = [((b.service, b.signal, b.revision), b) for b in baselines]
    return {
        catalogue.BASELINE_TURNS: [(labels, b.turns) for labels, b in labelled],
        catalogue.BASELINE_LOSS: [(labels, b.loss) for labels, b in labelled],
        catalogue.BASELINE_FLAGGED_TURNS: [
            (labels, b.flagged) for labels, b in labelled if b.flagged is not None
        ],
    }


def _of(kind: Kind) -> Iterator[catalogue.Metric]:
    return (metric for metric in catalogue.committed_metrics() if metric.kind is kind)


def _sets(metric: catalogue.Metric, stored: Mapping[Key, T]) -> Iterator[tuple[tuple[str, ...], T]]:
    for (name, text), value in stored.items():
        if name == metric.name:
            labels = json.loads(text)
            yield tuple(labels.get(label, "") for label in metric.labels), value


def _exemplar(stored: counters.Exemplar | None) -> Exemplar | None:
    if stored is None:
        return None
    return Exemplar({"trace_id": stored.trace_id}, stored.value, stored.timestamp)
