"""The gauges of estimates, as the worker kept them last."""

from collections.abc import Iterable, Mapping
from typing import Any

from groundwire_collector import catalogue
from groundwire_collector.catalogue import Metric
from groundwire_collector.storage.estimates import KeptEstimate

Values = dict[Metric, list[tuple[tuple[str, ...], float]]]


def faithfulness_values(kept: Iterable[KeptEstimate]) -> Values:
    """Of segments that have an estimate; one that is not known has no number."""
    values: Values = {
        catalogue.FAITHFULNESS_ESTIMATE: [],
        catalogue.FAITHFULNESS_SINCE_BASELINE: [],
        catalogue.FAITHFULNESS_LABELS: [],
        catalogue.FAITHFULNESS_EFFECTIVE_LABELS: [],
    }
    for each in kept:
        told, labels = each.estimate, (each.service, each.value, each.evaluator, each.reference)
        values[catalogue.FAITHFULNESS_ESTIMATE] += _bounds(labels, told)
        values[catalogue.FAITHFULNESS_SINCE_BASELINE] += _bounds(labels, told["anytime"] or {})
        values[catalogue.FAITHFULNESS_LABELS].append((labels, told["labels"]))
        if told["value"] is not None:
            values[catalogue.FAITHFULNESS_EFFECTIVE_LABELS].append((labels, told["effective"]))
    return values


def retrieval_values(kept: Iterable[KeptEstimate]) -> Values:
    values: Values = {
        catalogue.RETRIEVAL_PRECISION: [],
        catalogue.RETRIEVAL_RECALL: [],
        catalogue.RETRIEVAL_LABELLED_TURNS: [],
    }
    for each in kept:
        for at in each.estimate["ranks"]:
            labels = (each.service, each.value, str(at["k"]))
            values[catalogue.RETRIEVAL_LABELLED_TURNS].append((labels, at["turns"]))
            for metric, name in (
                (catalogue.RETRIEVAL_PRECISION, "precision"),
                (catalogue.RETRIEVAL_RECALL, "recall"),
            ):
                if at[name] is not None:
                    values[metric].append((labels, at[name]))
    return values


def _bounds(
    labels: tuple[str, ...], told: Mapping[str, Any]
) -> list[tuple[tuple[str, ...], float]]:
    if told.get("value") is None:
        return []
    low, high = told["interval"]
    pairs = (("lower", low), ("mean", told["value"]), ("upper", high))
    return [((*labels, bound), value) for bound, value in pairs]
