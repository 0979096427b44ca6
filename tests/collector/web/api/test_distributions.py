"""What is asked and retrieved, before and now: read from the store, shown, alarming nobody."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from groundwire_collector.storage import turns
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Chunk, Route, Turn

NOW = datetime.now(UTC)


def requested(
    number: int, question: str, hours: float, score: float, **facts: object
) -> JudgedTurn:
    turn = Turn(
        id=f"t{number}",
        trace_id=f"{number:032x}",
        service="shop",
        question=question,
        answer="yes",
        chunks=(Chunk(text="a", score=score), Chunk(text="b")),
        started_at=NOW - timedelta(hours=hours),
        **facts,
    )
    relevance = Evaluation(
        evaluator="retrieval", revision="1", state=State.SCORED, value=0.9 if hours > 24 else 0.4
    )
    return JudgedTurn(turn, (relevance,))


def stored(app: FastAPI, lately: int = 40) -> None:
    before = [
        requested(n, f"How heavy may parcel {n % 9} be?", 100 + n, 10.0 + n % 7) for n in range(60)
    ]
    now = [
        requested(100 + n, f"Is the lottery of week {n % 5} legal?", 1, 3.0, route=Route.TOOL)
        for n in range(lately)
    ]
    tests = [requested(900 + n, "probe?", 1, 99.0, probe=True) for n in range(30)]
    with app.state.engine.begin() as connection:
        turns.save(connection, [*before, *now, *tests])


def test_new_questions_routes_and_scores_are_reported_beside_what_chance_makes(app, heads):
    stored(app)
    answer = TestClient(app).get("/api/v1/distributions?service=shop", headers=heads["shop"])
    reported = answer.json()
    assert (reported["turns_before"], reported["turns_now"]) == (60, 40)
    assert reported["routes"]["stability"]["psi"] > 10 * reported["routes"]["stability"]["noise"]
    assert reported["novelty"]["now"][1] > 0.9 > reported["novelty"]["before"][1]
    assert reported["scores"]["before"][1] == pytest.approx(0.5, abs=0.1)
    assert reported["scores"]["now"] == [0.0, 0.0, 0.0]
    assert reported["relevance"]["now"] == [0.4, 0.4, 0.4]
    assert any("parcel" in each["name"] for each in reported["topics"]["shares"])


def test_too_few_turns_say_nothing(app, heads):
    stored(app, lately=5)
    reported = (
        TestClient(app).get("/api/v1/distributions?service=shop", headers=heads["shop"]).json()
    )
    assert (reported["turns_now"], reported["topics"], reported["scores"]) == (5, None, None)


def test_a_key_sees_the_questions_of_its_own_services_alone(app, heads):
    stored(app)
    client = TestClient(app)
    assert client.get("/api/v1/distributions?service=shop", headers=heads["other"]).status_code == (
        404
    )
    assert client.get("/distributions?service=shop", headers=heads["other"]).status_code == 404


def test_the_page_shows_the_same(app, heads):
    stored(app)
    text = TestClient(app).get("/distributions?service=shop", headers=heads["shop"]).text
    for reported in ("Topics of questions", "Retrieval scores, as ranks", "expected by chance"):
        assert reported in text
    empty = TestClient(app).get("/distributions?service=shop&days=0.001", headers=heads["shop"])
    assert "Too few turns" in empty.text
