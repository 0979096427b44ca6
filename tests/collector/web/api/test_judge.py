"""`POST /api/v1/judge`: evidence for one answer, without storing it."""

import pytest
from fastapi.testclient import TestClient

from groundwire_collector.storage import keys
from groundwire_collector.storage.keys import Scope
from groundwire_collector.web.api.judge import MOST_CHARACTERS

CONTEXTS = ["The desk opens at 9.", "The lamp costs 49 euros and weighs 2 kg."]


@pytest.fixture
def client(app) -> TestClient:
    key = keys.generate()
    with app.state.engine.begin() as connection:
        keys.add(connection, key, "reader", [Scope.READ], None)
    return TestClient(app, headers={"Authorization": f"Bearer {key}"})


def test_each_claim_has_its_verdict_and_the_number_of_its_context(client):
    answer = "The lamp costs 49 euros. The desk opens at 8."
    body = {"question": "Price and hours?", "contexts": CONTEXTS, "answer": answer}
    found = client.post("/api/v1/judge", json=body).json()
    right, wrong = found["claims"]
    assert (right["verdict"], right["chunk"]) == ("supported", "2")
    assert wrong["verdict"] != "supported"
    assert answer[wrong["start"] : wrong["end"]] == "The desk opens at 8."
    assert {score["evaluator"] for score in found["scores"]} == {"grounding", "override"}


def test_nothing_is_stored(client):
    assert client.post("/api/v1/judge", json={"contexts": CONTEXTS, "answer": "49"}).is_success
    assert client.get("/api/v1/turns").json()["turns"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"contexts": CONTEXTS, "answer": "a" * (MOST_CHARACTERS + 1)}, 400),
        ({"contexts": ["a" * 1000] * 61, "answer": "b"}, 413),
        ({"contexts": [], "answer": "b" * 10, "stored": True}, 400),
        ({"contexts": "text", "answer": "b"}, 400),
        ({"answer": "b"}, 400),
    ],
)
def test_what_cannot_be_judged_is_refused(client, body, status):
    assert client.post("/api/v1/judge", json=body).status_code == status


def test_a_key_is_required(app):
    body = {"contexts": CONTEXTS, "answer": "49"}
    assert TestClient(app).post("/api/v1/judge", json=body).status_code == 401
