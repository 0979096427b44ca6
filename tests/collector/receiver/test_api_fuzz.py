"""The API as its own OpenAPI describes it, called in every way that schemathesis thinks of."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings

from groundwire_collector.app import create_app
from groundwire_collector.settings import Settings
from groundwire_collector.storage import turns
from groundwire_collector.storage.keys import first_key
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.turn import Turn

schemathesis = pytest.importorskip("schemathesis")
pytestmark = pytest.mark.needs("clients")

HEADERS = {"Authorization": "Bearer gw_test"}
TRACE = "ab" * 16
bounded = settings(
    max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def app() -> Iterator[FastAPI]:
    with tempfile.TemporaryDirectory() as folder:
        provided = Settings(data_dir=Path(folder), api_key="gw_test")
        app = create_app(provided)
        first_key(provided, app.state.engine)
        turn = Turn(
            id=f"{TRACE}-{1:016x}",
            trace_id=TRACE,
            service="shop",
            question="How long?",
            answer="30 days.",
            started_at=datetime(2026, 11, 21, tzinfo=UTC),
        )
        with app.state.engine.begin() as connection:
            turns.save(connection, [JudgedTurn(turn, ())])
        yield app
        app.state.engine.dispose()


def test_no_call_of_the_api_is_answered_with_a_server_error(app: FastAPI) -> None:
    api = schemathesis.openapi.from_asgi("/openapi.json", app, headers=HEADERS)
    called = set()
    for operation in (found.ok() for found in api.get_all_operations()):

        @bounded
        @given(case=operation.as_strategy())
        def call(case: Any) -> None:
            answer = case.call(headers=HEADERS)
            assert answer.status_code < 500, f"{case.method} {case.path} {case.query}"
            assert answer.status_code not in {401, 422}

        call()
        called.add(operation.path)
    assert called >= {"/api/v1/turns", "/api/v1/turns/{turn_id}", "/api/v1/alarms"}
