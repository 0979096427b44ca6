"""What must not be written never is: neither in spans nor in events, resources or log records."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sqlalchemy import Engine, select

from groundwire_collector.app import create_app
from groundwire_collector.errors import UsageError
from groundwire_collector.receiver.wire import field
from groundwire_collector.settings import Settings
from groundwire_collector.storage.contents import expand
from groundwire_collector.storage.keys import first_key
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import spans_of
from groundwire_collector.storage.tables.spans import CONTENT, LOG_RECORD, SPAN

MAIL, CARD = "ada@example.org", "4111 1111 1111 1111"
TRACE, OTHER = b"\xab" * 16, b"\xcd" * 16
UNKNOWN = field(500, MAIL.encode())  # of a later version of OTLP
HEADERS = {"Authorization": "Bearer gw_test", "Content-Type": "application/x-protobuf"}


def request_of(trace: bytes, span_id: bytes = b"12345678") -> bytes:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "shop"
    resource.resource.attributes.add(key="owner").value.string_value = MAIL
    scope_spans = resource.scope_spans.add()
    scope_spans.scope.attributes.add(key="owner").value.string_value = MAIL
    scope_spans.scope.MergeFromString(UNKNOWN)
    resource.resource.MergeFromString(UNKNOWN)
    span = scope_spans.spans.add(trace_id=trace, span_id=span_id, trace_state=f"vendor={MAIL}")
    span.MergeFromString(UNKNOWN)
    span.name = f"mail to {MAIL}"
    span.status.message = f"failed for {MAIL}"
    span.attributes.add(key="input").value.string_value = f"I am {MAIL}, card {CARD}, call 12345"
    listed = span.attributes.add(key="docs").value.array_value.values.add()
    listed.kvlist_value.values.add(key="content").value.string_value = f"{MAIL} again"
    span.attributes.add(key=f"mails of {MAIL}").value.int_value = 3
    by_name = span.attributes.add(key="by_name").value.kvlist_value.values
    by_name.add(key=MAIL).value.bytes_value = MAIL.encode()
    link = span.links.add(trace_id=trace, span_id=span_id, trace_state=f"vendor={MAIL}")
    link.attributes.add(key="why").value.string_value = MAIL
    span.attributes.add(key="gen_ai.request.model").value.string_value = "acme-1"
    event = span.events.add(name=f"sent {MAIL}")
    event.attributes.add(key="exception.stacktrace").value.string_value = f"raise {MAIL}"
    return request.SerializeToString()


def log_of(trace: bytes) -> bytes:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.trace_id, record.span_id = trace, b"12345678"
    record.event_name, record.severity_text = f"gen_ai.choice {MAIL}", MAIL
    record.attributes.add(key="to").value.string_value = MAIL
    record.MergeFromString(UNKNOWN)
    record.body.kvlist_value.values.add(key="content").value.string_value = MAIL
    return request.SerializeToString()


def stored_bytes(engine: Engine) -> bytes:
    """All that is in the database of messages and texts, unpacked."""
    with engine.connect() as connection:
        rows = [
            body
            for table in (SPAN, LOG_RECORD, CONTENT)
            for body in connection.scalars(select(table.c.body))
        ]
    return b"\n".join(map(expand, rows))


def received(folder: Path, **settings: str) -> list[Span]:
    """What is stored of two traces and a log record; nowhere in it stands what must not."""
    app = create_app(Settings(data_dir=folder, api_key="gw_test", **settings))  # type: ignore[arg-type]
    first_key(app.state.settings, app.state.engine)
    with TestClient(app, headers=HEADERS) as client:
        for trace in (TRACE, OTHER):
            assert client.post("/v1/traces", content=request_of(trace)).status_code == 200
        assert client.post("/v1/logs", content=log_of(TRACE)).status_code == 200
        with app.state.engine.connect() as connection:
            found = spans_of(connection, [TRACE.hex(), OTHER.hex()])
        if "redact" not in settings or settings["redact"] == "default":
            assert MAIL.encode() not in stored_bytes(app.state.engine)
    return [span for spans in found.values() for span in spans]


def test_secrets_are_masked_on_every_path(tmp_path: Path) -> None:
    first, second = received(tmp_path, redact="default")
    for span in (first, second):
        assert MAIL not in repr(span)
        assert CARD not in repr(span)
    assert "call 12345" in first.attributes["input"]
    assert first.attributes["gen_ai.request.model"] == "acme-1"


def test_a_mask_is_the_same_inside_a_trace_only(tmp_path: Path) -> None:
    first, second = received(tmp_path, redact="default")
    masks = [set(re.findall(r"\[EMAIL_\d+\]", repr(span.attributes))) for span in (first, second)]
    assert [len(found) for found in masks] == [1, 1]
    assert masks[0] != masks[1]
    assert masks[0] == {first.events[-1].body["content"]}


def test_single_masks_can_be_chosen(tmp_path: Path) -> None:
    first, _ = received(tmp_path, redact="card")
    assert CARD not in repr(first)
    assert MAIL in repr(first)


def test_a_misspelt_mask_does_not_switch_redaction_off(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="EMALE"):
        create_app(Settings(data_dir=tmp_path, redact="emale"))


def test_a_hash_only_store_keeps_structure_lengths_and_hashes(tmp_path: Path) -> None:
    first, second = received(tmp_path, content="hash")
    assert MAIL not in repr((first, second))
    assert first.attributes["input"] == "__REDACTED__"
    assert first.attributes["gen_ai.request.model"] == "acme-1"
    assert (
        f'"length": {len(f"I am {MAIL}, card {CARD}, call 12345")}'
        in first.attributes["groundwire.hashed"]
    )
    assert first.attributes["groundwire.hashed"] == second.attributes["groundwire.hashed"]
    assert first.service == "shop"
