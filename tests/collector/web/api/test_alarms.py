"""Rollouts, baselines and what people do about alarms, over HTTP and up to the monitor."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from groundwire_collector.app import create_app
from groundwire_collector.drift import checkpoint
from groundwire_collector.drift.monitor import Monitor
from groundwire_collector.drift.rebaseline import carry_out
from groundwire_collector.settings import Settings
from groundwire_collector.storage import drift, keys, rollouts, turns
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.turn import Turn

START = datetime(2026, 11, 1, tzinfo=UTC)
BASELINE = 200


@pytest.fixture
def provided(settings: Settings) -> Settings:
    return settings.model_copy(update={"baseline_turns": BASELINE, "baseline_days": 0})


@pytest.fixture
def app(provided: Settings) -> Iterator[FastAPI]:
    made = create_app(provided)
    # Keys before the first request: the gate remembers them for two seconds.
    made.state.heads = {
        (scopes, services): key_of(made, *scopes.split(), services=services and [services])
        for scopes, services in KEYS
    }
    yield made
    made.state.engine.dispose()


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


KEYS = (
    ("read", None),
    ("label read", None),
    ("label", None),
    ("admin", None),
    ("admin read", None),
    ("ingest", None),
    ("ingest", "bot"),
    ("ingest", "shop"),
    ("admin label read", "shop"),
)


def key_of(app: FastAPI, *scopes: str, services: list[str] | None = None) -> dict[str, str]:
    key = keys.generate()
    with app.state.engine.begin() as connection:
        keys.add(connection, key, "-".join(scopes), map(Scope, scopes), services)
    return {"Authorization": f"Bearer {key}"}


def judged(number: int, loss: float, version: str = "ft-1", service: str = "bot") -> JudgedTurn:
    at = START + timedelta(minutes=number)
    turn = Turn(
        id=f"{service}{number}",
        trace_id=f"{number:032x}",
        service=service,
        answer="yes",
        started_at=at,
        ended_at=at,
        model_version=version,
    )
    scores = {"state": State.SCORED, "signals": {"p_unsupported": loss}}
    return JudgedTurn(turn, (Evaluation(evaluator="grounding", revision="1", **scores),))


def feed(app: FastAPI, found: list[JudgedTurn]) -> Monitor:
    """As the worker does: stored, watched, written down in one transaction."""
    with app.state.engine.begin() as connection:
        monitor = checkpoint.recall(connection, app.state.settings)
        turns.save(connection, found)
        monitor.announce(rollouts.after(connection, monitor.announced))
        carry_out(connection, monitor, int(START.timestamp() * 1e9) + 10**15)
        for alarm in monitor.observe(found):
            if alarm.resolved_ns is None:
                monitor.identify(alarm, drift.raise_alarm(connection, alarm))
            else:
                drift.resolve_alarm(connection, alarm.id or 0, alarm.resolved_ns)
        checkpoint.keep(connection, monitor)
    return monitor


def drifted(app: FastAPI) -> None:
    feed(app, [judged(n, 0.1 * (n % 3)) for n in range(BASELINE + 50)])
    feed(app, [judged(n, 0.9, "ft-2") for n in range(BASELINE + 50, BASELINE + 90)])


def of_scores(reported: dict[str, Any]) -> list[dict[str, Any]]:
    """The baselines of scores, without those of the share of turns that has one."""
    return [each for each in reported["baselines"] if each["signal"] == "p_unsupported"]


def test_an_acknowledged_alarm_names_who_is_on_it_and_stays_open(app, client):
    drifted(app)
    head = app.state.heads["label read", None]
    [alarm] = client.get("/api/v1/alarms", headers=head).json()["alarms"]
    assert (alarm["state"], alarm["acknowledged"]) == ("open", None)
    assert alarm["deployment"]["value"] == "ft-2"
    assert alarm["evidence"] >= 1
    assert alarm["guaranteed"]["size_interval"][0] < alarm["size"]
    assert alarm["guaranteed"]["level"] == 0.9
    answer = client.post(f"/api/v1/alarms/{alarm['id']}/acknowledge", headers=head)
    assert answer.json()["state"] == "acknowledged"
    assert answer.json()["acknowledged"]["by"] == "label-read"
    again = app.state.heads["label", None]
    answer = client.post(f"/api/v1/alarms/{alarm['id']}/acknowledge", headers=again)
    assert answer.json()["acknowledged"]["by"] == "label-read"  # the first who said so
    assert client.get("/api/v1/alarms?only_open=true", headers=head).json()["alarms"]


def test_accepting_a_level_is_a_recorded_act_and_makes_it_the_baseline(app, client):
    drifted(app)
    reader = app.state.heads["read", None]
    [alarm] = client.get("/api/v1/alarms", headers=reader).json()["alarms"]
    path = f"/api/v1/alarms/{alarm['id']}/accept"
    assert client.post(path, json={"why": "new model"}, headers=reader).status_code == 403
    admin = app.state.heads["admin", None]
    assert client.post(path, json={}, headers=admin).status_code == 400
    accepted = client.post(path, json={"why": "the new model is shorter"}, headers=admin).json()
    assert (accepted["state"], accepted["accepted"]["by"]) == ("accepted", "admin")
    assert accepted["accepted"]["why"] == "the new model is shorter"
    assert client.post(path, json={"why": "once more"}, headers=admin).status_code == 409
    n = BASELINE + 90
    feed(app, [judged(i, 0.9, "ft-2") for i in range(n, n + BASELINE)])
    reported = client.get("/api/v1/baselines", headers=reader).json()
    [act] = reported["acts"]
    assert (act["kind"], act["alarm_id"]) == ("accepted", alarm["id"])
    assert act["applied_at"] is not None
    [baseline] = of_scores(reported)
    assert baseline["mean_loss"] == pytest.approx(0.9)
    feed(app, [judged(i, 0.9, "ft-2") for i in range(n + BASELINE, n + 2 * BASELINE)])
    assert len(client.get("/api/v1/alarms", headers=reader).json()["alarms"]) == 1


def test_the_turns_of_a_given_time_are_pinned_as_the_baseline(app, client):
    drifted(app)
    admin = app.state.heads["admin read", None]
    wish = {"service": "bot", "since": START.isoformat(), "why": "before the new year"}
    wish["until"] = (START + timedelta(minutes=100)).isoformat()
    assert client.post("/api/v1/baselines", json=wish, headers=admin).status_code == 202
    feed(app, [judged(2 * BASELINE, 0.1)])
    [baseline] = of_scores(client.get("/api/v1/baselines", headers=admin).json())
    assert (baseline["state"], baseline["turns"]) == ("pinned", 100)
    backwards = wish | {"since": wish["until"], "until": wish["since"]}
    assert client.post("/api/v1/baselines", json=backwards, headers=admin).status_code == 400


def test_an_undetectable_effect_is_stated(app, client):
    feed(app, [judged(n, 0.1 * (n % 3)) for n in range(BASELINE // 2)])
    reader = app.state.heads["read", None]
    [baseline] = of_scores(client.get("/api/v1/baselines", headers=reader).json())
    assert (baseline["state"], baseline["turns"], baseline["detection_delay"]) == (
        "collecting",
        100,
        None,
    )
    feed(app, [judged(n, float(n % 3 == 0)) for n in range(100, BASELINE)])
    reported = client.get("/api/v1/baselines", headers=reader).json()
    delay = of_scores(reported)[0]["detection_delay"]
    assert delay["sufficient"] is False
    assert delay["needed"] > BASELINE
    assert any("too small" in line for line in delay["in_words"])
    assert reported["budget"]["alarms"] == 1


def test_an_announced_rollout_is_spent_on_and_named_once(app, client):
    feed(app, [judged(n, 0.1 * (n % 3)) for n in range(BASELINE + 50)])
    sender = app.state.heads["ingest", "bot"]
    at = (START + timedelta(minutes=BASELINE + 50)).isoformat()
    wish = {"service": "bot", "model_version": "ft-2", "at": at, "note": "probe first"}
    answer = client.post("/api/v1/rollouts", json=wish, headers=sender)
    assert answer.status_code == 201
    [reported] = answer.json()["rollouts"]
    assert (reported["dimension"], reported["value"], reported["announced_by"]) == (
        "model_version",
        "ft-2",
        "ingest",
    )
    monitor = feed(app, [judged(BASELINE + 50, 0.1, "ft-2")])
    assert sum(monitor.allocator.deployments.draws.values()) == 1
    feed(app, [judged(n, 0.9, "ft-2") for n in range(BASELINE + 51, BASELINE + 90)])
    reader = app.state.heads["read", None]
    [alarm] = client.get("/api/v1/alarms", headers=reader).json()["alarms"]
    assert alarm["deployment"]["announced"] is True
    assert (alarm["dimension"], alarm["value"]) == ("model_version", "ft-2")
    listed = client.get("/api/v1/rollouts", headers=reader).json()["rollouts"]
    assert [each["note"] for each in listed] == ["probe first"]


def test_a_rollout_that_no_turn_can_show_is_named_as_well(app, client):
    feed(app, [judged(n, 0.1 * (n % 3)) for n in range(BASELINE + 50)])
    sender = app.state.heads["ingest", None]
    at = (START + timedelta(minutes=BASELINE + 50)).isoformat()
    wish = {"service": "bot", "index_version": "rebuilt", "at": at}
    assert client.post("/api/v1/rollouts", json=wish, headers=sender).status_code == 201
    feed(app, [judged(n, 0.9) for n in range(BASELINE + 50, BASELINE + 90)])
    [alarm] = client.get("/api/v1/alarms", headers=app.state.heads["read", None]).json()["alarms"]
    assert (alarm["dimension"], alarm["value"], alarm["cause"]) == (
        "index_version",
        "rebuilt",
        "index",
    )


def test_a_key_announces_and_reads_only_for_its_own_services(app, client):
    drifted(app)
    sender = app.state.heads["ingest", "shop"]
    wish = {"service": "bot", "model_version": "ft-3"}
    assert client.post("/api/v1/rollouts", json=wish, headers=sender).status_code == 403
    assert client.post(
        "/api/v1/rollouts", json={"service": "shop"}, headers=sender
    ).status_code == (400)
    stranger = app.state.heads["admin label read", "shop"]
    assert client.get("/api/v1/baselines", headers=stranger).json()["baselines"] == []
    assert client.get("/api/v1/alarms/1", headers=stranger).status_code == 404
    assert client.post("/api/v1/alarms/1/acknowledge", headers=stranger).status_code == 404
    answer = client.post("/api/v1/alarms/1/accept", json={"why": "mine"}, headers=stranger)
    assert answer.status_code == 404
