"""Every route there is, asked without a key, and with the key of another service."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import insert, select

from groundwire_collector.app import create_app
from groundwire_collector.metric_definitions import TURNS
from groundwire_collector.settings import Settings
from groundwire_collector.storage import (
    baseline_actions,
    counters,
    estimates,
    keys,
    labels,
    rollouts,
    turns,
)
from groundwire_collector.storage.baseline_actions import BaselineAction, BaselineActionKind
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.estimates import StoredEstimate
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.labels import Label
from groundwire_collector.storage.rollouts import Rollout
from groundwire_collector.storage.tables.base import StoredModel
from groundwire_collector.storage.tables.drift import ALARM
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Chunk, Turn

TRACE = "ab" * 16
TURN_ID = f"{TRACE}-{1:016x}"
OPEN = {"/login", "/logout", "/favicon.ico", "/healthz"}
BANK, SECRET = "zurbank", "xyzzy"  # words that nothing else says
NOW = datetime(2026, 11, 21, tzinfo=UTC)
HEALTH = {"/healthz", "/readyz"}


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """It listens on the network, and holds a turn, an alarm and a counter of the bank."""
    app = create_app(Settings(data_dir=tmp_path, host="0.0.0.0"))
    turn = Turn(
        id=TURN_ID,
        trace_id=TRACE,
        service=BANK,
        question="What is xyzzy?",
        answer="It is xyzzy.",
        chunks=(Chunk(id=SECRET, text=SECRET, rank=0),),
        started_at=NOW,
    )
    judged = Evaluation(
        evaluator="grounding",
        revision="1",
        state=State.SCORED,
        signals={"p_unsupported": 0.9},
    )
    increments = Increments()
    increments.count(TURNS, {"service": BANK})
    nanoseconds = int(NOW.timestamp()) * 10**9
    times = dict.fromkeys(("raised_ns", "changed_ns", "changed_from_ns", "changed_until_ns"), 1)
    alarm = {
        "service": BANK,
        "signal": "p_unsupported",
        "dimension": "model_version",
        "value": "v1",
    }
    with app.state.engine.begin() as connection:
        turns.save(connection, [JudgedTurn(turn, (judged,))])
        counters.add(connection, increments, nanoseconds)
        sizes = {"size": 0.1, "size_low": 0.1, "size_high": 0.1}
        row = {**alarm, "cause": "model", **times, **sizes, "details": {}}
        connection.execute(insert(ALARM), [row])
        message = {"turn_id": TURN_ID, "labeller": "anna", "labelled_ns": 1, "probability": 0.5}
        labels.add(connection, [Label(**message, verdict="unsupported", reference=SECRET)])
        labels.add(connection, [Label(**message, chunk_id=SECRET, relevant=True)])
        estimate = StoredEstimate("faithfulness", BANK, "", "human", "", nanoseconds, {}, {})
        reported = {"value": 0.5, "interval": [0, 1], "labels": 1, "effective": 1, "anytime": None}
        estimates.store(connection, [replace(estimate, estimate=reported)])
        announced = {"announced_ns": 1, "announced_by": "anna", "at_ns": 1}
        version = {"dimension": "model_version", "value": SECRET}
        rollouts.announce(connection, Rollout(service=BANK, **version, **announced, note=SECRET))
        wish = BaselineAction(
            kind=BaselineActionKind.PINNED, service=BANK, since_ns=1, by="anna", why=SECRET, at_ns=1
        )
        baseline_actions.record(connection, wish)
    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, follow_redirects=False) as client:
        yield client


def key_of(app: FastAPI, *scopes: Scope, services: tuple[str, ...] | None = None) -> dict[str, str]:
    key = keys.generate()
    with app.state.engine.begin() as connection:
        keys.add(connection, key, "test", scopes, services)
    return {"Authorization": f"Bearer {key}"}


def routes_of(router: Any) -> Iterator[tuple[str, str]]:
    """Method and path of every route, of included routers too; with the ids of what is there."""
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes_of(inner)
            continue
        path = route.path.replace("{turn_id}", TURN_ID).replace("{trace_id}", TRACE)
        path = re.sub(r"{(alarm|label)_id}", "1", path)
        path = re.sub(r"{[^}]*}", "x", path)
        for method in getattr(route, "methods", None) or {"GET"}:
            yield method, path


def requested(app: FastAPI) -> list[tuple[str, str]]:
    """Every route; OTLP and what does not exist are no routes of the application."""
    more = [("POST", f"/v1/{signal}") for signal in ("traces", "logs", "metrics")]
    return sorted({*routes_of(app), *more, ("GET", "/v1/traces"), ("GET", "/nowhere")})


def reported(answer: Response) -> str:
    return answer.text + str(answer.headers)


def test_every_kind_of_route_is_asked(app: FastAPI) -> None:
    paths = {path for _, path in requested(app)}
    assert paths >= {"/", "/turns", f"/turns/{TURN_ID}", f"/traces/{TRACE}", "/alarms", "/login"}
    assert paths >= {"/api/v1/turns", f"/api/v1/turns/{TURN_ID}", "/api/v1/alarms", "/metrics"}
    assert paths >= {"/api/v1/alarms/1", "/api/v1/labels", "/labels", "/api/v1/estimates"}
    assert paths >= {"/api/v1/rollouts", "/api/v1/baselines", "/estimates"}
    assert paths >= {"/openapi.json", "/docs", *HEALTH}


def test_a_scan_without_a_key_reads_nothing_anywhere(app: FastAPI, client: TestClient) -> None:
    for method, path in requested(app):
        for headers in ({}, {"Authorization": "Bearer gw_guess"}, {"Cookie": "groundwire_key=x"}):
            if path in OPEN:
                continue
            answer = client.request(method, path, headers=headers)
            assert answer.status_code in {401, 429, 303}, f"{method} {path}"
            if answer.status_code == 303:
                assert answer.headers["location"].startswith("/login?"), f"{method} {path}"
    for path in OPEN:
        answer = client.get(path)
        assert BANK not in reported(answer)
        assert SECRET not in reported(answer)


def test_a_key_of_one_service_reads_nothing_of_another(app: FastAPI, client: TestClient) -> None:
    of_all = key_of(app, Scope.READ)
    of_shop = key_of(app, *keys.ALL_SCOPES, services=("shop",))
    seen_by_all = set()
    for method, path in requested(app):
        if BANK in reported(client.request(method, path, headers=of_all)):
            seen_by_all.add(path)
        for query in ("", f"?service={BANK}", f"?q={SECRET}", f"?order=newest&trace_id={TRACE}"):
            if path in OPEN and query:
                continue
            answer = client.request(method, path + query, headers=of_shop)
            echoed = (
                reported(answer)
                .replace(f"service={BANK}", "")
                .replace(f"q={SECRET}", "")
                .replace(f'value="{BANK}"', "")
                .replace(f'value="{SECRET}"', "")
            )
            assert BANK not in echoed, f"{method} {path}{query}"
            assert SECRET not in echoed, f"{method} {path}{query}"
    assert seen_by_all >= {"/metrics", "/turns", "/alarms", "/api/v1/turns", "/api/v1/alarms"}
    assert seen_by_all >= {f"/turns/{TURN_ID}", f"/api/v1/turns/{TURN_ID}"}
    assert seen_by_all >= {"/api/v1/alarms/1", "/labels", "/estimates", "/api/v1/labels"}
    assert seen_by_all >= {"/api/v1/estimates", "/api/v1/rollouts", "/api/v1/baselines"}


STATELESS = {"/api/v1/judge"}  # judges the text that it is sent, and stores nothing
WRITES = {
    "/api/v1/labels": {"turn_id": TURN_ID, "verdict": "supported"},
    "/api/v1/alarms/1/acknowledge": None,
    "/api/v1/alarms/1/accept": {"why": "It is fine."},
    "/api/v1/rollouts": {"service": BANK, "model_version": "v2"},
    "/api/v1/baselines": {
        "service": BANK,
        "since": "2026-11-01T00:00:00Z",
        "until": "2026-11-02T00:00:00Z",
        "why": "It was good.",
    },
}


def test_a_key_of_one_service_changes_nothing_of_another(app: FastAPI, client: TestClient) -> None:
    of_shop = key_of(app, *keys.ALL_SCOPES, services=("shop",))
    before = everything(app)
    posts = {
        path for method, path in requested(app) if method == "POST" and path.startswith("/api/")
    }
    assert posts - STATELESS == WRITES.keys()
    for path, body in WRITES.items():
        answer = client.post(path, json=body, headers=of_shop)
        assert answer.status_code in {403, 404}, path
    for method, path in requested(app):
        if method in {"DELETE", "PUT", "PATCH"}:
            assert client.request(method, path, headers=of_shop).status_code in {403, 404}, path
    form = {"then": "next", "verdict": "supported"}
    page = f"/turns/{TURN_ID}/labels"
    assert client.post(page, data=form, headers=of_shop).status_code in {403, 404}
    assert everything(app) == before


def everything(app: FastAPI) -> dict[str, list[Any]]:
    """Every row of every table that says of which service it is, and of the labels."""
    with app.state.engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(select(table))]
            for name, table in StoredModel.metadata.tables.items()
            if "service" in table.columns or name == "label"
        }


def test_the_metrics_of_all_services_need_a_key_that_reads_all(
    app: FastAPI, client: TestClient
) -> None:
    reads_all, writes = key_of(app, Scope.READ), key_of(app, Scope.INGEST)
    restricted = key_of(app, Scope.READ, services=(BANK,))
    statuses = [
        client.get("/metrics", headers=key).status_code for key in (reads_all, writes, restricted)
    ]
    assert statuses == [200, 403, 403]


def test_open_metrics_are_open_to_every_key(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path))
    key = key_of(app, Scope.INGEST, services=("shop",))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", headers=key).status_code == 200


def test_the_api_finds_turns_by_the_words_of_their_questions(
    app: FastAPI, client: TestClient
) -> None:
    headers = key_of(app, Scope.READ)
    for words, found in ((f"{SECRET} WHAT", 1), ("other", 0)):
        answer = client.get("/api/v1/turns", params={"q": words}, headers=headers)
        assert len(answer.json()["turns"]) == found
