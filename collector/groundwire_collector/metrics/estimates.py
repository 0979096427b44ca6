"""Gauges of the stored estimates."""

from collections.abc import Iterable, Mapping
from typing import Any

from groundwire_collector import metric_definitions
from groundwire_collector.metric_definitions import MetricDefinition
from groundwire_collector.storage.estimates import StoredEstimate

Values = dict[MetricDefinition, list[tuple[tuple[str, ...], float]]]


def faithfulness_values(stored: Iterable[StoredEstimate]) -> Values:
    """Of segments that have an estimate; one that is not known has no number."""
    values: Values = {
        metric_definitions.FAITHFULNESS_ESTIMATE: [],
        metric_definitions.FAITHFULNESS_SINCE_BASELINE: [],
        metric_definitions.FAITHFULNESS_LABELS: [],
        metric_definitions.FAITHFULNESS_EFFECTIVE_LABELS: [],
    }
    for each in stored:
        estimate, labels = each.estimate, (each.service, each.value, each.evaluator, each.reference)
        values[metric_definitions.FAITHFULNESS_ESTIMATE] += _bounds(labels, estimate)
        values[metric_definitions.FAITHFULNESS_SINCE_BASELINE] += _bounds(
            labels, estimate["anytime"] or {}
        )
        values[metric_definitions.FAITHFULNESS_LABELS].append((labels, estimate["labels"]))
        if estimate["value"] is not None:
            values[metric_definitions.FAITHFULNESS_EFFECTIVE_LABELS].append(
                (labels, estimate["effective"])
            )
    return values


def retrieval_values(stored: Iterable[StoredEstimate]) -> Values:
    values: Values = {
        metric_definitions.RETRIEVAL_PRECISION: [],
        metric_definitions.RETRIEVAL_RECALL: [],
        metric_definitions.RETRIEVAL_LABELLED_TURNS: [],
    }
    for each in stored:
        for at in each.estimate["ranks"]:
            labels = (each.service, each.value, str(at["k"]))
            values[metric_definitions.RETRIEVAL_LABELLED_TURNS].append((labels, at["turns"]))
            for metric, name in (
                (metric_definitions.RETRIEVAL_PRECISION, "precision"),
                (metric_definitions.RETRIEVAL_RECALL, "recall"),
            ):
                if at[name] is not None:
                    values[metric].append((labels, at[name]))
    return values


def _bounds(
    labels: tuple[str, ...], estimate: Mapping[str, Any]
) -> list[tuple[tuple[str, ...], float]]:
    if estimate.get("value") is None:
        return []
    low, high = estimate["interval"]
    pairs = (("lower", low), ("mean", estimate["value"]), ("upper", high))
    return [((*labels, bound), value) for bound, value in pairs]
