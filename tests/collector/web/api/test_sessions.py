"""Sessions, failed calls and traces without a turn, by the API and on their pages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from groundwire_collector.app import create_app
from groundwire_collector.storage import keys, sessions, turns, unanswered_traces
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.sessions import SessionState
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_collector.storage.unanswered_traces import StoredUnanswered
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOON_NS = round(NOON.timestamp()) * 10**9


def judged(number: int, session: str, flagged: bool, error: str | None = None) -> JudgedTurn:
    turn = Turn(
        id=f"{number:032x}-{number:016x}",
        trace_id=f"{number:032x}",
        service="shop" if session != "c" else "help",
        session_id=session,
        question=f"Question {number}?",
        answer="yes",
        error=error,
        started_at=NOON + timedelta(minutes=number),
    )
    score = Evaluation(
        evaluator="grounding", revision="1", state=State.SCORED, value=1.0, flagged=flagged
    )
    return JudgedTurn(turn, (score,))


@pytest.fixture
def client(settings) -> Iterator[TestClient]:
    app = create_app(settings)
    key = keys.generate()
    made = [
        judged(3, "a", True),
        judged(1, "a", False, "RateLimitError: 429"),
        judged(2, "b", False),
    ]
    with app.state.engine.begin() as connection:
        keys.add(connection, key, "shop", [Scope.READ], ["shop"])
        turns.save(connection, [*made, judged(4, "c", True)])
        states = [
            SessionState("a", "shop", NOON_NS, NOON_NS, True, True),
            SessionState("b", "shop", NOON_NS, NOON_NS + 1, True, False),
            SessionState("c", "help", NOON_NS, NOON_NS + 2, True, True),
        ]
        sessions.save(connection, states)
        failed = ("otel_genai", "call_failed", "APIError: no")
        unanswered_traces.save(
            connection,
            [
                StoredUnanswered("d" * 32, "shop", NOON_NS, *failed),
                StoredUnanswered("e" * 32, "shop", NOON_NS + 1, "none", "not_llm"),
                StoredUnanswered("f" * 32, "help", NOON_NS, *failed),
            ],
        )
    yield TestClient(app, headers={"Authorization": f"Bearer {key}"})
    app.state.engine.dispose()


def test_sessions_come_with_their_turns_and_the_share_that_is_unsupported(client):
    found = client.get("/api/v1/sessions").json()
    listed = [(s["session_id"], s["turns"], s["scored"], s["flagged"]) for s in found["sessions"]]
    assert listed == [("b", 1, 1, 0), ("a", 2, 2, 1)]
    assert found["unsupported"]["value"] == 0.5
    assert found["unsupported"]["n"] == 2
    only = client.get("/api/v1/sessions?unsupported=true").json()["sessions"]
    assert [each["session_id"] for each in only] == ["a"]
    assert client.get("/api/v1/sessions?sesion=a").status_code == 400


def test_the_turns_of_a_session_come_in_order_page_by_page(client):
    address = "/api/v1/turns?session_id=a&order=oldest&limit=1"
    first = client.get(address).json()
    second = client.get(f"{address}&cursor={first['next']}").json()
    last = client.get(f"{address}&cursor={second['next']}").json()
    asked = [[turn["question"] for turn in found["turns"]] for found in (first, second, last)]
    assert asked == [["Question 1?"], ["Question 3?"], []]


def test_turns_with_a_failed_step_are_found_by_error(client):
    failed = client.get("/api/v1/turns?error=true").json()["turns"]
    assert [turn["error"] for turn in failed] == ["RateLimitError: 429"]
    assert len(client.get("/api/v1/turns?error=false").json()["turns"]) == 2


def test_failed_calls_that_gave_no_turn_are_found_with_their_error(client):
    found = client.get("/api/v1/unanswered-traces?reason=call_failed").json()["traces"]
    assert [(each["trace_id"], each["error"]) for each in found] == [("d" * 32, "APIError: no")]
    assert len(client.get("/api/v1/unanswered-traces").json()["traces"]) == 2
    assert client.get("/api/v1/unanswered-traces?reason=nosuch").status_code == 400


def test_the_pages_show_sessions_their_turns_and_failed_calls(client):
    page = client.get("/sessions").text
    assert 'href="/sessions/shop/a"' in page
    assert '/c"' not in page
    turns_of_a = client.get("/turns?session_id=a&order=oldest").text
    assert "2 turns, 2 scored, 1 flagged" in turns_of_a
    assert turns_of_a.index("Question 1?") < turns_of_a.index("Question 3?")
    assert "Question 2?" not in turns_of_a
    assert "failed step" in client.get("/turns?error=true&order=newest").text
    failed = client.get("/unanswered-traces?reason=call_failed").text
    assert "APIError: no" in failed
    assert "/unanswered-traces" in client.get("/turns").text
