"""PromQL helpers for rules and dashboards: recorded series, window expressions.

All replicas of the collector show the same committed counters: one of them is taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from groundwire_collector.alerting.rules.settings import RuleSettings, duration
from groundwire_collector.metric_definitions import (
    EVALUATOR_LABELS,
    VERSION_LABELS,
    MetricDefinition,
)

BY_VERSION = VERSION_LABELS
BY_JUDGE = (*VERSION_LABELS, *EVALUATOR_LABELS)
BY_SERVICE_AND_JUDGE = ("service", *EVALUATOR_LABELS)


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """Recording rule: name, help, expression, added labels."""

    name: str
    meaning: str
    expression: str
    labels: Mapping[str, str] = field(default_factory=dict)


def one_replica(limits: RuleSettings, series: str) -> str:
    """Of the replicas that all show the same number, one."""
    return f"max without ({', '.join(limits.replica_labels)}) ({series})"


def grown(limits: RuleSettings, by: Sequence[str], series: str, window: int) -> str:
    """By how much a counter grew over a window of seconds, summed by labels."""
    increase = one_replica(limits, f"increase({series}[{duration(window)}])")
    return f"sum by ({', '.join(by)}) ({increase})"


def total(metric: MetricDefinition, matchers: str = "") -> str:
    return f"{metric.name}_total{matchers}"
