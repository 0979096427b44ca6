"""A question asked again on a changed source is an experiment; only then is anything counted."""

import json
from dataclasses import replace

from groundwire_collector.metrics.turn_metrics import LatestTurns
from groundwire_collector.storage.counters import Increments
from groundwire_evaluators.turn import Chunk, Turn

QUESTION = "How many days of annual leave are there?"


def turn(days: int, message: int, question: str = QUESTION) -> Turn:
    chunk = Chunk(text=f"The annual leave is {days} days a year.")
    return Turn(service="bot", question=question, chunks=(chunk,), answer=f"It is {message} days.")


def outcomes(latest: LatestTurns, *turns: Turn) -> list[str]:
    found = []
    for each in turns:
        increments = Increments()
        latest.tally(increments, [each])
        found += [json.loads(labels)["outcome"] for _, labels in increments.counters]
    return found


def test_an_answer_that_keeps_the_old_value_and_one_that_follows_are_distinguished() -> None:
    assert outcomes(LatestTurns(), turn(25, 25), turn(28, 25)) == ["keeps_old"]
    assert outcomes(LatestTurns(), turn(25, 25), turn(28, 28)) == ["follows_new"]


def test_the_same_source_another_question_or_another_service_is_no_experiment() -> None:
    assert outcomes(LatestTurns(), turn(25, 25), turn(25, 25)) == []
    assert outcomes(LatestTurns(), turn(25, 25), turn(28, 25, "How much leave?")) == []
    assert outcomes(LatestTurns(), turn(25, 25), replace(turn(28, 25), service="other")) == []
    assert outcomes(LatestTurns(), turn(25, 25), replace(turn(28, 25), chunks=())) == []


def test_only_so_many_questions_are_remembered() -> None:
    others = [turn(1, 1, f"Question {i}?") for i in range(3)]
    assert outcomes(LatestTurns(capacity=2), turn(25, 25), *others, turn(28, 25)) == []
