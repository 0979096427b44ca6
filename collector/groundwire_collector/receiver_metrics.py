"""Receiver self-metrics: spans, refusals, acknowledgement latency.

These belong to one process and start at zero with it; `rate()` copes with that.
"""

from collections.abc import Callable, Iterator, Mapping
from multiprocessing.sharedctypes import Synchronized
from types import MappingProxyType

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from groundwire_collector import metric_definitions
from groundwire_collector.metric_definitions import MetricDefinition

_WATCHED = (
    metric_definitions.WRITE_QUEUE,
    metric_definitions.WRITE_QUEUE_AGE,
    metric_definitions.PENDING_BYTES,
    metric_definitions.WAL_BYTES,
)

KNOWN_STATUSES = ("200", "400", "401", "413", "429", "503")
Restarts = Mapping[str, "Synchronized[int]"]  # by the name of the process


class ReceiverMetrics:
    """Metrics of one receiver process on a registry; thread-safe."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._restarts = _RestartCounts()
        self.registry.register(self._restarts)
        self._received = self._counter(metric_definitions.SPANS_RECEIVED)
        self._rejected = self._counter(metric_definitions.SPANS_REJECTED)
        self._deduplicated = self._counter(metric_definitions.SPANS_DEDUPLICATED)
        self._requests = self._counter(metric_definitions.REQUESTS)
        for status in KNOWN_STATUSES:
            self._requests.labels(status)  # 0 until it happens
        self._auth_failures = self._counter(metric_definitions.AUTH_FAILURES)
        self._gauges = {
            metric: Gauge(metric.name, metric.help, registry=self.registry) for metric in _WATCHED
        }
        self._seconds = Histogram(
            metric_definitions.ACKNOWLEDGEMENT.name,
            metric_definitions.ACKNOWLEDGEMENT.help,
            buckets=metric_definitions.ACKNOWLEDGEMENT.buckets,
            registry=self.registry,
        )

    def spans(self, received: int, rejected: int) -> None:
        """The spans of one request, and those among them that were refused."""
        self._received.inc(received)
        self._rejected.inc(rejected)

    def deduplicated(self, spans: int) -> None:
        """Spans of one commit that were stored already."""
        self._deduplicated.inc(spans)

    def bad_key(self) -> None:
        """A request with a key that is none."""
        self._auth_failures.inc()

    def answered(self, status: int, seconds: float) -> None:
        """One OTLP request, whatever its answer."""
        self._requests.labels(str(status)).inc()
        if status == 200:
            self._seconds.observe(seconds)

    def watch(self, metric: MetricDefinition, value: Callable[[], float]) -> None:
        """Register a gauge callback, evaluated at each scrape."""
        self._gauges[metric].set_function(value)

    def watch_restarts(self, restarts: Restarts) -> None:
        """Register the supervisor's restart counter, by process name."""
        self._restarts.counts = restarts

    def _counter(self, metric: MetricDefinition) -> Counter:
        return Counter(metric.name, metric.help, metric.labels, registry=self.registry)


class _RestartCounts(Collector):
    counts: Restarts = MappingProxyType({})

    def collect(self) -> Iterator[CounterMetricFamily]:
        metric = metric_definitions.PROCESS_RESTARTS
        family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
        for name, count in self.counts.items():
            family.add_metric([name], count.value)
        yield family
