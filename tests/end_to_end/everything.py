"""Something of every metric, counted into a live collector by the verbs it counts with itself."""

import time
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import httpx
from sqlalchemy import Connection, Engine, insert

from groundwire_collector import metric_definitions
from groundwire_collector.metric_definitions import MetricDefinition, MetricKind, committed_metrics
from groundwire_collector.storage import counters
from groundwire_collector.storage.baselines import BEHAVIOUR_OF_SERVICE
from groundwire_collector.storage.counters import Exemplar, Increments
from groundwire_collector.storage.tables.drift import (
    ALARM,
    BASELINE,
    DETECTOR,
    DIMENSION_VALUE,
    MONITOR,
)
from groundwire_collector.storage.tables.judging import EVALUATOR_REVISION, GOLDEN_RUN, JUDGE_TASK
from groundwire_collector.storage.tables.labels import ESTIMATE

LABELS = {
    "service": ("bot",),
    "model_version": ("ft-1", "ft-2"),
    "prompt_version": ("p-1", "p-2"),
    "index_version": ("2026-10", "2026-11"),
    "evaluator": ("grounding", "llm_judge", "memorized_override", "retrieval"),
    "revision": ("1",),
    "route": ("retrieval", "parametric"),
    "was": ("retrieval",),
    "state": ("scored", "failed", "no_context"),
    "verdict": ("supported", "unsupported"),
    "outcome": ("context", "parametric", "both", "used", "ignored", "missing"),
    "place": ("first", "middle", "last"),
    "source": ("passive", "closed_book", "probe"),
    "arm": ("conflict",),
    "stratum": ("fresh",),
    "sufficient": ("true",),
    "result": ("answered",),
    "reason": ("rate",),
    "currency": ("USD",),
    "metric": ("groundwire_turns",),
    "kind": ("input", "output"),
    "family": ("openinference",),
    "trait": ("invalid_json", "broken_json", "refusal", "citations", "emoji"),
    "present": ("yes", "no"),
}
RARE = {  # parts of what others count
    metric_definitions.FLAGGED_TURNS,
    metric_definitions.MEMORIZED_OVERRIDES,
    metric_definitions.SELF_REPORTED_MEMORY_ANSWERS,
    metric_definitions.REFUSALS,
    metric_definitions.EMPTY_RETRIEVALS,
}
OFTEN = 10
TRACE = "0123456789abcdef" * 2


def count(engine: Engine) -> None:
    """One more of every counter, and observations in every histogram."""
    increments = Increments()
    for metric in committed_metrics():
        for labels in label_sets(metric):
            if metric.kind is MetricKind.COUNTER:
                increments.count(metric, labels, 1 if metric in RARE else OFTEN)
            elif metric.kind is MetricKind.HISTOGRAM:
                _observe(increments, metric, labels)
    with engine.begin() as connection:
        counters.add(connection, increments, time.time_ns())


def label_sets(metric: MetricDefinition) -> Iterator[dict[str, str]]:
    if metric.kind is MetricKind.GAUGE:
        return
    for chosen in product(*(LABELS[name] for name in metric.labels)):
        yield dict(zip(metric.labels, chosen, strict=True))


def _observe(increments: Increments, metric: MetricDefinition, labels: Mapping[str, str]) -> None:
    for number in range(OFTEN):
        value = metric.buckets[number % len(metric.buckets)]
        increments.observe(metric, labels, value, Exemplar(TRACE, value, time.time()))


def show(connection: Connection) -> None:
    """What gauges read: an open alarm, its evidence, a baseline, a judge's queue, estimates."""
    now = time.time_ns()
    stream = {
        "service": "bot",
        "signal": "p_unsupported",
        "dimension": "model_version",
        "value": "ft-2",
    }
    times = dict.fromkeys(("raised_ns", "changed_ns", "changed_from_ns", "changed_until_ns"), now)
    sizes = {"size": 0.2, "size_low": 0.1, "size_high": 0.3}
    identity = {"service": "bot", "signal": "p_unsupported", "revision": "1"}
    known = {"baseline": {"n": 200, "mean": 0.1}, "flagged": 10}
    words = {"signal": "behaviour_words", "details": {"direction": "up"}}
    level = {"statistic": 0.4, "before": 100.0, "now": 130.0}
    task = {"turn_id": "t", "judge": "llm_judge", "service": "bot", "probability": 0.5}
    for table, row in (
        (ALARM, {**stream, "cause": "model", **times, **sizes}),
        (ALARM, {**stream, **words, "cause": "model", **times, **sizes}),
        (MONITOR, {"part": f"{BEHAVIOUR_OF_SERVICE}bot", "state": {"gauges": {"words": level}}}),
        (DETECTOR, {**stream, "revision": "1", "statistic": 1.5, "updated_ns": now, "state": {}}),
        (BASELINE, {**identity, "pinned_ns": now, "state": known}),
        (JUDGE_TASK, {**task, "sampled_ns": now, "due_ns": now + 10**15}),
        (GOLDEN_RUN, _replay(now)),
        (EVALUATOR_REVISION, {"evaluator": "grounding", "revision": "1", "first_seen_ns": now}),
        (ESTIMATE, _estimate("faithfulness", "ft-1", now, _faithfulness())),
        (ESTIMATE, _estimate("faithfulness", "ft-2", now, _faithfulness())),
        (ESTIMATE, _estimate("training", "ft-1", now, _training(now))),
        (ESTIMATE, _estimate("training", "ft-2", now, _training(now))),
        (ESTIMATE, _estimate("calibration", "1", now, _calibration())),
        (ESTIMATE, _estimate("retrieval", "2026-11", now, {"ranks": [_rank()]})),
        (
            ESTIMATE,
            _estimate("missed_chunks", "parametric", now, {"value": 0.2, "interval": [0, 1]}),
        ),
    ):
        connection.execute(insert(table), row)
    connection.execute(insert(DIMENSION_VALUE), [*_versions(now)])


def _versions(now_ns: int) -> Iterator[dict[str, Any]]:
    """The older and the newest version of each kind."""
    for name in metric_definitions.VERSION_LABELS[1:]:
        for position, value in enumerate(LABELS[name], start=1):
            row = {"service": "bot", "dimension": name, "value": value, "position": position}
            yield {**row, "first_seen_ns": now_ns + position}


def _replay(now_ns: int) -> dict[str, Any]:
    bounds = {"lower": 0.8, "mean": 0.9, "upper": 0.95}
    summary = {
        "states": {"scored": 90, "failed": 10},
        "measures": dict.fromkeys(("agreement", "sensitivity", "specificity"), bounds),
        "flips": {"right": 1, "wrong": 3},
    }
    names = {"judge": "llm_judge", "evaluator": "llm_judge", "revision": "1", "digest": "d"}
    return {**names, "started_ns": now_ns, "ended_ns": now_ns, "summary": summary}


def _estimate(kind: str, value: str, now_ns: int, reported: dict[str, Any]) -> dict[str, Any]:
    labels = {"kind": kind, "service": "bot", "value": value, "reference": "human"}
    return {**labels, "evaluator": "", "updated_ns": now_ns, "estimate": reported, "sequence": {}}


def _faithfulness() -> dict[str, Any]:
    bounded = {"value": 0.9, "interval": [0.8, 0.95]}
    return {**bounded, "anytime": {"value": -0.1, "interval": [-0.2, 0.0]}} | {
        "labels": 40,
        "effective": 90.0,
    }


def _training(now_ns: int) -> dict[str, Any]:
    trained_ns = now_ns - 10**15
    return {"trained_ns": trained_ns, "value": 0.2, "interval": [0.1, 0.3], "turns": 90}


def _calibration() -> dict[str, Any]:
    errors = {"error_before": 0.12, "error_after": 0.05}
    return {"shift": 0.8, "standard_error": 0.2, "labels": 40, **errors}


def _rank() -> dict[str, Any]:
    return {"k": 5, "turns": 12, "precision": 0.6, "recall": 0.8, "mrr": 0.7, "ndcg": 0.75}


def send_span(url: str, key: str) -> None:
    """One span of no turn, by OTLP."""
    now = time.time_ns()
    span = {
        "traceId": f"{now:032x}",
        "spanId": f"{now:016x}"[-16:],
        "name": "warm up",
        "startTimeUnixNano": str(now),
        "endTimeUnixNano": str(now),
    }
    name = {"key": "service.name", "value": {"stringValue": "indexer"}}
    resource = {"resource": {"attributes": [name]}, "scopeSpans": [{"spans": [span]}]}
    headers = {"authorization": f"Bearer {key}"}
    document = {"resourceSpans": [resource]}
    httpx.post(f"{url}/v1/traces", json=document, headers=headers, timeout=20).raise_for_status()
