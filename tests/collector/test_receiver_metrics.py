"""What the receiver counts of itself, read where Prometheus reads it."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from groundwire_collector.app import create_app
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys

KEY = keys.generate()
PROTOBUF = {"content-type": "application/x-protobuf"}


@pytest.fixture
def client(tmp_path: Path):
    app = create_app(Settings(data_dir=tmp_path))
    with app.state.engine.begin() as connection:
        keys.add(connection, KEY, "test")
    with TestClient(app, headers={"authorization": f"Bearer {KEY}"}) as client:
        yield client


def request_of(*span_ids: bytes) -> bytes:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for span_id in span_ids:
        scope.spans.add(trace_id=bytes(15) + b"1", span_id=span_id, name="s")
    return request.SerializeToString()


def counted(client: TestClient) -> dict[str, float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        sample.name.removeprefix("groundwire_") + "".join(sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_spans_are_counted_as_they_came_as_refused_and_as_known(client):
    first, second, no_id = bytes(7) + b"1", bytes(7) + b"2", bytes(8)
    client.post("/v1/traces", content=request_of(first, no_id), headers=PROTOBUF)
    client.post("/v1/traces", content=request_of(first, second), headers=PROTOBUF)
    found = counted(client)
    assert found["spans_received_total"] == 4
    assert found["spans_rejected_total"] == 1
    assert found["spans_deduplicated_total"] == 1


def test_requests_are_counted_by_status_and_only_acknowledgements_are_timed(client):
    client.post("/v1/traces", content=request_of(bytes(7) + b"1"), headers=PROTOBUF)
    client.post("/v1/traces", content=b"\xff\xff", headers=PROTOBUF)
    found = counted(client)
    assert found["otlp_requests_total200"] == 1
    assert found["otlp_requests_total400"] == 1
    assert found["otlp_acknowledgement_seconds_count"] == 1


def test_what_waits_for_its_commit_is_counted_and_aged(client, tmp_path: Path):
    other = sqlite3.connect(tmp_path / "groundwire.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # nothing can be committed meanwhile
    body = request_of(bytes(7) + b"1")
    sending = threading.Thread(
        target=lambda: client.post("/v1/traces", content=body, headers=PROTOBUF)
    )
    sending.start()
    give_up = time.monotonic() + 5
    while (found := counted(client))["write_queue_requests"] == 0 and time.monotonic() < give_up:
        time.sleep(0.01)
    assert found["write_queue_requests"] == 1
    assert found["write_queue_age_seconds"] > 0
    assert found["pending_bytes"] == len(body)
    other.execute("ROLLBACK")
    sending.join()
    found = counted(client)
    assert [found["write_queue_requests"], found["write_queue_age_seconds"]] == [0, 0]
    assert found["pending_bytes"] == 0
    assert found["wal_bytes"] > 0
    other.close()
