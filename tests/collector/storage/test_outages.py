"""The database locked, full, read-only or away: clients are told to wait, and nothing is lost."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sqlalchemy import event

from groundwire_collector.app import create_app
from groundwire_collector.settings import Settings
from groundwire_collector.storage.keys import first_key
from groundwire_collector.storage.spans import WRITER_LOCK, spans_of

ANOTHER_THAT_HANGS = f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"
HEADERS = {"Authorization": "Bearer gw_test", "Content-Type": "application/x-protobuf"}


@contextmanager
def receiver(settings: Settings) -> Iterator[TestClient]:
    app = create_app(settings)
    first_key(settings, app.state.engine)
    with TestClient(app, headers=HEADERS) as client:
        yield client


def body_of(trace: int) -> bytes:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id = trace.to_bytes(16), b"12345678"
    # Too much for the pages that are there already.
    span.attributes.add(key="text").value.string_value = (
        random.Random(trace).randbytes(20_000).hex()
    )
    return request.SerializeToString()


def post(client: TestClient, trace: int) -> int:
    answer = client.post("/v1/traces", content=body_of(trace))
    if answer.status_code == 503:
        assert int(answer.headers["retry-after"]) > 0
    return answer.status_code


def stored(client: TestClient) -> set[int]:
    app = client.app
    assert isinstance(app, FastAPI)
    traces = [f"{trace:032x}" for trace in range(1, 9)]
    with app.state.engine.connect() as connection:
        return {int(name, 16) for name, spans in spans_of(connection, traces).items() if spans}


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, api_key="gw_test")


def test_a_locked_database(on_sqlite: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundwire_collector.storage.sqlite.BUSY_SECONDS", 0.1)
    with receiver(on_sqlite) as client:
        assert post(client, 1) == 200
        other = sqlite3.connect(on_sqlite.sqlite_path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert [post(client, 2), client.get("/readyz").status_code] == [503, 503]
        assert client.get("/healthz").status_code == 200
        other.execute("ROLLBACK")
        other.close()
        assert [post(client, 2), client.get("/readyz").status_code] == [200, 200]
        assert stored(client) == {1, 2}


@pytest.mark.parametrize("trouble", ["max_page_count=1", "query_only=1"], ids=["full", "read-only"])
def test_a_disk_that_takes_nothing_more(on_sqlite: Settings, trouble: str) -> None:
    pragma = trouble
    well = {"max_page_count=1": "max_page_count=1073741823", "query_only=1": "query_only=0"}

    def set_pragma(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    with receiver(on_sqlite) as client:
        assert post(client, 1) == 200
        event.listen(client.app.state.engine, "checkout", set_pragma)  # type: ignore[attr-defined]
        assert [post(client, trace) for trace in (2, 3)] == [503, 503]
        pragma = well[trouble]
        assert [post(client, trace) for trace in (2, 4)] == [200, 200]
        assert stored(client) == {1, 2, 4}


@pytest.mark.needs("postgresql")
def test_a_locked_postgresql(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundwire_collector.storage.postgresql.LOCK_SECONDS", 0.1)
    cluster.create("locked")
    url = cluster.url("locked")
    with (
        receiver(Settings(data_dir=tmp_path, database_url=url, api_key="gw_test")) as client,
        psycopg.connect(url.replace("+psycopg", "")) as other,
    ):
        assert post(client, 1) == 200
        for statement in ("LOCK TABLE span, store_fact", ANOTHER_THAT_HANGS):
            other.execute(statement)
            assert post(client, 2) == 503
            assert client.get("/healthz").status_code == 200
            other.rollback()
        assert [post(client, 2), client.get("/readyz").status_code] == [200, 200]
        assert stored(client) == {1, 2}


@pytest.mark.needs("postgresql")
def test_a_killed_postgresql(cluster: Any, tmp_path: Path) -> None:
    cluster.create("outage")
    url = cluster.url("outage")
    with receiver(Settings(data_dir=tmp_path, database_url=url, api_key="gw_test")) as client:
        assert post(client, 1) == 200
        cluster.stop()
        try:
            assert [post(client, 2), client.get("/readyz").status_code] == [503, 503]
            assert client.get("/api/v1/turns").status_code == 503
        finally:
            cluster.start()
        assert [post(client, 2), client.get("/readyz").status_code] == [200, 200]
        assert stored(client) == {1, 2}


def test_an_outage_is_logged_once_and_not_for_each_request(
    on_sqlite: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundwire_collector.storage.sqlite.BUSY_SECONDS", 0.01)
    with receiver(on_sqlite) as client:
        other = sqlite3.connect(on_sqlite.sqlite_path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert [post(client, trace) for trace in range(1, 6)] == [503] * 5
        other.execute("ROLLBACK")
        other.close()
        assert post(client, 1) == 200
    assert caplog.text.count("writing to the database fails") == 1
