"""Each source is counted under its own name; failed probes are no outcome."""

from json import loads

from groundwire_collector.metric_definitions import VERSION_LABELS
from groundwire_collector.metrics.reliance import (
    OutcomeSource,
    count_closed_book,
    count_outcome,
    count_passive,
    count_passive_signals,
    count_probes,
    count_stale,
)
from groundwire_collector.storage.counters import Increments
from groundwire_evaluators.reliance import Override
from groundwire_evaluators.reliance.closed_book import compare_closed_book
from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.reliance.passive import StaleOutcome
from groundwire_evaluators.reliance.probe import load_pack
from groundwire_evaluators.reliance.probe.arms import Arm, trials
from groundwire_evaluators.reliance.probe.run import judge
from groundwire_evaluators.runner import evaluate
from groundwire_evaluators.turn import Chunk, Turn

LABELS = dict.fromkeys(VERSION_LABELS, "x")
TURN = Turn(
    question="What is the capital of Velmark?", answer="The capital of Velmark is Oldenby.",
    chunks=(Chunk(text="The capital of Velmark is Tarsin."),),
)  # fmt: skip


def counted(increments: Increments) -> list[float]:
    return [counter.value for counter in increments.counters.values()]


def test_the_three_sources_are_apart() -> None:
    increments = Increments()
    for source in OutcomeSource:
        count_outcome(increments, source, Outcome.CONTEXT, LABELS)
    assert counted(increments) == [1, 1, 1]


def test_a_turn_s_passive_and_closed_book_outcomes_come_from_its_judgements() -> None:
    increments = Increments()
    count_passive(increments, evaluate(Override(), [TURN]), LABELS)
    count_closed_book(increments, compare_closed_book(TURN, ["Oldenby"]), LABELS)
    keys = [str(key) for key in increments.counters]
    assert all("parametric" in key or "both" in key for key in keys)
    assert counted(increments) == [1, 1]


def test_probes_count_under_conflict_alone_and_only_when_answered() -> None:
    increments = Increments()
    found = [each for each in trials(load_pack()) if each.item.relation == "capital"]
    results = [judge(trial, trial.item.substitute) for trial in found]
    results += [judge(trial, None, error="timeout") for trial in found]
    count_probes(increments, results, LABELS)
    assert counted(increments) == [15]
    assert sum(result.arm is Arm.CLEAN for result in results) == 10


def test_a_stale_answer_is_counted_and_none_is_not() -> None:
    increments = Increments()
    count_stale(increments, None, LABELS)
    count_stale(increments, StaleOutcome.KEEPS_OLD, LABELS)
    assert counted(increments) == [1]


def test_what_stands_behind_the_passive_outcome_is_counted_too() -> None:
    context = Chunk(text="The annual leave is 25 days. Unused leave expires on 30 June 2027.")
    requested = {"question": "How many days is the annual leave?", "chunks": (context,)}
    message = (
        "As of my last knowledge update, the annual leave is 28 days, and unused leave expires on "
        "30 June 2027.",
        "I don't know.",
    )
    turns = [Turn(**requested, answer=answer) for answer in message]
    turns.append(Turn(question="Who won the cup?", chunks=(context,), answer="I don't know."))
    increments = Increments()
    count_passive_signals(increments, evaluate(Override(), turns), LABELS)
    reported = {
        (name.removeprefix("groundwire_"), loads(text).get("kind") or loads(text).get("sufficient"))
        for name, text in increments.counters
    }
    assert reported == {
        ("answer_values", "covered"),
        ("answer_values", "overriding"),
        ("self_reported_memory_answers", None),
        ("refusals", "true"),
        ("refusals", "false"),
    }
