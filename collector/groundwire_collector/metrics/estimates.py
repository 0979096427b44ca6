"""Gauges of the stored estimates."""

from collections.abc import Iterable, Mapping
from typing import Any

from groundwire_collector import metric_definitions
from groundwire_collector.estimates.calibration import newest_of_service
from groundwire_collector.metric_definitions import MetricDefinition
from groundwire_collector.storage.estimates import StoredEstimate

Values = dict[MetricDefinition, list[tuple[tuple[str, ...], float]]]


def faithfulness_values(stored: Iterable[StoredEstimate]) -> Values:
    """Gauge values of segments with an estimate; an unknown one has no value."""
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


def calibration_values(stored: Iterable[StoredEstimate]) -> Values:
    """The fitted shift with its 95 % interval, and the error without and with it."""
    values: Values = {
        metric_definitions.CALIBRATION_SHIFT: [],
        metric_definitions.CALIBRATION_ERROR: [],
        metric_definitions.CALIBRATION_LABELS: [],
    }
    for each in newest_of_service(stored):
        labels, estimate = (each.service, each.evaluator), each.estimate
        margin = 1.96 * estimate["standard_error"]
        shift = {"value": estimate["shift"]}
        interval = [estimate["shift"] - margin, estimate["shift"] + margin]
        values[metric_definitions.CALIBRATION_SHIFT] += _bounds(
            labels, shift | {"interval": interval}
        )
        values[metric_definitions.CALIBRATION_ERROR] += [
            ((*labels, "score"), estimate["error_before"]),
            ((*labels, "shifted"), estimate["error_after"]),
        ]
        values[metric_definitions.CALIBRATION_LABELS].append((labels, estimate["labels"]))
    return values


def training_values(stored: Iterable[StoredEstimate]) -> Values:
    """Training times of versions in use, and how much changed since."""
    values: Values = {
        metric_definitions.MODEL_TRAINED: [],
        metric_definitions.CHANGED_SINCE_TRAINING: [],
    }
    for each in stored:
        labels, estimate = (each.service, each.value), each.estimate
        trained = (labels, estimate["trained_ns"] / 1e9)
        values[metric_definitions.MODEL_TRAINED].append(trained)
        values[metric_definitions.CHANGED_SINCE_TRAINING] += _bounds(labels, estimate)
    return values


def missed_chunk_values(stored: Iterable[StoredEstimate]) -> Values:
    """Missed chunks by service and route."""
    values: Values = {metric_definitions.MISSED_CHUNKS: []}
    for each in stored:
        bounds = _bounds((each.service, each.value), each.estimate)
        values[metric_definitions.MISSED_CHUNKS] += bounds
    return values


def retrieval_values(stored: Iterable[StoredEstimate]) -> Values:
    values: Values = {
        metric_definitions.RETRIEVAL_PRECISION: [],
        metric_definitions.RETRIEVAL_RECALL: [],
        metric_definitions.RETRIEVAL_MRR: [],
        metric_definitions.RETRIEVAL_NDCG: [],
        metric_definitions.RETRIEVAL_LABELLED_TURNS: [],
    }
    for each in stored:
        for at in each.estimate["ranks"]:
            labels = (each.service, each.value, str(at["k"]))
            values[metric_definitions.RETRIEVAL_LABELLED_TURNS].append((labels, at["turns"]))
            for metric, name in (
                (metric_definitions.RETRIEVAL_PRECISION, "precision"),
                (metric_definitions.RETRIEVAL_RECALL, "recall"),
                (metric_definitions.RETRIEVAL_MRR, "mrr"),
                (metric_definitions.RETRIEVAL_NDCG, "ndcg"),
            ):
                if at.get(name) is not None:
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
