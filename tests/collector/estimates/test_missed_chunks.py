"""Turns that a chunk stored with other turns answers, by route."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from groundwire_collector import metric_definitions
from groundwire_collector.estimates.missed_chunks import (
    MissedChunks,
    missed_chunk_estimates,
    missed_chunks,
)
from groundwire_collector.metrics.estimates import missed_chunk_values
from groundwire_collector.metrics.turns import tally
from groundwire_collector.storage import counters, estimates, turns
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Chunk, Route, Turn

NOW = datetime.now(UTC)
NOW_NS = int(NOW.timestamp() * 1e9)
LEAVE = "Carried leave days lapse at the end of March. Leave is entered in the calendar."
BADGE = "The fee for a lost badge is 20 euros, and it is paid at the front desk."
LEAVE_QUESTION = "When do carried leave days lapse?"
OTHER_QUESTION = "Who books hotel rooms for business trips?"


def turn(number: int, question: str, *texts: str, probe: bool = False) -> Turn:
    return Turn(
        id=f"t{number}",
        trace_id=f"{number:032x}",
        service="bot",
        question=question,
        answer="Yes.",
        chunks=tuple(Chunk(text=text) for text in texts),
        route=Route.RETRIEVAL if texts else Route.PARAMETRIC,
        started_at=NOW - timedelta(minutes=number),
        probe=probe,
    )


def traffic() -> list[Turn]:
    found = [turn(n, LEAVE_QUESTION, LEAVE, BADGE) for n in range(30)]
    found += [turn(100 + n, LEAVE_QUESTION, BADGE) for n in range(10)]
    found += [turn(200 + n, LEAVE_QUESTION) for n in range(12)]
    found += [turn(300 + n, OTHER_QUESTION) for n in range(28)]
    return [*found, turn(400, LEAVE_QUESTION, probe=True)]


def by_route(found: list[MissedChunks]) -> dict[Route, MissedChunks]:
    return {each.route: each for each in found}


def test_turns_without_retrieval_that_a_stored_chunk_answers_should_have_retrieved() -> None:
    found = by_route(missed_chunks(traffic()))[Route.PARAMETRIC]
    assert found.turns == 40
    assert found.value == 0.3
    assert found.interval.low < 0.3 < found.interval.high
    assert found.example == "t200"


def test_a_retrieval_misses_what_another_one_found() -> None:
    found = by_route(missed_chunks(traffic()))[Route.RETRIEVAL]
    assert (found.turns, found.value, found.example) == (40, 0.25, "t100")


def test_a_chunk_that_is_among_several_that_answer_is_no_miss() -> None:
    copy = LEAVE.replace("March", "April")
    found = [turn(n, LEAVE_QUESTION, LEAVE if n % 2 else copy) for n in range(40)]
    assert by_route(missed_chunks(found))[Route.RETRIEVAL].value == 0


def test_few_turns_have_no_share() -> None:
    assert [each.value for each in missed_chunks(traffic()[:20])] == [None, None]


def test_estimates_of_active_services_are_renewed_each_hour_and_exported(engine: Engine) -> None:
    judged = Evaluation(evaluator="grounding", revision="1", state=State.SCORED, value=1.0)
    with engine.begin() as connection:
        found = [JudgedTurn(each, (judged,)) for each in traffic()]
        turns.save(connection, found)
        increments = Increments()
        for each in found:
            tally(increments, each)
        counters.add(connection, increments, NOW_NS)
        first = missed_chunk_estimates(connection, NOW_NS)
        estimates.store(connection, first)
        assert missed_chunk_estimates(connection, NOW_NS + 60 * 10**9) == []
        assert len(missed_chunk_estimates(connection, NOW_NS + 3700 * 10**9)) == 2
    values = missed_chunk_values(first)[metric_definitions.MISSED_CHUNKS]
    assert (("bot", "parametric", "mean"), 0.3) in values
    assert (("bot", "retrieval", "mean"), 0.25) in values
