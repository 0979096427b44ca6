"""Each turn is counted by what it is, with the trace behind the number."""

import json
from datetime import UTC, datetime

from groundwire_collector import metric_definitions
from groundwire_collector.metrics.turns import tally, tally_reopened
from groundwire_collector.storage.counters import Exemplar, Increments
from groundwire_collector.storage.turns import JudgedTurn, StoredOutcome
from groundwire_evaluators.evaluation import Claim, Evaluation, State, Verdict
from groundwire_evaluators.turn import Turn

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TURN = Turn(
    trace_id="a" * 32,
    service="bot",
    model_version="v1",
    started_at=NOON,
    input_tokens=40,
    retrieval_seconds=0.5,
)


def counted(evaluation: Evaluation) -> Increments:
    increments = Increments()
    tally(increments, JudgedTurn(TURN, (evaluation,)))
    return increments


def values(
    increments: Increments, metric: metric_definitions.MetricDefinition, label: str
) -> dict[str, float]:
    return {
        json.loads(labels)[label]: counter.value
        for (name, labels), counter in increments.counters.items()
        if name == metric.name
    }


def claim(verdict: Verdict) -> Claim:
    return Claim(start=0, end=1, text="x", verdict=verdict)


def test_a_scored_turn_is_counted_with_its_claims_and_its_exemplar():
    increments = counted(
        Evaluation(
            evaluator="grounding",
            revision="1",
            state=State.SCORED,
            value=0.5,
            flagged=True,
            claims=(claim(Verdict.SUPPORTED), claim(Verdict.UNSUPPORTED)),
            signals={"p_unsupported": 0.75},
        )
    )
    assert values(increments, metric_definitions.TURNS, "route") == {"retrieval": 1}
    assert values(increments, metric_definitions.CLAIMS, "verdict") == {
        "supported": 1,
        "unsupported": 1,
    }
    assert values(increments, metric_definitions.EVALUATIONS, "state") == {"scored": 1}
    assert values(increments, metric_definitions.FLAGGED_TURNS, "service") == {"bot": 1}
    assert values(increments, metric_definitions.TOKENS, "kind") == {"input": 40}
    [histogram] = [
        histogram
        for (name, _), histogram in increments.histograms.items()
        if name == metric_definitions.P_UNSUPPORTED.name
    ]
    assert histogram.total == 0.75
    assert Exemplar("a" * 32, 0.75, NOON.timestamp()) in histogram.exemplars


def test_what_a_reader_model_read_is_counted_with_its_seconds():
    signals = {"p_unsupported": 0.1, "reader_claims": 3.0, "reader_seconds": 0.02}
    increments = counted(
        Evaluation(
            evaluator="grounding", revision="1", state=State.SCORED, value=1.0, signals=signals
        )
    )
    assert values(increments, metric_definitions.READER_CLAIMS, "service") == {"bot": 3}
    assert values(increments, metric_definitions.READER_SECONDS, "service") == {"bot": 0.02}


def test_a_refusal_is_counted_as_that_and_enters_no_histogram_of_scores():
    increments = counted(Evaluation(evaluator="grounding", revision="1", state=State.REFUSAL))
    assert values(increments, metric_definitions.EVALUATIONS, "state") == {"refusal": 1}
    names = {name for name, _ in increments.histograms}
    assert names == {metric_definitions.RETRIEVAL_DURATION.name}


def test_a_reopened_turn_is_counted_as_that_alone_where_its_judgements_are_the_same():
    increments = Increments()
    refusal = Evaluation(evaluator="grounding", revision="1", state=State.REFUSAL)
    before = StoredOutcome(route="parametric", states={("grounding", "1"): "refusal"})
    tally_reopened(increments, JudgedTurn(TURN, (refusal,)), before)
    assert {name for name, _ in increments.counters} == {metric_definitions.TURNS_REOPENED.name}
    assert values(increments, metric_definitions.TURNS_REOPENED, "was") == {"parametric": 1}
    assert not increments.histograms


def test_a_judgement_that_came_out_new_is_counted_and_the_old_one_as_superseded():
    increments = Increments()
    before = StoredOutcome(route="parametric", states={("grounding", "1"): "no_context"})
    scored = Evaluation(evaluator="grounding", revision="1", state=State.SCORED, value=1.0)
    tally_reopened(increments, JudgedTurn(TURN, (scored,)), before)
    assert values(increments, metric_definitions.EVALUATIONS, "state") == {"scored": 1}
    superseded = values(increments, metric_definitions.EVALUATIONS_SUPERSEDED, "state")
    assert superseded == {"no_context": 1}


def test_what_an_answer_follows_is_counted_from_the_passive_signal():
    signals = {"checkable": 2.0, "novel": 1.0, "overrides": 1.0}
    increments = counted(
        Evaluation(
            evaluator="override", revision="1", state=State.SCORED, value=1.0, signals=signals
        )
    )
    assert values(increments, metric_definitions.RELIANCE_OUTCOMES, "source") == {"passive": 1}
    assert values(increments, metric_definitions.RELIANCE_OUTCOMES, "outcome") == {"both": 1}


def test_a_refusal_that_a_chunk_could_have_answered_is_counted_as_false():
    for signal, count in ((1.0, {"grounding": 1}), (0.0, {})):
        increments = counted(
            Evaluation(
                evaluator="grounding",
                revision="1",
                state=State.REFUSAL,
                signals={"false_refusal": signal},
            )
        )
        assert values(increments, metric_definitions.FALSE_REFUSALS, "evaluator") == count


def test_what_became_of_the_right_chunk_is_counted_by_outcome():
    for state, value, answering, outcome in (
        (State.SCORED, 1.0, 1.0, "used"),
        (State.REFUSAL, None, 1.0, "ignored"),
        (State.REFUSAL, None, 0.0, "missing"),
        (State.SCORED, 0.5, 0.0, "missing"),
    ):
        claim = Claim(start=0, end=1, text="a", verdict=Verdict.SUPPORTED, chunk=3)
        increments = counted(
            Evaluation(
                evaluator="grounding",
                revision="1",
                state=state,
                value=value,
                claims=(claim,) if state is State.SCORED else (),
                signals={"answering_chunk": answering},
            )
        )
        assert values(increments, metric_definitions.CHUNK_OUTCOMES, "outcome") == {outcome: 1}
        placed = {"3-4": 1} if state is State.SCORED else {}
        assert values(increments, metric_definitions.SUPPORTED_CLAIMS, "place") == placed
