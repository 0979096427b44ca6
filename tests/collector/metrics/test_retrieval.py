"""What was retrieved, what it cost, and for whom, as metrics."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from groundwire_collector import metric_definitions
from groundwire_collector.errors import UsageError
from groundwire_collector.metrics.costs import Costs
from groundwire_collector.metrics.evaluations import version_labels
from groundwire_collector.metrics.prices import PriceList
from groundwire_collector.metrics.retrieval import IndexClock
from groundwire_collector.metrics.turns import tally
from groundwire_collector.settings import Settings
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Chunk, Route, Turn

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
PRICES = """
currency = "EUR"
[models."acme-*"]
input = 1.0
output = 4.0
cached_input = 0.5
"""


def turn(**facts: object) -> Turn:
    provided = {
        "trace_id": "a" * 32,
        "service": "bot",
        "started_at": NOON,
        "tenant": "north",
        **facts,
    }
    return Turn(**provided)  # type: ignore[arg-type]


def judged(turn: Turn, evaluator: str, value: float | None = None, **signals: float) -> JudgedTurn:
    evaluation = Evaluation(
        evaluator=evaluator, revision="1", state=State.SCORED, value=value, signals=signals
    )
    return JudgedTurn(turn, (evaluation,))


def counts(
    increments: Increments, metric: metric_definitions.MetricDefinition
) -> list[tuple[dict[str, str], float]]:
    return [
        (json.loads(labels), counter.value)
        for (name, labels), counter in increments.counters.items()
        if name == metric.name
    ]


def observed(increments: Increments, metric: metric_definitions.MetricDefinition) -> list[float]:
    return [h.total for (name, _), h in increments.histograms.items() if name == metric.name]


def test_the_signals_of_retrieval_are_observed_with_their_evaluator():
    increments = Increments()
    item = judged(turn(), "retrieval", 0.7, chunk_age_seconds=3600.0)
    used = judged(turn(), "grounding", context_utilization=0.5, supporting_chunk_rank=2.0)
    tally(increments, JudgedTurn(item.turn, (*item.evaluations, *used.evaluations)))
    assert observed(increments, metric_definitions.RETRIEVAL_RELEVANCE) == [0.7]
    assert observed(increments, metric_definitions.CHUNK_AGE) == [3600.0]
    assert observed(increments, metric_definitions.CONTEXT_UTILIZATION) == [0.5]
    assert observed(increments, metric_definitions.SUPPORTING_CHUNK_RANK) == [2.0]
    assert observed(increments, metric_definitions.DISTRACTOR_RATIO) == []


def test_an_empty_retrieval_is_counted_and_an_unretrieved_turn_is_not():
    for provided, expected in (
        (turn(), 1),
        (turn(chunks=(Chunk(text="x"),)), 0),
        (turn(route=Route.PARAMETRIC), 0),
        (turn(not_evaluable_reason="chunks unknown"), 0),
    ):
        increments = Increments()
        tally(increments, JudgedTurn(provided, ()))
        assert len(counts(increments, metric_definitions.EMPTY_RETRIEVALS)) == expected


def test_the_index_is_as_old_as_the_newest_sign_of_any_turn():
    clock, ages = IndexClock(), []
    for minutes, age in ((0, 3600.0), (1, 86400.0), (2, 60.0)):
        increments = Increments()
        at = turn(started_at=NOON + timedelta(minutes=minutes))
        clock.tally(increments, judged(at, "retrieval", index_age_seconds=age), version_labels(at))
        ages += observed(increments, metric_definitions.INDEX_AGE)
    assert ages == [3600.0, 3660.0, 60.0]


def test_a_turn_costs_what_the_price_file_says_and_one_without_a_price_is_no_zero(tmp_path: Path):
    file = tmp_path / "prices.toml"
    file.write_text(PRICES)
    costs, increments = Costs(PriceList.load(file)), Increments()
    for provided in (
        turn(model="acme-1", input_tokens=1_000_000, cached_tokens=400_000, output_tokens=250_000),
        turn(model="other", response_model="acme-1-0611", input_tokens=0, output_tokens=250_000),
        turn(model="nobody-knows", input_tokens=5, output_tokens=5),
        turn(model="acme-1"),
    ):
        costs.tally(increments, provided, version_labels(provided))
    [(labels, cost)] = counts(increments, metric_definitions.COST)
    assert cost == pytest.approx(0.6 + 0.2 + 1.0 + 1.0)
    assert labels["currency"] == "EUR"
    unpriced = {
        labels["reason"]: n for labels, n in counts(increments, metric_definitions.UNPRICED_TURNS)
    }
    assert unpriced == {"unknown_model": 1, "no_tokens": 1}


def test_without_a_price_file_nothing_is_counted(tmp_path: Path):
    increments = Increments()
    Costs.of(Settings(data_dir=tmp_path)).tally(increments, turn(input_tokens=5), {})
    assert increments.counters == {}


def test_a_broken_price_file_stops_the_start(tmp_path: Path):
    file = tmp_path / "prices.toml"
    file.write_text("currency = 'EUR'\n[models.a]\ninput = -1\noutput = 2\n")
    with pytest.raises(UsageError, match="price"):
        Costs.of(Settings(data_dir=tmp_path, prices=file))


def test_tokens_are_counted_by_kind():
    increments = Increments()
    spent = turn(input_tokens=9, output_tokens=5, cached_tokens=4, reasoning_tokens=0)
    tally(increments, JudgedTurn(spent, ()))
    kinds = {labels["kind"]: n for labels, n in counts(increments, metric_definitions.TOKENS)}
    assert kinds == {"input": 9, "output": 5, "cached": 4, "reasoning": 0}


def test_cached_tokens_that_come_beside_the_input_are_part_of_it_in_the_counter():
    increments = Increments()
    tally(increments, JudgedTurn(turn(input_tokens=9, cached_tokens=40), ()))
    kinds = {labels["kind"]: n for labels, n in counts(increments, metric_definitions.TOKENS)}
    assert kinds == {"input": 49, "cached": 40}


def test_turns_are_counted_by_tenant_only_where_the_deployment_opted_in():
    for by_tenant, expected in ((False, None), (True, "north")):
        increments = Increments(by_tenant=by_tenant)
        tally(increments, JudgedTurn(turn(), ()))
        [(labels, _)] = counts(increments, metric_definitions.TURNS)
        assert labels.get("tenant") == expected
