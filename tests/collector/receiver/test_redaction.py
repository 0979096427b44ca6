"""What must not be written never is: neither in spans nor in events, resources or log records."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from sqlalchemy import Engine, select
from tests.secret_samples import INNOCENT, SECRETS

from groundwire.redaction import DEFAULT_MASKS
from groundwire_collector.app import create_app
from groundwire_collector.errors import UsageError
from groundwire_collector.receiver.admission import Validator
from groundwire_collector.receiver.blocks import ScopeBlock
from groundwire_collector.receiver.protobuf_wire import field
from groundwire_collector.receiver.redaction import HashOnly, Masking
from groundwire_collector.settings import Settings
from groundwire_collector.storage.contents import expand
from groundwire_collector.storage.keys import Access, first_key
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


@pytest.mark.parametrize(
    ("name", "text", "secret"), [(n, *entry) for n, some in SECRETS.items() for entry in some]
)
def test_the_receiver_masks_what_the_sdk_masks(name: str, text: str, secret: str) -> None:
    masked = Masking(DEFAULT_MASKS, b"k").mask(f"It is {text}, they said.", TRACE)
    assert re.search(rf"\[{name}_\d+\]", masked)
    assert secret not in masked


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_texts_are_stored_as_they_came(text: str) -> None:
    assert Masking(DEFAULT_MASKS, b"k").mask(text, TRACE) == text


def cut_text(redaction: Masking | HashOnly, longest: int) -> str:
    """What is left of a long text that ends in secrets, and what is said of it."""
    message = ExportTraceServiceRequest().resource_spans.add().scope_spans.add().spans.add()
    message.trace_id, message.span_id = TRACE, b"12345678"
    message.attributes.add(key="content").value.string_value = LONG_TEXT
    block = ScopeBlock(Resource(), InstrumentationScope(), 1, lambda: iter([message]))
    (record,) = Validator(longest, redaction).spans([block], Access(key_id="k")).spans
    return record.body.decode("latin-1")


LONG_TEXT = "x" * 50 + f" card {CARD} mail ada.secret@example.org and more text"


@pytest.mark.parametrize("longest", range(60, 90, 3))
def test_no_cut_halves_a_secret_or_keeps_its_plain_hash(longest: int) -> None:
    for redaction in (Masking(DEFAULT_MASKS, b"k"), HashOnly(b"k")):
        left = cut_text(redaction, longest)
        assert "4111" not in left
        assert "ada" not in left
        assert sha256(LONG_TEXT.encode()).hexdigest() not in left


def test_names_of_scopes_and_services_are_masked() -> None:
    for redaction in (Masking(DEFAULT_MASKS, b"k"), HashOnly(b"k")):
        scope = InstrumentationScope(name=f"lib-{MAIL}", version=f"1-{MAIL}")
        resource = Resource()
        resource.attributes.add(key="service.name").value.string_value = f"shop of {MAIL}"
        span = SpanMessage(trace_id=TRACE, span_id=b"12345678")
        block = ScopeBlock(resource, scope, 1, lambda: iter([span]))  # noqa: B023 - used at once
        (record,) = Validator(1000, redaction).spans([block], Access(key_id="k")).spans
        assert MAIL.encode() not in record.origin
        assert MAIL not in record.service
        stored_service = ResourceSpans.FromString(record.origin).resource.attributes[0]
        assert record.service == stored_service.value.string_value


TEXT = "My wife has cancer"


@pytest.mark.parametrize(
    "key",
    [
        *("x.role", "groundwire.anything", "service.note", "gen_ai.request.model", "user.id"),
        *("a.mime_type", "error.type", "exception.type", "host.name", "groundwire.tenant"),
        *("gen_ai.agent.name", "session.id", "groundwire.hashed", "groundwire.truncated"),
    ],
)
def test_a_hash_only_store_keeps_no_text_under_any_key(key: str) -> None:
    span = SpanMessage(trace_id=TRACE, span_id=b"12345678", name=f"answer: {TEXT}")
    mark = json.dumps({"input": {"sha256": "ab" * 32, "original_length": 3, "said": TEXT}})
    marks = key.startswith("groundwire.") and key != "groundwire.anything"
    for text in (TEXT, MAIL, mark if marks else TEXT):
        span.attributes.add(key=key).value.string_value = text
    span.events.add(name=f"ann said: {TEXT}")
    HashOnly(b"k").span(span)
    retained = repr(span)
    for gone in ("wife", MAIL, "ab" * 32):
        assert gone not in retained


def test_a_hash_only_store_keeps_what_says_what_a_turn_was() -> None:
    retained = {
        "gen_ai.operation.name": "chat",
        "llm.input_messages.0.message.role": "user",
        "input.mime_type": "application/json",
        "groundwire.model_version": "ft 2026-11",
        "session.id": "s-17",
        "error.type": "TimeoutError",
    }
    span = SpanMessage(trace_id=TRACE, span_id=b"12345678", name="POST /ask")
    for key, value in retained.items():
        span.attributes.add(key=key).value.string_value = value
    HashOnly(b"k").span(span)
    assert {a.key: a.value.string_value for a in span.attributes} == retained
    assert span.name == "POST /ask"
