"""Counters of events that never happened are 0 wherever their labels are known."""

import json

from sqlalchemy import Engine

from groundwire_collector import metric_definitions as metrics
from groundwire_collector.judges.budget import SkipReason
from groundwire_collector.llm.client import CallFailure
from groundwire_collector.metric_definitions import (
    MetricDefinition,
    MetricKind,
    committed_metrics,
)
from groundwire_collector.metrics.exposition import Exposition
from groundwire_collector.metrics.text_format import CommittedLines
from groundwire_collector.metrics.zero_counters import (
    CALL_FAILURES,
    REPLY_PROBLEMS,
    RULES,
    RUN_STATES,
    SKIP_REASONS,
    STALE_OUTCOMES,
    never_counted,
)
from groundwire_collector.storage import counters
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.label_sets import CAP, Key, canonical
from groundwire_collector.storage.probe_runs import RunState
from groundwire_evaluators.judges.chat import ReplyProblem
from groundwire_evaluators.reliance.passive import StaleOutcome

BOT = {"service": "bot", "model_version": "v1", "prompt_version": "", "index_version": ""}
GROUNDING = {**BOT, "evaluator": "grounding", "revision": "3"}


def key(metric: MetricDefinition, labels: dict[str, str]) -> Key:
    return metric.name, canonical(labels)


def zeros(metric: MetricDefinition, *known: Key, cap: int = CAP) -> list[dict[str, str]]:
    return [json.loads(text) for name, text in never_counted(known, cap) if name == metric.name]


def test_a_version_without_a_flagged_turn_has_flagged_none():
    scored = key(metrics.P_UNSUPPORTED, GROUNDING)
    assert zeros(metrics.FLAGGED_TURNS, scored) == [GROUNDING]
    assert zeros(metrics.FLAGGED_TURNS, scored, key(metrics.FLAGGED_TURNS, GROUNDING)) == []
    assert zeros(metrics.FLAGGED_TURNS) == []  # nothing is evaluated: that is not a zero


def test_the_other_values_of_a_closed_set_are_zero_where_one_was_counted():
    supported = key(metrics.CLAIMS, {**GROUNDING, "verdict": "supported"})
    found = {labels["verdict"] for labels in zeros(metrics.CLAIMS, supported)}
    assert found == {"unsupported", "contradicted", "not_a_claim"}


def test_what_a_deployment_does_not_use_has_no_zeros():
    turns = key(metrics.TURNS, {**BOT, "route": "retrieval"})
    known = (turns, key(metrics.EVALUATIONS, {**GROUNDING, "state": "scored"}))
    for metric in (metrics.CITATIONS, metrics.PROBE_RUNS, metrics.JUDGE_PAUSES, metrics.COST):
        assert zeros(metric, *known) == []
    assert zeros(metrics.UNPRICED_TURNS, *known) == []  # there is no price file


def test_turns_that_have_a_price_all_of_them_show_that_none_lacks_one():
    cost = key(metrics.COST, {**BOT, "currency": "USD"})
    assert zeros(metrics.UNPRICED_TURNS, cost) == [
        {**BOT, "reason": reason} for reason in ("no_tokens", "unknown_model")
    ]


def test_a_turn_that_is_read_again_keeps_its_route_in_the_zero():
    turns = key(metrics.TURNS, {**BOT, "route": "cache"})
    reopened = {**BOT, "route": "cache", "was": "cache"}
    assert zeros(metrics.TURNS_REOPENED, turns) == [reopened]


def test_a_tenant_has_zeros_of_its_own():
    scored = key(metrics.P_UNSUPPORTED, {**GROUNDING, "tenant": "acme"})
    assert zeros(metrics.FLAGGED_TURNS, scored) == [{**GROUNDING, "tenant": "acme"}]


def test_zeros_leave_the_reserve_of_the_series_limit_free_and_are_the_same_every_time():
    known = [key(metrics.P_UNSUPPORTED, {**GROUNDING, "model_version": f"v{n}"}) for n in range(99)]
    shown = zeros(metrics.FLAGGED_TURNS, *known, cap=50)
    assert len(shown) == 20
    assert shown == zeros(metrics.FLAGGED_TURNS, *reversed(known), cap=50)
    counted = [
        key(metrics.FLAGGED_TURNS, {**GROUNDING, "model_version": f"v{n}"}) for n in range(30)
    ]
    assert zeros(metrics.FLAGGED_TURNS, *known, *counted, cap=50) == []


def test_rules_name_labels_of_their_metrics_and_the_values_that_are_counted():
    for rule in RULES:
        assert rule.values.keys() | rule.copied.keys() <= set(rule.metric.labels), rule.metric.name
        assert rule.metric.kind is MetricKind.COUNTER
        shared = set(rule.metric.labels) - rule.values.keys() - rule.copied.keys()
        assert all(shared <= set(source.labels) for source in rule.of), rule.metric.name
    assert set(SKIP_REASONS) == set(SkipReason)
    assert set(CALL_FAILURES) == set(CallFailure)
    assert {*REPLY_PROBLEMS, "nonsense"} == set(ReplyProblem)
    assert set(STALE_OUTCOMES) == set(StaleOutcome)
    assert {*RUN_STATES, "running"} == set(RunState)


# Amounts, which no event adds to, and events whose labels are known with them only.
WITHOUT_ZEROS = {
    *(metrics.SESSIONS, metrics.READER_CLAIMS, metrics.READER_SECONDS, metrics.TOKENS),
    *(metrics.COST, metrics.PROBE_TOKENS, metrics.JUDGE_TOKENS, metrics.JUDGE_COST),
    metrics.TRACES_WITHOUT_TURN,
}


def test_every_counter_of_events_has_zeros_or_is_known_to_have_none():
    found = {metric for metric in committed_metrics() if metric.kind is MetricKind.COUNTER}
    from_start = {metrics.TRACES_FAILED, metrics.SERIES_OVERFLOWED, metrics.SERIES_EVICTED}
    assert found - {rule.metric for rule in RULES} - from_start == WITHOUT_ZEROS


def test_failed_traces_and_dropped_series_are_zero_from_the_start(engine: Engine):
    page = Exposition(engine).render()[0].decode()
    assert "\ngroundwire_traces_failed_total 0.0\n" in page
    assert '\ngroundwire_series_evicted_total{metric="groundwire_turns"} 0.0\n' in page


def test_a_zero_becomes_the_count_when_it_happens_in_both_formats(engine: Engine):
    lines = CommittedLines()
    pages = []
    for by in (0, 2):
        increments = Increments()
        increments.observe(metrics.P_UNSUPPORTED, GROUNDING, 0.9)
        if by:
            increments.count(metrics.FLAGGED_TURNS, GROUNDING, by)
        with engine.begin() as connection:
            counters.add(connection, increments, 1)
            pages.append([lines.render(connection, is_open) for is_open in (True, False)])
    for before, after in zip(*pages, strict=True):
        [zero] = [line for line in before.splitlines() if "flagged_turns_total{" in line]
        [two] = [line for line in after.splitlines() if "flagged_turns_total{" in line]
        assert zero.replace(" 0.0", " 2.0") == two
