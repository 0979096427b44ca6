"""What was judged is found again as it was, worst first, and only by those who may read it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text

from groundwire_collector.storage import search, turn_listing, turns
from groundwire_collector.storage.tables.turns import RARE_STATES
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
        answer="You have 30 days. Bring the receipt.",
        chunks=(Chunk(id="c1", text="30 days", score=0.9, rank=0, metadata={"page": 1}),),
        started_at=NOON + timedelta(seconds=number),
        **{"question": "How long?", "service": "bot", "model_version": "v1", "route": Route.CACHE}
        | facts,
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


def test_saving_again_replaces_the_stored_state(connection):
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


def numbers_found(connection, words: str) -> list[int]:
    return [int(i.turn.trace_id, 16) for i in turns.find(connection, TurnQuery(words=words))]


def numbers(connection, query: TurnQuery) -> list[int]:
    return [int(item.turn.trace_id, 16) for item in turns.find(connection, query)]


def test_turns_are_found_by_the_words_of_their_questions(connection):
    questions = [
        "How long may I return it?",
        "Wie lange gilt das Rückgaberecht?",
        "e-mail: a.b@c.de",
    ]
    turns.save(connection, [judged(n, 0.5, question=q) for n, q in enumerate(questions, 1)])
    turns.save(connection, [judged(4, 0.5, question=None)])
    turns.save(connection, [judged(5, 0.5, question="x " * 600_000)])
    assert numbers_found(connection, "RETURN long") == [1]
    assert numbers_found(connection, "return lange") == []
    assert numbers_found(connection, "rückgaberecht") == [2]
    assert numbers_found(connection, "a.b@c") == [3]
    assert numbers_found(connection, "x") == [5]
    strange = ['"', "' OR 1=1", "NEAR(", "a* AND", "\0", "-", "", "words:long", "%", "\\"]
    assert {number for query in strange for number in numbers_found(connection, query)} <= {3}


def test_turns_are_found_by_the_words_of_question_and_answer_together(connection):
    turns.save(
        connection, [judged(1, 0.5, question="How long?"), judged(2, 0.5, question="Where?")]
    )
    assert numbers_found(connection, "receipt") == [2, 1]
    assert numbers_found(connection, "receipt long") == [1]


def test_turns_are_found_by_their_facts(connection):
    ended = NOON + timedelta(seconds=9)
    slow = judged(1, 0.2, user_id="ada", model="m", ended_at=ended, error="Timeout")
    quick = judged(2, 0.9, user_id="bob", model="m", generation_seconds=0.5)
    turns.save(connection, [slow, quick])
    found = {
        (("user_id", "ada"),): [1],
        (("model", "m"),): [2, 1],
        (("user_id", "ada"), ("route", "tool")): [],
        (("route", "cache"),): [2, 1],
    }
    for facts, expected in found.items():
        assert numbers(connection, TurnQuery(facts=facts)) == expected
    assert numbers(connection, TurnQuery(error=True)) == [1]
    assert numbers(connection, TurnQuery(error=False)) == [2]
    assert numbers(connection, TurnQuery(least_seconds=5)) == [1]
    assert numbers(connection, TurnQuery(least_score=0.1, most_score=0.5)) == [1]
    assert numbers(connection, TurnQuery(facts=(("model", "m"),), order="worst")) == [2, 1]
    assert turns.newest_values(connection, "user_id", None) == ["bob", "ada"]


@pytest.mark.parametrize("order", ["worst", "newest", "oldest"])
def test_the_turns_before_and_after_one_are_its_neighbours_in_the_list(connection, order):
    turns.save(connection, [judged(n, p) for n, p in enumerate((0.3, 0.3, 0.9, 0.1, None), 1)])
    query = TurnQuery(order=order)
    listed = turns.find(connection, query)
    ids = [item.turn.id for item in listed]
    for at, item in enumerate(listed):
        before, after = turns.neighbours(connection, query, item)
        assert before == (ids[at - 1] if at else None)
        assert after == (ids[at + 1] if at + 1 < len(ids) else None)


def test_a_turn_without_a_score_has_no_neighbours_among_the_worst(connection):
    turns.save(connection, [judged(1, None), judged(2, 0.5)])
    assert turns.neighbours(connection, TurnQuery(order="worst"), judged(1, None)) == (None, None)


def test_the_closed_book_call_of_a_turn_is_found(connection):
    asked = judged(1, 0.5, span_id="ab")
    name = f"{asked.turn.trace_id}:ab"
    again = judged(2, 0.5, closed_book=True, closed_book_of=name)
    turns.save(connection, [asked, again])
    assert turns.closed_book_of(connection, asked.turn).turn.id == again.turn.id
    assert turns.closed_book_of(connection, again.turn) is None


def test_a_turn_is_found_by_its_last_question_only_and_not_once_it_is_gone(connection):
    turns.save(connection, [judged(1, 0.5, question="old words")])
    turns.save(connection, [judged(1, 0.5, question="new words")])
    assert (numbers_found(connection, "old"), numbers_found(connection, "new")) == ([], [1])
    search.delete(connection, [judged(1, 0.5).turn.id])
    if connection.dialect.name == "sqlite":
        assert numbers_found(connection, "new") == []
        search.wipe_deleted(connection)
        rows = connection.execute(text("SELECT block FROM turn_search_data")).scalars()
        assert not any(b"words" in block for block in rows)


def test_the_search_is_made_of_the_turns_that_are_there(connection):
    turns.save(connection, [judged(1, 0.5, question="old words")])
    kind = "TABLE" if connection.dialect.name == "sqlite" else "INDEX"
    connection.execute(text(f"DROP {kind} {search.NAME}"))
    search.make(connection)
    assert numbers_found(connection, "words") == [1]


def test_times_beyond_all_columns_may_be_asked_for(connection):
    turns.save(connection, [judged(1, 0.5)])
    assert len(turns.find(connection, TurnQuery(since_ns=-(10**30), until_ns=10**30))) == 1
    assert turns.find(connection, TurnQuery(cursor=(None, -(10**30), ""))) == []


@pytest.mark.parametrize("state", [state.value for state in State])
@pytest.mark.parametrize("order", ["worst", "newest"])
def test_turns_of_each_state_are_found_in_order(connection, state, order):
    own = Evaluation(evaluator="own", revision="1", state=State(state))
    for number in range(1, 7):
        item = judged(number, (number * 5 % 7) / 10)
        if number % 2:
            item = JudgedTurn(item.turn, (*item.evaluations, own))
        turns.save(connection, [item])
    scored = [6, 5, 4, 3, 2, 1] if own.state is State.SCORED else [5, 3, 1]
    found = turns.find(connection, TurnQuery(state=state, order=order))
    numbers = [int(item.turn.trace_id, 16) for item in found]
    worst = sorted(scored, key=lambda number: -(number * 5 % 7))
    assert numbers == (worst if order == "worst" else scored)


def test_each_state_but_scored_has_an_index_of_its_own_on_its_stored_bit():
    rare = {name: bit for name, bit in turn_listing.STATE_BITS.items() if name != "scored"}
    assert rare == RARE_STATES


@pytest.mark.parametrize("order", ["worst", "newest"])
def test_turns_of_a_rare_state_are_read_from_its_index(connection, order):
    if connection.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by the number of rows")
    statements = []

    @event.listens_for(connection, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, *_):
        statements.append((statement, parameters))

    turns.find(connection, TurnQuery(state="failed", order=order))
    statement, parameters = next(each for each in statements if "ORDER BY" in each[0])
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert "ix_turn_listing_failed" in str(plan)


@pytest.mark.parametrize(
    "query",
    [
        TurnQuery(error=True, order="worst"),
        TurnQuery(least_seconds=5, order="worst"),
        TurnQuery(facts=(("model", "m"),), order="worst"),
        TurnQuery(facts=(("route", "tool"),), order="worst"),
    ],
)
def test_facts_are_filtered_within_their_index(connection, query):
    if connection.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by the number of rows")
    statements = []

    @event.listens_for(connection, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, *_):
        statements.append((statement, parameters))

    turns.find(connection, query)
    statement, parameters = next(each for each in statements if "ORDER BY" in each[0])
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert "COVERING INDEX ix_turn_listing_facts" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
