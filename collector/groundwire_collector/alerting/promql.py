"""PromQL helpers for rules and dashboards: recorded series, window expressions.

All replicas of the collector expose the same committed counters, so queries use one of them. The
setting `replica_labels` names the labels that distinguish replicas; shipped dashboards have the
default ones, which `groundwire dashboards` replaces.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from groundwire_collector.alerting.rules.settings import (
    REPLICA_LABELS,
    RuleSettings,
    duration,
)
from groundwire_collector.metric_definitions import (
    EVALUATOR_LABELS,
    VERSION_LABELS,
    MetricDefinition,
)

BY_VERSION = VERSION_LABELS
BY_JUDGE = (*VERSION_LABELS, *EVALUATOR_LABELS)
BY_SERVICE_AND_JUDGE = ("service", *EVALUATOR_LABELS)

# Matchers with dashboard variables
SERVICE = 'service=~"$service"'
MODEL = 'service=~"$service", model_version=~"$model_version"'
VERSION = f'{MODEL}, prompt_version=~"$prompt_version", index_version=~"$index_version"'
JUDGED = f'{VERSION}, evaluator="$evaluator"'
SUM_BY_VERSION = "sum by (service, model_version)"


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """Recording rule: name, help, expression, added labels."""

    name: str
    meaning: str
    expression: str
    labels: Mapping[str, str] = field(default_factory=dict)


def one_replica(series: str, labels: Sequence[str] = REPLICA_LABELS) -> str:
    """Deduplicate replicas, which expose equal values and differ in `labels`."""
    return f"max without ({', '.join(labels)}) ({series})"


def grown(limits: RuleSettings, by: Sequence[str], series: str, window: int) -> str:
    """Increase of a counter over a window in seconds, summed by labels."""
    increase = one_replica(f"increase({series}[{duration(window)}])", limits.replica_labels)
    return f"sum by ({', '.join(by)}) ({increase})"


def total(metric: MetricDefinition, matchers: str = "") -> str:
    return f"{metric.name}_total{matchers}"


def rate(counter: str, matchers: str) -> str:
    """Rate of a counter that all replicas expose alike."""
    return one_replica(f"rate({counter}{{{matchers}}}[$__rate_interval])")


def increase(series: str) -> str:
    """Increase of a counter over the displayed range."""
    return one_replica(f"increase({series}[$__range])")


def mean(histogram: str, matchers: str, by: str = SUM_BY_VERSION) -> str:
    """Mean of a histogram; no value without observations."""
    total, number = (rate(f"{histogram}_{part}", matchers) for part in ("sum", "count"))
    return f"{by} ({total}) / ({by} ({number}) > 0)"


def quantile(of: float, histogram: str, matchers: str, by: str = "service, model_version") -> str:
    buckets = rate(f"{histogram}_bucket", matchers)
    return f"histogram_quantile({of}, sum by (le, {by}) ({buckets}))"


def ratio(part: str, whole: str, by: str = SUM_BY_VERSION) -> str:
    """Ratio of two rates; no value for a zero denominator, 0 for a missing numerator."""
    return f"(({by} ({part})) or {by} ({whole}) * 0) / ({by} ({whole}) > 0)"


def portion(series: str, part: str, of: str = "") -> str:
    """Share of each `part` in the sum of the series, or of those with equal labels `of`."""
    by = ", ".join(filter(None, (of, part)))
    whole = f"(sum by ({of}) ({series}) > 0)"
    return f"sum by ({by}) ({series}) / on ({of}) group_left () {whole}"
