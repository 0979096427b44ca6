"""`/metrics` exposition: committed counters read from the store at each scrape.

Nothing is counted in this process, so a restart changes no number and N replicas show the same.
Metrics that do belong to the process (the receiver's) come from a registry of its own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import time_ns

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine

from groundwire_collector import metric_definitions
from groundwire_collector.estimates.calibration import CALIBRATION
from groundwire_collector.estimates.refresh import FAITHFULNESS, RETRIEVAL
from groundwire_collector.estimates.training_age import TRAINING
from groundwire_collector.metric_definitions import MetricKind
from groundwire_collector.metrics.estimates import (
    calibration_values,
    faithfulness_values,
    missed_chunk_values,
    retrieval_values,
    training_values,
)
from groundwire_collector.metrics.text_format import CommittedLines
from groundwire_collector.storage import estimates, gauges, golden, judging
from groundwire_collector.storage.drift import BEHAVIOUR, Alarm, DimensionValue
from groundwire_collector.storage.estimates import MISSED_CHUNKS, StoredEstimate
from groundwire_collector.storage.golden import GoldenRun
from groundwire_collector.storage.judging import QueueStatus
from groundwire_collector.storage.label_sets import CAP

Clock = Callable[[], int]
GaugeValue = tuple[tuple[str, ...], float]  # labels and value
GaugeValues = Mapping[metric_definitions.MetricDefinition, Iterable[GaugeValue]]


@dataclass(frozen=True, slots=True)
class MetricsSnapshot:
    """Gauge values of one scrape."""

    statistics: Iterable[gauges.DetectorStatistic]
    versions: Sequence[DimensionValue]
    alarms: Sequence[Alarm]
    behaviour: Sequence[gauges.BehaviourLevel]
    baselines: Sequence[gauges.BaselineSummary]
    faithfulness: Sequence[StoredEstimate]
    retrieval: Sequence[StoredEstimate]
    calibrations: Sequence[StoredEstimate]
    training: Sequence[StoredEstimate]
    missed_chunks: Sequence[StoredEstimate]
    last_evaluations: Mapping[str, float]
    judges: Sequence[QueueStatus]
    revisions: Sequence[tuple[str, str, int]]
    replays: Sequence[GoldenRun]
    now_ns: int
    evaluation_lag_seconds: float | None  # None: this process does not evaluate
    open_trace_age_seconds: float | None  # the same


class CommittedGauges(Collector):
    """Prometheus collector for detectors, alarms and progress in one transaction."""

    def __init__(
        self, connection: Connection, now_ns: int, cap: int = CAP, *, judges: bool = True
    ) -> None:
        self._snapshot = MetricsSnapshot(
            gauges.statistics(connection, cap, now_ns),
            gauges.versions_seen(connection, cap),
            gauges.open_alarms(connection, cap),
            gauges.behaviour_levels(connection, cap),
            gauges.pinned_baselines(connection, cap),
            estimates.newest(connection, FAITHFULNESS, limit=cap),
            estimates.newest(connection, RETRIEVAL, limit=cap),
            estimates.newest(connection, CALIBRATION, limit=cap),
            estimates.newest(connection, TRAINING, limit=cap),
            estimates.newest(connection, MISSED_CHUNKS, limit=cap),
            gauges.last_evaluations(connection),
            judging.waiting(connection),
            judging.revisions(connection, cap),
            golden.newest(connection),
            now_ns,
            gauges.evaluation_lag_seconds(connection, now_ns) if judges else None,
            gauges.open_trace_age_seconds(connection, now_ns) if judges else None,
        )

    def collect(self) -> Iterator[Metric]:
        yield from _gauges(self._snapshot)


class Exposition:
    """Renders `/metrics` in the format that the scraper accepts.

    A scrape costs one read transaction over at most `CAP` label sets a metric.
    `judging`: whether turns are judged here; where they are only stored there is no lag to tell.
    """

    def __init__(
        self,
        engine: Engine,
        *registries: CollectorRegistry,
        judging: bool = True,
        clock: Clock = time_ns,
    ) -> None:
        self._engine = engine
        self._registries = registries
        self._judging = judging
        self._clock = clock
        self._lines = CommittedLines()

    def render(self, accept: str | None = None) -> tuple[bytes, str]:
        """Body and content type: OpenMetrics with exemplars where `accept` names it, else text."""
        encode, content_type = choose_encoder(accept or "")
        openmetrics = content_type.startswith("application/openmetrics-text")
        with self._engine.connect() as connection:  # one transaction: one moment
            lines = self._lines.render(connection, openmetrics)
            gauges = CommittedGauges(connection, self._clock(), judges=self._judging)
        rest = encode(_Joined((gauges, *self._registries)))
        return lines.encode() + rest, content_type


class _Joined(Collector):
    def __init__(self, collectors: Iterable[Collector]) -> None:
        self._collectors = tuple(collectors)

    def collect(self) -> Iterator[Metric]:
        for collector in self._collectors:
            yield from collector.collect()


def _gauges(snapshot: MetricsSnapshot) -> Iterator[Metric]:
    values = _gauge_values(snapshot)
    gauges = (m for m in metric_definitions.committed_metrics() if m.kind is MetricKind.GAUGE)
    for metric in gauges:
        family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
        for labels, value in values.get(metric, ()):
            family.add_metric(labels, value)
        yield family


def _gauge_values(snapshot: MetricsSnapshot) -> GaugeValues:
    """The values of every gauge, each with its labels in the order of the catalogue."""
    lag, age = snapshot.evaluation_lag_seconds, snapshot.open_trace_age_seconds
    return {
        metric_definitions.DRIFT_STATISTIC: _statistics(snapshot),
        metric_definitions.VERSION_FIRST_SEEN: [
            ((seen.service, seen.dimension, seen.value), seen.first_seen_ns / gauges.NANOSECONDS)
            for seen in snapshot.versions
        ],
        metric_definitions.LAST_EVALUATION: [
            ((service,), moment) for service, moment in snapshot.last_evaluations.items()
        ],
        metric_definitions.EVALUATION_LAG: [] if lag is None else [((), lag)],
        metric_definitions.OPEN_TRACE_AGE: [] if age is None else [((), age)],
        **_alarm_values(snapshot.alarms),
        **_behaviour_values(snapshot),
        **_judge_values(snapshot),
        **_golden_values(snapshot.replays),
        **_baseline_values(snapshot.baselines),
        **faithfulness_values(snapshot.faithfulness),
        **retrieval_values(snapshot.retrieval),
        **calibration_values(snapshot.calibrations),
        **training_values(snapshot.training),
        **missed_chunk_values(snapshot.missed_chunks),
    }


def _statistics(snapshot: MetricsSnapshot) -> list[tuple[tuple[str, ...], float]]:
    """The statistic of each stream, at 1 or above while an alarm of it is open.

    A detector starts anew at its alarm: without this, the evidence would be gone when it matters.
    """
    found = {
        (item.service, item.signal, item.dimension, item.value): item.statistic
        for item in snapshot.statistics
    }
    for alarm in _of_scores(snapshot.alarms):
        stream = (alarm.service, alarm.signal, *alarm.change.segment)
        found[stream] = max(1.0, found.get(stream, 0.0))
    return list(found.items())


def _judge_values(snapshot: MetricsSnapshot) -> GaugeValues:
    """Queue length and age per judge; absent for empty queues."""
    now, waiting = snapshot.now_ns, snapshot.judges
    return {
        metric_definitions.JUDGE_QUEUE_LENGTH: [((one.judge,), one.length) for one in waiting],
        metric_definitions.JUDGE_QUEUE_AGE: [
            ((one.judge,), max(0.0, (now - one.oldest_ns) / gauges.NANOSECONDS)) for one in waiting
        ],
        metric_definitions.EVALUATOR_REVISION_TIMESTAMP: [
            ((evaluator, revision), seen_ns / gauges.NANOSECONDS)
            for evaluator, revision, seen_ns in snapshot.revisions
        ],
    }


def _golden_values(replays: Sequence[GoldenRun]) -> GaugeValues:
    """The newest replay of each judge."""
    labelled = [((run.evaluator, run.revision), run, run.summary or {}) for run in replays]
    return {
        metric_definitions.JUDGE_AGREEMENT: [
            ((*labels, measure, bound), value)
            for labels, _, summary in labelled
            for measure, bounds in summary.get("measures", {}).items()
            for bound, value in bounds.items()
        ],
        metric_definitions.JUDGE_GOLDEN_TURNS: [
            ((*labels, state), count)
            for labels, _, summary in labelled
            for state, count in summary.get("states", {}).items()
        ],
        metric_definitions.JUDGE_GOLDEN_FLIPS: [
            ((*labels, direction), count)
            for labels, _, summary in labelled
            for direction, count in summary.get("flips", {}).items()
        ],
        metric_definitions.JUDGE_GOLDEN_TIMESTAMP: [
            (labels, (run.ended_ns or 0) / gauges.NANOSECONDS) for labels, run, _ in labelled
        ],
    }


def _of_scores(alarms: Sequence[Alarm]) -> list[Alarm]:
    """Alarms on scores; those on behaviour have metrics of their own."""
    return [alarm for alarm in alarms if not alarm.signal.startswith(BEHAVIOUR)]


def _behaviour_values(snapshot: MetricsSnapshot) -> GaugeValues:
    """Evidence and levels of behaviour signals, and their open alarms."""
    alarms = [
        (
            (
                *(alarm.service, alarm.signal.removeprefix(BEHAVIOUR)),
                *(alarm.details.get("direction", ""), *alarm.change.segment, alarm.cause),
            ),
            alarm.change.since / gauges.NANOSECONDS,
        )
        for alarm in snapshot.alarms
        if alarm.signal.startswith(BEHAVIOUR)
    ]
    levels = [((each.service, each.signal), each) for each in snapshot.behaviour]
    return {
        metric_definitions.BEHAVIOUR_STATISTIC: [(key, each.statistic) for key, each in levels],
        metric_definitions.BEHAVIOUR_LEVEL: [
            ((*key, moment), value)
            for key, each in levels
            for moment, value in (("before", each.before), ("now", each.now))
        ],
        metric_definitions.BEHAVIOUR_ALARM: [(labels, 1.0) for labels, _ in alarms],
        metric_definitions.BEHAVIOUR_CHANGE_TIMESTAMP: alarms,
    }


def _alarm_values(every: Sequence[Alarm]) -> GaugeValues:
    alarms = _of_scores(every)
    labelled = [
        ((a.service, a.signal, a.change.dimension, a.change.value, a.cause), a.change)
        for a in alarms
    ]
    return {
        metric_definitions.DRIFT_ALARM: [(labels, 1.0) for labels, _ in labelled],
        metric_definitions.DRIFT_CHANGE_TIMESTAMP: [
            (labels, change.since / gauges.NANOSECONDS) for labels, change in labelled
        ],
        metric_definitions.DRIFT_CHANGE_BOUND: [
            ((*labels, bound), moment / gauges.NANOSECONDS)
            for labels, change in labelled
            for bound, moment in zip(("from", "until"), change.interval, strict=True)
        ],
        metric_definitions.DRIFT_SIZE: [
            ((*labels, bound), size)
            for labels, change in labelled
            for bound, size in zip(
                ("lower", "mean", "upper"),
                (change.size_interval[0], change.size, change.size_interval[1]),
                strict=True,
            )
        ],
    }


def _baseline_values(baselines: Sequence[gauges.BaselineSummary]) -> GaugeValues:
    labelled = [((b.service, b.signal, b.revision), b) for b in baselines]
    return {
        metric_definitions.BASELINE_TURNS: [(labels, b.turns) for labels, b in labelled],
        metric_definitions.BASELINE_LOSS: [(labels, b.loss) for labels, b in labelled],
        metric_definitions.BASELINE_FLAGGED_TURNS: [
            (labels, b.flagged) for labels, b in labelled if b.flagged is not None
        ],
    }
