"""Labels over HTTP: who said what of which turn, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from groundwire_collector.app import create_app
from groundwire_collector.assembly.deletion import forget
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys, labels, retention, turns
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.labels import LabelQuery
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import SpanStore
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.turn import Chunk, Turn

ADMIN, ANNA, BEN = "gw_admin", "gw_anna", "gw_ben"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def turn(number: int, service: str = "shop") -> Turn:
    return Turn(
        id=f"{number:032x}-{number:016x}",
        trace_id=f"{number:032x}",
        service=service,
        question="How heavy may a parcel be?",
        answer="It may weigh 30 kg. It is red.",
        chunks=(Chunk(id="weights", text="Up to 30 kg."), Chunk(text="Letters need a stamp.")),
        started_at=NOON,
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    app = create_app(settings.model_copy(update={"api_key": ADMIN}))
    engine: Engine = app.state.engine
    keys.first_key(settings.model_copy(update={"api_key": ADMIN}), engine)
    with engine.begin() as connection:
        turns.save(connection, [JudgedTurn(turn(n), ()) for n in (1, 2)])
        turns.save(connection, [JudgedTurn(turn(3, "bank"), ())])
        for key, name in ((ANNA, "anna"), (BEN, "ben")):
            keys.add(connection, key, name, {Scope.LABEL, Scope.READ}, {"shop"})
    with TestClient(app, headers={"authorization": f"Bearer {ADMIN}"}) as made:
        made.engine = engine  # type: ignore[attr-defined]
        yield made


def label(client: TestClient, key: str, number: int = 1, **message: Any) -> Any:
    body = {"turn_id": turn(number).id, **message}
    return client.post("/api/v1/labels", json=body, headers={"authorization": f"Bearer {key}"})


def listed(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/labels", params=query).json()["labels"]
    return found


def test_a_person_says_several_things_of_one_turn(client: TestClient) -> None:
    assert label(client, ANNA, verdict="unsupported").status_code == 201
    assert label(client, ANNA, claim={"start": 20, "end": 30}, verdict="unsupported").is_success
    assert label(client, ANNA, chunk_id="weights", relevant=True).is_success
    assert label(client, ANNA, chunk_id="#1", relevant=False).is_success
    answer = label(client, ANNA, reference="Thirty kilograms.", verdict="unsupported")
    assert len(answer.json()["labels"]) == 2
    found = listed(client, turn_id=turn(1).id)
    assert len(found) == 6
    assert {one["labeller"] for one in found} == {"anna"}
    assert found[1]["claim"] == {"start": 20, "end": 30}
    assert [one["relevant"] for one in found] == [None, None, True, False, None, None]


def test_the_last_word_of_each_labeller_counts_and_the_first_is_kept(client: TestClient) -> None:
    for key, verdict in ((ANNA, "supported"), (BEN, "supported"), (ANNA, "contradicted")):
        label(client, key, verdict=verdict)
    with client.engine.connect() as connection:  # type: ignore[attr-defined]
        found = labels.find(connection, LabelQuery(turn_ids=[turn(1).id]))
    assert [(one.labeller, one.verdict) for one in found] == [
        ("anna", "supported"),
        ("ben", "supported"),
        ("anna", "contradicted"),
    ]
    last = {one.labeller: one.verdict for one in labels.current(found)}
    assert last == {"anna": "contradicted", "ben": "supported"}


def test_a_list_comes_in_pages(client: TestClient) -> None:
    for number in range(5):
        label(client, ANNA, number % 2 + 1, verdict="supported")
    seen, after = [], 0
    while after is not None:
        page = client.get("/api/v1/labels", params={"limit": 2, "after": after}).json()
        seen += [one["id"] for one in page["labels"]]
        after = page["next"]
    assert seen == sorted(set(seen))
    assert len(seen) == 5
    assert len(listed(client, labeller="ben")) == 0
    assert len(listed(client, service="shop", since="2020-01-01T00:00:00Z")) == 5


NOTHING_MESSAGE: list[dict[str, Any]] = [
    {},
    {"verdict": "fine"},
    {"relevant": True},
    {"chunk_id": "weights"},
    {"chunk_id": "", "relevant": True},
    {"claim": {"start": 0, "end": 5}},
    {"claim": {"start": 25, "end": 31}, "verdict": "supported"},
    {"claim": {"start": 5, "end": 5}, "verdict": "supported"},
    {"verdict": "supported", "sampling_probability": 0},
    {"verdict": "supported", "sampling_probability": 1.5},
    {"verdict": "supported", "labeller": "somebody else"},
    {"reference": "x" * 100_001},
]


def test_what_says_nothing_of_the_turn_is_refused(client: TestClient) -> None:
    for message in NOTHING_MESSAGE:
        answer = label(client, ANNA, **message)
        assert answer.status_code == 400, message
        assert answer.headers["content-type"] == "application/problem+json"
    assert listed(client) == []


def test_a_key_labels_and_reads_its_services_alone(client: TestClient) -> None:
    assert label(client, ANNA, 3, verdict="supported").status_code == 404
    assert label(client, ADMIN, 3, verdict="supported").status_code == 201
    headers = {"authorization": f"Bearer {ANNA}"}
    assert client.get("/api/v1/labels", headers=headers).json()["labels"] == []
    [of_bank] = listed(client)
    assert of_bank["service"] == "bank"


def test_reading_does_not_allow_labelling_nor_labelling_deleting(client: TestClient) -> None:
    with client.engine.begin() as connection:  # type: ignore[attr-defined]
        keys.add(connection, "gw_reads", "reads", {Scope.READ})
    assert label(client, "gw_reads", verdict="supported").status_code == 403
    [made] = label(client, ANNA, verdict="supported").json()["labels"]
    address, anna = f"/api/v1/labels/{made['id']}", {"authorization": f"Bearer {ANNA}"}
    assert client.delete(address, headers=anna).status_code == 403
    assert client.delete(address).status_code == 204
    assert client.delete(address).status_code == 404


def test_labels_go_with_their_turn(client: TestClient, settings: Settings) -> None:
    label(client, ANNA, verdict="supported")
    engine = client.engine  # type: ignore[attr-defined]
    retention.expire(engine, settings, int((NOON.timestamp() + 90 * 86400) * 1e9))
    assert listed(client) == []


def test_who_asks_to_be_forgotten_leaves_no_label_behind(client: TestClient) -> None:
    engine = client.engine  # type: ignore[attr-defined]
    spans = [
        Span(
            trace_id=f"{number:032x}",
            span_id=f"{number:016x}",
            service="shop",
            attributes={"user.id": f"user {number}"},
        )
        for number in (1, 2)
    ]
    SpanStore(engine).add(spans)
    for number in (1, 2):
        label(client, ANNA, number, verdict="supported", reference="As Jo Doe asked.")
    assert len(forget(engine, user="user 1")) == 1
    assert {one["turn_id"] for one in listed(client)} == {turn(2).id}
