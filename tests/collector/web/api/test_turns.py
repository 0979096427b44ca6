"""Selections of `GET /api/v1/turns`: each restricts, and an unknown one is refused."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from groundwire_collector.app import create_app
from groundwire_collector.storage import keys, turns
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.turn import Route, Turn


@pytest.fixture
def client(settings) -> Iterator[TestClient]:
    app: FastAPI = create_app(settings)
    key = keys.generate()
    made = [
        Turn(
            id=f"{n:032x}-{n:016x}",
            trace_id=f"{n:032x}",
            span_id=f"{n:016x}",
            service="bot",
            question="How long?",
            answer="30 days",
            session_id=f"s-{n}",
            user_id=f"u-{n}",
            model=f"m-{n}",
            prompt_version=f"p-{n}",
            route=route,
        )
        for n, route in ((1, Route.RETRIEVAL), (2, Route.TOOL))
    ]
    with app.state.engine.begin() as connection:
        keys.add(connection, key, "all", [Scope.READ], None)
        turns.save(connection, [JudgedTurn(turn, ()) for turn in made])
    yield TestClient(app, headers={"Authorization": f"Bearer {key}"})
    app.state.engine.dispose()


@pytest.mark.parametrize(
    "selection",
    ["session_id=s-2", "user_id=u-2", "model=m-2", "prompt_version=p-2", "route=tool"],
)
def test_a_selection_finds_its_turns_alone(client, selection):
    found = client.get(f"/api/v1/turns?{selection}").json()["turns"]
    assert [turn["trace_id"] for turn in found] == [f"{2:032x}"]


@pytest.mark.parametrize("selection", ["nosuch=1", "session=s-2", "service=bot&tenant=x"])
def test_an_unknown_parameter_is_refused_by_name(client, selection):
    answer = client.get(f"/api/v1/turns?{selection}")
    assert answer.status_code == 400
    assert selection.split("&")[-1].split("=")[0] in answer.json()["detail"]
