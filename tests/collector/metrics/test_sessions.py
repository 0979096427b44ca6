"""A session is counted once, and once more when a turn of it is flagged."""

from datetime import UTC, datetime, timedelta

import pytest

from groundwire_collector import metric_definitions
from groundwire_collector.evaluation.batch import JudgedBatch
from groundwire_collector.metrics.sessions import SessionMetrics
from groundwire_collector.storage import retention, sessions, turns
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.sessions import SessionQuery
from groundwire_collector.storage.turns import JudgedTurn, StoredOutcome
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def judged(number: int, session: str | None, flagged: bool | None) -> JudgedTurn:
    turn = Turn(
        id=f"{number:032x}-1",
        trace_id=f"{number:032x}",
        service="shop",
        session_id=session,
        answer="yes",
        started_at=NOON + timedelta(minutes=number),
    )
    state = State.NO_CONTEXT if flagged is None else State.SCORED
    signals = {} if flagged is None else {"p_unsupported": float(flagged)}
    return JudgedTurn(
        turn,
        (
            Evaluation(
                evaluator="grounding", revision="1", state=state, flagged=flagged, signals=signals
            ),
        ),
    )


def counted(engine, new: list[JudgedTurn], again: list[JudgedTurn] = []) -> tuple[float, float]:  # noqa: B006
    increments = Increments()
    batch = JudgedBatch(
        judged=[*new, *again],
        new=new,
        again=again,
        before={},
        outcomes={each.turn.id: StoredOutcome() for each in again},
        now_ns=0,
        increments=increments,
    )
    with engine.begin() as connection:
        turns.save(connection, batch.judged)
        SessionMetrics().take(batch, connection)
    numbers = {
        metric_definitions.SESSIONS.name: 0.0,
        metric_definitions.SESSIONS_UNSUPPORTED.name: 0.0,
    }
    for (name, _), counter in increments.counters.items():
        numbers[name] = numbers.get(name, 0) + counter.value
    return tuple(numbers.values())


def test_a_session_with_several_flagged_turns_is_counted_once(engine):
    batch = [
        judged(1, "a", False),
        judged(2, "a", True),
        judged(3, "a", True),
        judged(4, "b", False),
    ]
    assert counted(engine, batch) == (2, 1)
    assert counted(engine, [judged(5, "a", True), judged(6, "b", True)]) == (0, 1)


def test_turns_without_a_score_or_a_session_count_for_none(engine):
    assert counted(engine, [judged(1, "a", None), judged(2, None, True)]) == (0, 0)
    assert counted(engine, [judged(3, "a", False)]) == (1, 0)


def test_a_turn_that_is_scored_after_late_spans_counts_then(engine):
    assert counted(engine, [judged(1, "a", None)]) == (0, 0)
    assert counted(engine, [], again=[judged(1, "a", True)]) == (1, 1)


def test_sessions_are_listed_with_their_turns_and_their_rate(engine):
    counted(engine, [judged(1, "a", False), judged(2, "a", True), judged(3, "b", False)])
    counted(engine, [judged(4, "c", None)])
    with engine.connect() as connection:
        found = sessions.find(connection, SessionQuery())
        rate = sessions.rate(connection, SessionQuery(limit=1))
        bad = sessions.find(connection, SessionQuery(unsupported=True))
    listed = [(each.state.session_id, each.turns, each.scored, each.flagged) for each in found]
    assert listed == [("c", 1, 0, 0), ("b", 1, 1, 0), ("a", 2, 2, 1)]
    assert (rate.scored, rate.unsupported) == (2, 1)
    assert [each.state.session_id for each in bad] == ["a"]


@pytest.mark.parametrize("gone", [1, 2])
def test_a_session_goes_with_the_last_of_its_turns(engine, gone):
    both = [judged(1, "a", False), judged(2, "a", False)]
    counted(engine, both)
    with engine.begin() as connection:
        retention.delete_turns(connection, [each.turn.id for each in both[:gone]])
        assert len(sessions.find(connection, SessionQuery())) == 2 - gone
