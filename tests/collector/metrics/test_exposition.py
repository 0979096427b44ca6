"""What Prometheus reads is what was committed: totals, buckets, exemplars, gauges."""

import random
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain_text
from sqlalchemy import Engine, insert, update

from groundwire_collector.drift import checkpoint
from groundwire_collector.drift.config import MonitorConfig
from groundwire_collector.drift.detector_state import StatisticPeak
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.metric_definitions import EVALUATIONS, FAITHFULNESS, TURNS, all_metrics
from groundwire_collector.metrics.exposition import CommittedGauges, Exposition
from groundwire_collector.receiver_metrics import ReceiverMetrics
from groundwire_collector.settings import Settings
from groundwire_collector.storage import counters, progress
from groundwire_collector.storage.counters import Exemplar, Increments
from groundwire_collector.storage.engine import make_schema, open_engine
from groundwire_collector.storage.tables.drift import ALARM, DETECTOR
from groundwire_collector.storage.tables.spans import ARRIVAL
from groundwire_collector.storage.tables.turns import PENDING_TRACE
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_collector.web.api import metrics
from groundwire_evaluators.drift import AlarmBudget
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

LABELS = {"service": "bot", "model_version": 'v"1\\\n', "evaluator": "grounding", "revision": "1"}
TRACE = "0123456789abcdef" * 2
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(Settings(data_dir=tmp_path))
    make_schema(engine)
    return engine


def count_three_turns(engine: Engine) -> None:
    increments = Increments()
    for value in (0.2, 1.0, 1.0):
        exemplar = Exemplar(TRACE, value, 1_700_000_000.5)
        increments.count(TURNS, LABELS | {"route": "retrieval"}, exemplar=exemplar)
        increments.observe(FAITHFULNESS, LABELS, value, exemplar)
    with engine.begin() as connection:
        counters.add(connection, increments, NOW)


def client(engine: Engine) -> TestClient:
    app = FastAPI()
    app.state.exposition = Exposition(engine, ReceiverMetrics().registry)
    app.include_router(metrics.router)
    return TestClient(app)


def samples(engine: Engine, accept: str = OPENMETRICS):
    text = Exposition(engine).render(accept)[0].decode()
    parse = openmetrics if "openmetrics" in accept else plain_text
    return [sample for family in parse(text) for sample in family.samples]


def turns_counted(engine: Engine, accept: str = OPENMETRICS):
    [turns] = [s for s in samples(engine, accept) if s.name == "groundwire_turns_total" and s.value]
    return turns


def gauge(engine: Engine, name: str, now_ns: int = NOW) -> list[tuple[dict[str, str], float]]:
    with engine.connect() as connection:
        families = list(CommittedGauges(connection, now_ns).collect())
    return [
        (s.labels, s.value) for family in families if family.name == name for s in family.samples
    ]


def test_openmetrics_carries_the_trace_of_a_turn_in_each_bucket(engine):
    count_three_turns(engine)
    buckets = {
        sample.labels["le"]: sample
        for sample in samples(engine)
        if sample.name == "groundwire_faithfulness_bucket"
    }
    assert {le: buckets[le].value for le in ("0.1", "0.2", "0.99", "1.0", "+Inf")} == {
        "0.1": 0,
        "0.2": 1,
        "0.99": 1,
        "1.0": 3,
        "+Inf": 3,
    }
    exemplar = buckets["0.2"].exemplar
    assert (exemplar.labels, exemplar.value) == ({"trace_id": TRACE}, 0.2)
    assert buckets["0.1"].exemplar is None


def test_sums_and_counts_allow_the_mean_to_be_computed(engine):
    count_three_turns(engine)
    found = {s.name: s.value for s in samples(engine) if s.name.startswith("groundwire_faith")}
    assert found["groundwire_faithfulness_sum"] == pytest.approx(2.2)
    assert found["groundwire_faithfulness_count"] == 3


def test_a_label_value_of_any_text_is_read_back_as_it_was(engine):
    count_three_turns(engine)
    for accept in (OPENMETRICS, "text/plain"):
        turns = turns_counted(engine, accept)
        assert (turns.value, turns.labels["model_version"]) == (3, LABELS["model_version"])


def test_a_counter_goes_on_where_it_was_in_a_new_process(engine, tmp_path):
    count_three_turns(engine)
    engine.dispose()
    reopened = open_engine(Settings(data_dir=tmp_path))
    count_three_turns(reopened)
    turns = turns_counted(reopened)
    assert turns.value == 6


def test_the_scraper_chooses_the_format(engine):
    for accept, content_type in (
        (OPENMETRICS, "application/openmetrics-text"),
        ("*/*", "text/plain"),
        (None, "text/plain"),
    ):
        answer = client(engine).get("/metrics", headers={"accept": accept} if accept else {})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(content_type)
        assert answer.text.endswith("# EOF\n") == ("openmetrics" in content_type)
    assert client(engine).head("/metrics").status_code == 200


def test_every_metric_of_the_catalogue_is_announced(engine):
    page = client(engine).get("/metrics", headers={"accept": OPENMETRICS}).text
    for metric in all_metrics():
        assert f"# TYPE {metric.name} {metric.kind}\n" in page


@pytest.mark.needs("prometheus")
def test_promtool_has_nothing_to_say_against_our_metrics(engine):
    count_three_turns(engine)
    raise_alarm(engine)
    page = client(engine).get("/metrics").content
    check = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True)
    assert (check.returncode, check.stdout + check.stderr) == (0, b"")


def raise_alarm(engine: Engine, resolved_ns: int | None = None) -> None:
    where = {
        "service": "bot",
        "signal": "p_unsupported",
        "dimension": "model_version",
        "value": "v2",
    }
    row = {
        **where,
        "cause": "model",
        "raised_ns": NOW,
        "changed_ns": 1_700_000_000 * SECOND,
        "changed_from_ns": NOW,
        "changed_until_ns": NOW,
        "size": 0.1,
        "size_low": 0.05,
        "size_high": 0.2,
        "resolved_ns": resolved_ns,
    }
    detector = {**where, "statistic": 1.7, "updated_ns": NOW, "state": {}, "revision": "1"}
    with engine.begin() as connection:
        connection.execute(insert(ALARM), [row])
        connection.execute(insert(DETECTOR).prefix_with("OR REPLACE"), [detector])


def test_an_open_alarm_shows_what_changed_and_since_when(engine):
    raise_alarm(engine)
    labels = {
        "service": "bot",
        "signal": "p_unsupported",
        "dimension": "model_version",
        "value": "v2",
        "cause": "model",
    }
    assert gauge(engine, "groundwire_drift_alarm") == [(labels, 1)]
    changed = gauge(engine, "groundwire_drift_change_timestamp_seconds")
    assert changed == [(labels, 1_700_000_000)]
    sizes = gauge(engine, "groundwire_drift_size")
    assert sizes == [
        ({**labels, "bound": bound}, size)
        for bound, size in (("lower", 0.05), ("mean", 0.1), ("upper", 0.2))
    ]
    error = gauge(engine, "groundwire_drift_change_bound_timestamp_seconds")
    assert error == [({**labels, "bound": bound}, 1_800_000_000) for bound in ("from", "until")]
    del labels["cause"]
    assert gauge(engine, "groundwire_drift_statistic") == [(labels, 1.7)]


def test_evidence_stays_at_its_alarm_while_it_is_open_though_the_detector_starts_anew(engine):
    raise_alarm(engine)
    with engine.begin() as connection:
        connection.execute(update(DETECTOR).values(statistic=0.0))
    [(labels, value)] = gauge(engine, "groundwire_drift_statistic")
    assert (labels["value"], value) == ("v2", 1.0)
    with engine.begin() as connection:
        connection.execute(update(ALARM).values(resolved_ns=1))
    [(_, value)] = gauge(engine, "groundwire_drift_statistic")
    assert value == 0.0


def test_evidence_is_its_maximum_over_this_and_the_last_minute_for_every_scraper(engine):
    clock = [NOW]

    def evidence() -> float:
        [(_, value)] = gauge(engine, "groundwire_drift_statistic", clock[0])
        return value

    store_peak(engine, StatisticPeak().raised(0.7, NOW).raised(0.2, NOW), statistic=0.2)
    assert [evidence() for _ in range(3)] == [0.7] * 3  # nobody takes it from anybody
    clock[0] += 60 * SECOND
    assert evidence() == 0.7
    clock[0] += 60 * SECOND
    assert evidence() == 0.2


@pytest.mark.parametrize("interval", [5, 15, 30, 60])
def test_no_scrape_interval_up_to_a_minute_misses_a_maximum(engine, interval):
    draw, peak = random.Random(interval), StatisticPeak()
    clock, reached, seen = NOW, 0.0, 0.0
    store_peak(engine, peak, 0.0)
    for second in range(1, 601):
        clock = NOW + second * SECOND
        if draw.random() < 0.3:
            statistic = draw.random() ** 4
            reached = max(reached, statistic)
            peak = peak.raised(statistic, clock)
            store_peak(engine, peak, statistic)
        if second % interval == 0:
            [(_, seen)] = gauge(engine, "groundwire_drift_statistic", clock)
            assert seen >= reached
            reached = 0.0
    assert seen


def test_a_worker_whose_clock_is_ahead_shows_its_maximum_at_once(engine):
    store_peak(engine, StatisticPeak().raised(0.7, NOW + 90 * SECOND), statistic=0.1)
    assert gauge(engine, "groundwire_drift_statistic")[0][1] == 0.7


def store_peak(engine: Engine, peak: StatisticPeak, statistic: float) -> None:
    where = {"service": "bot", "signal": "override", "revision": "1", "dimension": "", "value": ""}
    row = {**where, "statistic": statistic, "updated_ns": NOW, "state": {}}
    row |= {"peak": peak.largest, "recent_peak": peak.recent, "peak_window": peak.window}
    with engine.begin() as connection:
        connection.execute(insert(DETECTOR).prefix_with("OR REPLACE"), [row])


def test_a_baseline_is_shown_once_it_is_pinned_and_with_its_flagged_turns(engine):
    budget = AlarmBudget.parse("1 per 30d")
    monitor = Monitor(MonitorConfig(budget, baseline_turns=50, baseline_days=0))
    for number in range(50):
        assert gauge(engine, "groundwire_baseline_turns") == []
        bad = number % 10 == 0
        scores = {"state": State.SCORED, "flagged": bad, "signals": {"p_unsupported": 0.7 * bad}}
        evaluation = Evaluation(evaluator="grounding", revision="7", **scores)
        turn = Turn(id=str(number), service="bot", started_at=datetime.fromtimestamp(number, UTC))
        monitor.observe([JudgedTurn(turn, (evaluation,))])
        with engine.begin() as connection:
            checkpoint.keep(connection, monitor)
            monitor = checkpoint.recall(connection, Settings(baseline_turns=50, baseline_days=0))
    labels = {"service": "bot", "signal": "p_unsupported", "revision": "7"}
    assert (labels, 50) in gauge(engine, "groundwire_baseline_turns")
    assert gauge(engine, "groundwire_baseline_flagged_turns") == [(labels, 5)]
    [loss] = [x for found, x in gauge(engine, "groundwire_baseline_losses") if found == labels]
    assert loss == pytest.approx(3.5)


def test_a_resolved_alarm_is_no_longer_shown_and_a_repeated_one_is_shown_once(engine):
    raise_alarm(engine, resolved_ns=NOW)
    assert gauge(engine, "groundwire_drift_alarm") == []
    raise_alarm(engine)
    raise_alarm(engine)
    assert len(gauge(engine, "groundwire_drift_alarm")) == 1


def test_the_lag_is_the_age_of_the_oldest_work_the_worker_owes(engine):
    [(_, lag)] = gauge(engine, "groundwire_evaluation_lag_seconds")
    assert lag == 0
    pending = {"trace_id": TRACE, "last_received_ns": NOW, "root_ended": True}
    with engine.begin() as connection:
        rows = [pending | {"due_ns": NOW - 7 * SECOND}]
        connection.execute(insert(PENDING_TRACE), rows)
    [(_, lag)] = gauge(engine, "groundwire_evaluation_lag_seconds")
    assert lag == 7
    [(_, lag)] = gauge(engine, "groundwire_evaluation_lag_seconds", NOW - 8 * SECOND)
    assert lag == 0  # not due yet


def test_a_worker_that_stopped_shows_as_a_growing_lag(engine):
    arrival = {"trace_id": bytes(15) + b"1", "closes": True, "complete": False}
    with engine.begin() as connection:
        rows = [arrival | {"received_ns": NOW + i * SECOND} for i in range(3)]
        connection.execute(insert(ARRIVAL), rows)
        progress.move_to(connection, 1)
    for age in (5, 50):
        [(_, lag)] = gauge(engine, "groundwire_evaluation_lag_seconds", NOW + (1 + age) * SECOND)
        assert lag == age


def test_a_collector_that_only_stores_owes_no_judgement(engine):
    with engine.connect() as connection:
        families = list(CommittedGauges(connection, NOW, judges=False).collect())
    [lag] = [f for f in families if f.name == "groundwire_evaluation_lag_seconds"]
    assert lag.samples == []


def test_failed_judgements_do_not_count_as_evaluation(engine):

    for service, state, moment in (
        ("bot", "scored", 5),
        ("bot", "failed", 9),
        ("new", "failed", 9),
    ):
        increments = Increments()
        increments.count(EVALUATIONS, {"service": service, "state": state})
        with engine.begin() as connection:
            counters.add(connection, increments, moment * SECOND)
    assert gauge(engine, "groundwire_last_evaluation_timestamp_seconds") == [
        ({"service": "bot"}, 5)
    ]


def test_a_store_that_cannot_be_read_is_an_answer_of_503(tmp_path):
    engine = open_engine(Settings(data_dir=tmp_path))  # no schema
    assert client(engine).get("/metrics").status_code == 503
