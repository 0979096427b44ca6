"""Without a key nothing is read anywhere; with one, only what it allows."""

import base64
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from tests.ports import free_port

from groundwire_collector.alerting.stack.writing import FILES
from groundwire_collector.app import create_app
from groundwire_collector.auth.middleware import ATTEMPTS, FRESH_SECONDS, KeyCache
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys
from groundwire_collector.storage.keys import Scope
from groundwire_collector.storage.spans import spans_of

PROTOBUF = {"Content-Type": "application/x-protobuf"}
TRACE = b"\xab" * 16


@pytest.fixture
def stranger(app: FastAPI) -> TestClient:
    return TestClient(app, follow_redirects=False)


def make(app: FastAPI, *scopes: Scope, services: tuple[str, ...] | None = None) -> dict[str, str]:
    key = keys.generate()
    with app.state.engine.begin() as connection:
        keys.add(connection, key, "test", scopes, services)
    return {"Authorization": f"Bearer {key}"}


def request_of(service: str) -> bytes:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = service
    resource.scope_spans.add().spans.add(trace_id=TRACE, span_id=b"12345678", name=service)
    return request.SerializeToString()


def routes_of(app: FastAPI) -> list[str]:
    paths = list(app.openapi()["paths"])
    return [path.replace("{", "").replace("}", "") for path in paths]


def test_a_scan_without_a_key_reads_nothing_anywhere(app: FastAPI, stranger: TestClient) -> None:
    open_paths = {"/healthz", "/readyz", "/metrics"}  # it listens on loopback
    paths = {*routes_of(app), "/openapi.json", "/docs", "/v1/traces", "/v1/logs", "/", "/nowhere"}
    for path in paths - open_paths:
        for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
            answer = stranger.request(method, path)
            assert answer.status_code in {401, 303}, f"{method} {path}"
            assert answer.status_code == 401 or answer.headers["location"].startswith("/login")


def test_a_refusal_is_a_problem_for_the_api_and_a_status_for_otlp(stranger: TestClient) -> None:
    api = stranger.get("/api/v1/turns")
    assert api.headers["content-type"] == "application/problem+json"
    assert api.json()["status"] == 401
    assert api.headers["www-authenticate"] == "Bearer"
    otlp = stranger.post("/v1/traces", json={})
    assert otlp.json() == {"code": 16, "message": otlp.json()["message"]}


def test_nothing_but_that_it_lives_is_open_where_it_listens_wider(settings: Settings) -> None:
    wide = TestClient(create_app(settings.model_copy(update={"host": "0.0.0.0"})))
    for path in ("/readyz", "/metrics"):
        assert wide.get(path).status_code == 401
    assert wide.get("/healthz").json() == {"status": "ok"}


def test_the_containers_health_check_passes_where_keys_are_needed(
    settings: Settings, tmp_path: Path
) -> None:
    """The command of the Dockerfile, against a collector that listens as it does there."""
    lines = (FILES / "Dockerfile").read_text(encoding="utf-8").splitlines()
    (check,) = [line for line in lines if line.startswith("HEALTHCHECK")]
    command = json.loads(check.partition(" CMD ")[2])
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings.model_copy(update={"host": "0.0.0.0"})), port=port, log_config=None
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.05)
        script = command[-1].replace("4318", str(port))
        subprocess.run([sys.executable, "-c", script], check=True, timeout=30)
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *(("127.0.0.1:4318", 200), ("localhost", 200), ("[::1]:4318", 200)),
        *(("ops.example.org", 200), ("evil.example", 421), ("evil.example:4318", 421), ("", 421)),
    ],
)
def test_what_is_open_on_loopback_is_not_read_under_a_foreign_name(
    settings: Settings, host: str, status: int
) -> None:
    public = {"public_url": "https://ops.example.org/groundwire"}
    client = TestClient(create_app(settings.model_copy(update=public)))
    for path in ("/metrics", "/readyz"):
        assert client.get(path, headers={"Host": host}).status_code == status
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_a_key_opens_under_any_name(app: FastAPI) -> None:
    key = make(app, Scope.READ)
    client = TestClient(app, headers={**key, "Host": "elsewhere.example"})
    assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize("user", ["", "pk-1", "gw"])
def test_basic_takes_the_key_as_password(app: FastAPI, stranger: TestClient, user: str) -> None:
    key = make(app, Scope.INGEST)["Authorization"].removeprefix("Bearer ")
    value = base64.b64encode(f"{user}:{key}".encode()).decode()
    headers = {**PROTOBUF, "Authorization": f"Basic {value}"}
    assert stranger.post("/v1/traces", content=b"", headers=headers).status_code == 200


@pytest.mark.parametrize("value", ["Bearer", "Bearer x", "Basic !", "Basic eA==", "Digest x", "é"])
def test_what_is_no_key_opens_nothing(stranger: TestClient, value: str) -> None:
    headers = {"Authorization": value.encode("latin-1")}
    assert stranger.post("/v1/traces", headers=headers).status_code == 401


def test_scopes_are_kept_apart(app: FastAPI, stranger: TestClient) -> None:
    ingest, read = make(app, Scope.INGEST), make(app, Scope.READ)
    assert stranger.get("/api/v1/turns", headers=ingest).status_code == 403
    assert stranger.get("/api/v1/turns", headers=read).status_code == 200
    assert stranger.post("/v1/traces", headers={**PROTOBUF, **read}).status_code == 403
    assert stranger.post("/v1/traces", headers={**PROTOBUF, **ingest}).status_code == 200


def test_a_key_of_one_service_writes_nothing_of_another(app: FastAPI, stranger: TestClient) -> None:
    headers = {**PROTOBUF, **make(app, Scope.INGEST, services=("shop",))}
    for service in ("bank", "shop"):
        answer = stranger.post("/v1/traces", content=request_of(service), headers=headers)
        success = ExportTraceServiceResponse.FromString(answer.content).partial_success
        assert success.rejected_spans == (service == "bank")
    with app.state.engine.connect() as connection:
        (span,) = spans_of(connection, [TRACE.hex()])[TRACE.hex()]
    assert span.service == "shop"


def test_a_revoked_key_opens_nothing_within_seconds(
    app: FastAPI, stranger: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert FRESH_SECONDS <= 5
    headers = make(app, Scope.READ)
    assert stranger.get("/api/v1/turns", headers=headers).status_code == 200
    with app.state.engine.begin() as connection:
        key = next(key for key in keys.keys(connection) if key.name == "test")
        keys.revoke(connection, key.access.key_id)
    monkeypatch.setattr("groundwire_collector.auth.middleware.FRESH_SECONDS", 0.0)
    assert stranger.get("/api/v1/turns", headers=headers).status_code == 401


def test_auth_failures_are_limited_but_bar_nobody_who_was_in_before(
    app: FastAPI, stranger: TestClient
) -> None:
    known, late = make(app, Scope.READ), make(app, Scope.READ)
    assert stranger.get("/api/v1/turns", headers=known).status_code == 200
    bad = {"Authorization": "Bearer gw_guess"}
    statuses = [stranger.get("/api/v1/turns", headers=bad).status_code for _ in range(ATTEMPTS + 1)]
    assert statuses == [401] * ATTEMPTS + [429]
    assert stranger.get("/api/v1/turns", headers=known).status_code == 200
    assert stranger.get("/api/v1/turns", headers=late).status_code == 429


async def test_a_body_is_not_read_before_the_key(app: FastAPI) -> None:
    async def receive() -> dict[str, object]:
        pytest.fail("the body was read")

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/traces", "headers": [], "client": None}
    await app(scope, receive, send)
    assert sent[0]["status"] == 401


async def test_keys_that_were_read_last_while_the_database_is_away(
    app: FastAPI, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = KeyCache(app.state.engine)
    assert await ring.access("gw_test") is not None
    monkeypatch.setattr("groundwire_collector.auth.middleware.FRESH_SECONDS", 0.0)
    app.state.engine.dispose()
    for file in Path(settings.data_dir).glob("groundwire.db*"):
        file.unlink()
    Path(settings.data_dir, "groundwire.db").mkdir()  # cannot be opened any more
    assert await ring.access("gw_test") is not None
