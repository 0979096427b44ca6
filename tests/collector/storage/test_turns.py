"""What was judged is found again as it was, worst first, and only by those who may read it."""

from datetime import UTC, datetime, timedelta

import pytest

from groundwire_collector.storage import turns
from groundwire_collector.storage.turns import JudgedTurn, TurnQuery
from groundwire_evaluators.evaluation import (
    Citation,
    CitationOutcome,
    Claim,
    Evaluation,
    Extent,
    State,
    Verdict,
)
from groundwire_evaluators.turn import Chunk, Route, Turn

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def judged(number: int, p_unsupported: float | None, **facts) -> JudgedTurn:
    turn = Turn(
        id=f"{number:032x}-{number:016x}",
        trace_id=f"{number:032x}",
        question="How long?",
        answer="You have 30 days. Bring the receipt.",
        chunks=(Chunk(id="c1", text="30 days", score=0.9, rank=0, metadata={"page": 1}),),
        started_at=NOON + timedelta(seconds=number),
        **{"service": "bot", "model_version": "v1", "route": Route.CACHE} | facts,
    )
    claim = Claim(
        start=0,
        end=17,
        text="You have 30 days.",
        verdict=Verdict.SUPPORTED if (p_unsupported or 0) < 0.5 else Verdict.UNSUPPORTED,
        support=0.9,
        chunk=0,
        spans=(Extent(9, 11),),
        reason="why",
    )
    citation = Citation(start=0, end=3, marker="[1]", outcome=CitationOutcome.VALID, chunk=0)
    evaluation = Evaluation(
        evaluator="grounding",
        revision="1",
        state=State.SCORED if p_unsupported is not None else State.REFUSAL,
        value=1.0,
        claims=(claim,),
        citations=(citation,),
        signals={} if p_unsupported is None else {"p_unsupported": p_unsupported},
    )
    return JudgedTurn(turn, (evaluation,))


@pytest.fixture
def connection(engine):
    with engine.begin() as connection:
        yield connection


def test_a_judged_turn_comes_back_as_it_was_saved(connection):
    item = judged(1, 0.25)
    turns.save(connection, [item])
    assert turns.get(connection, item.turn.id) == item


def test_saving_again_replaces_what_was_said_before(connection):
    turns.save(connection, [judged(1, 0.25)])
    turns.save(connection, [judged(1, 0.75)])
    [found] = turns.find(connection, TurnQuery())
    assert found.p_unsupported == 0.75
    assert len(found.evaluations) == 1
    assert turns.of_traces(connection, [f"{1:032x}", "other"]) == [found.turn]


@pytest.mark.parametrize("order", ["worst", "newest"])
def test_pages_of_one_turn_visit_every_turn_once_in_order(connection, order):
    items = [judged(1, 0.5), judged(2, 0.9), judged(3, 0.5), judged(4, 0.1)]
    turns.save(connection, items)
    seen, cursor = [], None
    while page := turns.find(connection, TurnQuery(order=order, limit=1, cursor=cursor)):
        seen.append(int(page[0].turn.trace_id, 16))
        cursor = turns.cursor_of(page[0])
    assert seen == ([2, 3, 1, 4] if order == "worst" else [4, 3, 2, 1])


def test_turns_are_found_by_state_verdict_time_and_version(connection):
    items = [judged(1, None), judged(2, 0.9), judged(3, 0.1, model_version="v2")]
    turns.save(connection, items)

    def numbers(**restrictions) -> list[int]:
        found = turns.find(connection, TurnQuery(**restrictions))
        return [int(item.turn.trace_id, 16) for item in found]

    assert numbers(state="refusal") == [1]
    assert numbers(verdict="unsupported") == [2]
    assert numbers(model_version="v2") == [3]
    start = int(NOON.timestamp()) * 1_000_000_000
    assert numbers(since_ns=start + 2_000_000_000) == [3, 2]
    assert numbers(until_ns=start + 2_000_000_000) == [1]


def test_a_key_of_one_service_reads_nothing_of_another(connection):
    turns.save(connection, [judged(1, 0.5, service="theirs")])
    turn_id = judged(1, 0.5).turn.id
    assert turns.find(connection, TurnQuery(services=frozenset({"mine"}))) == []
    assert turns.get(connection, turn_id, frozenset({"mine"})) is None
    assert turns.get(connection, turn_id, frozenset({"theirs"})) is not None
