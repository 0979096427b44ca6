"""Versions of a service over HTTP: first seen, announced, share of the turns over time."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from groundwire_collector.storage import drift, gauges, keys, turns
from groundwire_collector.storage.drift import DimensionValue
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.turn import Turn

NOW = datetime.now(UTC)


@pytest.fixture
def head(app) -> dict[str, str]:
    with app.state.engine.begin() as connection:
        key = keys.generate()
        keys.add(connection, key, "ci", [Scope.READ, Scope.INGEST], ["bot"])
    return {"Authorization": f"Bearer {key}"}


def fill(app: FastAPI) -> None:
    """Four days: ft-1 alone, then a quarter ft-2, then half, then ft-2 alone."""
    found = []
    for day, share in enumerate((0, 25, 50, 100)):
        for number in range(100):
            version = "ft-2" if number < share else "ft-1"
            turn = Turn(
                id=f"t{day}-{number}",
                trace_id=f"{day * 100 + number:032x}",
                service="bot",
                model_version=version,
                adapter=f"lora-{version}",
                release="2026.11" if day < 2 else "2026.12",
                started_at=NOW - timedelta(days=3.5 - day),
            )
            found.append(JudgedTurn(turn, ()))
    probe = Turn(id="p", trace_id="f" * 32, service="bot", model_version="ft-9", probe=True,
                 started_at=NOW - timedelta(days=1))  # fmt: skip
    seen = [
        DimensionValue(
            "bot", "model_version", name, at, int(NOW.timestamp() * 1e9) - 10**15 + at * 10**12
        )
        for at, name in enumerate(("ft-1", "ft-2"), start=1)
    ]
    with app.state.engine.begin() as connection:
        turns.save(connection, [*found, JudgedTurn(probe, ())])
        drift.save_dimension_values(connection, seen)


def listed(app, head, **more):
    parameters = {
        "service": "bot",
        "since": (NOW - timedelta(days=4)).isoformat(),
        "until": NOW.isoformat(),
        "parts": 4,
    } | more
    return TestClient(app).get("/api/v1/versions", params=parameters, headers=head)


def test_a_canary_shows_as_a_version_whose_share_grows(app, head):
    fill(app)
    reported = listed(app, head).json()
    new, old = reported["versions"]
    assert (new["value"], new["shares"]) == ("ft-2", [0.0, 0.25, 0.5, 1.0])
    assert (old["value"], old["turns"], old["share"]) == ("ft-1", 225, 225 / 400)
    assert new["first_seen"] > old["first_seen"]
    assert new["announced"] is None
    assert reported["part_seconds"] == pytest.approx(86_400, rel=1e-3)
    assert reported["turns"] == [100, 100, 100, 100]


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        ("adapter", {"lora-ft-1": 225, "lora-ft-2": 175}),
        ("release", {"2026.11": 200, "2026.12": 200}),
    ],
)
def test_adapters_and_releases_are_versions_too(app, head, dimension, expected):
    fill(app)
    reported = listed(app, head, dimension=dimension).json()
    assert {each["value"]: each["turns"] for each in reported["versions"]} == expected


def test_an_announced_version_is_listed_before_its_first_turn(app, head):
    fill(app)
    body = {
        "service": "bot",
        "model_version": "ft-3",
        "release": "2026.13",
        "trained_at": "2026-11-01T00:00:00Z",
        "at": (NOW - timedelta(hours=1)).isoformat(),
        "note": "fewer refusals",
    }
    done = TestClient(app).post("/api/v1/rollouts", json=body, headers=head)
    assert done.status_code == 201
    newest = listed(app, head).json()["versions"][0]
    assert (newest["value"], newest["turns"], newest["first_seen"]) == ("ft-3", 0, None)
    assert newest["announced"]["trained_at"] == "2026-11-01T00:00:00Z"
    [release] = [
        each
        for each in TestClient(app).get("/api/v1/rollouts", headers=head).json()["rollouts"]
        if each["dimension"] == "release"
    ]
    assert (release["value"], release["trained_at"]) == ("2026.13", None)


def test_a_training_time_needs_its_model(app, head):
    body = {"service": "bot", "release": "2026.13", "trained_at": "2026-11-01T00:00:00Z"}
    assert TestClient(app).post("/api/v1/rollouts", json=body, headers=head).status_code == 400


def test_other_services_and_wrong_periods_are_refused(app, head):
    assert listed(app, head, service="shop").status_code == 404
    assert listed(app, head, since=NOW.isoformat()).status_code == 400
    assert listed(app, head, part=3).status_code == 400


def test_rollouts_are_detected_without_an_announcement(app, head):
    fill(app)
    reported = TestClient(app).get("/api/v1/rollouts?service=bot", headers=head).json()
    assert reported["rollouts"] == []
    [found] = reported["detected"]
    assert (found["dimension"], found["value"]) == ("model_version", "ft-2")
    other = TestClient(app).get("/api/v1/rollouts?service=shop", headers=head).json()
    assert other["detected"] == []


def test_an_announced_release_is_an_annotation_of_the_charts(app, head):
    body = {"service": "bot", "release": "2026.13", "adapter": "lora-3"}
    assert TestClient(app).post("/api/v1/rollouts", json=body, headers=head).status_code == 201
    with app.state.engine.connect() as connection:
        seen = gauges.versions_seen(connection, 10)
    assert {(each.dimension, each.value) for each in seen} == {
        ("release", "2026.13"),
        ("adapter", "lora-3"),
    }
