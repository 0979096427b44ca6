"""Whatever is sent, the answer blames the client or takes it, and what is stored can be read."""

import copy
import gzip
import json
import tempfile
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from google.protobuf import json_format
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sqlalchemy import select

from groundwire_collector.app import create_app
from groundwire_collector.receiver.protobuf_wire import field
from groundwire_collector.settings import Settings
from groundwire_collector.storage.keys import first_key
from groundwire_collector.storage.spans import spans_of
from groundwire_collector.storage.tables.spans import SPAN

PROTOBUF, JSON = "application/x-protobuf", "application/json"
LONG = "A chunk that recurs is kept once. " * 12  # long enough to be cut out of its message
IDS = select(SPAN.c.trace_id, SPAN.c.span_id)
bounded = settings(
    max_examples=120,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), api_key="gw_test", redact="default")
        app = create_app(settings)
        first_key(settings, app.state.engine)
        with TestClient(app, headers={"Authorization": "Bearer gw_test"}) as client:
            yield client


def valid_trace() -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "shop"
    scope = resource.scope_spans.add()
    scope.scope.name = "test"
    for number in (1, 2):
        span = scope.spans.add(trace_id=b"\xab" * 16, span_id=bytes([number] * 8), name="ask")
        span.start_time_unix_nano, span.end_time_unix_nano = 10, 20
        span.attributes.add(key="text").value.string_value = LONG
        nested = span.attributes.add(key="nested").value.kvlist_value.values.add(key="list")
        nested.value.array_value.values.add().double_value = 0.5
        span.events.add(name="event").attributes.add(key="n").value.int_value = -1
        span.links.add(trace_id=b"\xcd" * 16, span_id=b"87654321")
    return request


def valid_log() -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    record = scope.log_records.add(trace_id=b"\xab" * 16, span_id=b"12345678")
    record.event_name = "gen_ai.choice"
    record.body.string_value = LONG
    return request


VALID = {"/v1/traces": valid_trace(), "/v1/logs": valid_log()}
PATHS = st.sampled_from(sorted(VALID))


def send(client: TestClient, path: str, body: bytes, kind: str, **headers: str) -> int:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.post(path, content=body, headers={"Content-Type": kind, **names})
    assert answer.headers["content-type"] == kind
    return answer.status_code


def wire_field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, bytes):
        return field(number, content)
    return bytes([number << 3 | 1]) + content.to_bytes(8, "little")


LEAVES = st.one_of(st.binary(max_size=24), st.integers(0, 2**64 - 1))
FIELDS = st.builds(wire_field, st.integers(1, 15), LEAVES)
WIRE = st.recursive(
    st.lists(FIELDS, max_size=6).map(b"".join),
    lambda inner: st.lists(st.builds(wire_field, st.integers(1, 7), inner), max_size=4).map(
        b"".join
    ),
    max_leaves=12,
)
# As deep as spans stand, so that garbage comes where it is decoded by itself.
AS_SPANS = st.lists(WIRE, min_size=1, max_size=3).map(
    lambda spans: field(1, field(2, b"".join(field(2, span) for span in spans)))
)


@bounded
@given(path=PATHS, body=st.one_of(st.binary(max_size=200), WIRE, AS_SPANS))
def test_no_bytes_are_too_strange_for_protobuf(client: TestClient, path: str, body: bytes) -> None:
    assert send(client, path, body, PROTOBUF) in {200, 400}


def mutated(body: bytes, changes: list[tuple[int, str, bytes]]) -> bytes:
    def change(body: bytes, one: tuple[int, str, bytes]) -> bytes:
        place, how, new = one
        place %= len(body) + 1
        rest = {"insert": place, "replace": place + len(new), "cut": place + 4 * len(new)}[how]
        return body[:place] + (b"" if how == "cut" else new) + body[rest:]

    return reduce(change, changes, body)


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 2000),
        st.sampled_from(["insert", "replace", "replace", "cut"]),
        st.binary(min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=4,
)


@bounded
@given(path=PATHS, trace=st.binary(min_size=16, max_size=16), changes=CHANGES)
def test_no_change_of_a_valid_message_is_too_strange(
    client: TestClient, path: str, trace: bytes, changes: list[tuple[int, str, bytes]]
) -> None:
    whole = VALID[path].SerializeToString().replace(b"\xab" * 16, trace)
    body = mutated(whole, changes)
    assert send(client, path, body, PROTOBUF) in {200, 400}


@bounded
@given(path=PATHS, changes=CHANGES)
def test_no_change_of_a_compressed_body_is_too_strange(
    client: TestClient, path: str, changes: list[tuple[int, str, bytes]]
) -> None:
    body = mutated(gzip.compress(VALID[path].SerializeToString(), mtime=0), changes)
    assert send(client, path, body, PROTOBUF, Content_Encoding="gzip") in {200, 400}


def places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield at
    if isinstance(value, dict | list):
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in inside:
            yield from places(item, (*at, key))


def with_hex_ids(message: Any) -> Any:
    """Protobuf's JSON as OTLP's: ids are hex."""
    text = json.dumps(json_format.MessageToDict(message))
    return json.loads(text.replace("q6urq6urq6urq6urq6urqw==", "ab" * 16))


DOCUMENTS = {path: with_hex_ids(message) for path, message in VALID.items()}
PLACES = st.sampled_from([(p, at) for p, d in DOCUMENTS.items() for at in places(d)])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(st.characters(codec=None), max_size=20),  # lone surrogates are valid JSON
    st.sampled_from(["", "0" * 32, "ff" * 8, "Infinity", "1e400", "\x00"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def replaced(document: Any, at: tuple[str | int, ...], value: Any) -> Any:
    if not at:
        return value
    changed = copy.deepcopy(document)
    parent = reduce(lambda inside, key: inside[key], at[:-1], changed)
    parent[at[-1]] = value
    return changed


@bounded
@given(place=PLACES, value=VALUES)
def test_no_value_is_too_strange_for_json(
    client: TestClient, place: tuple[str, tuple[str | int, ...]], value: Any
) -> None:
    path, at = place
    body = json.dumps(replaced(DOCUMENTS[path], at, value)).encode()
    assert send(client, path, body, JSON) in {200, 400}


@bounded
@given(path=PATHS, body=st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)))
def test_no_text_is_too_strange_for_json(client: TestClient, path: str, body: bytes) -> None:
    assert send(client, path, body, JSON) in {200, 400}


def test_nesting_beyond_measure_is_refused(client: TestClient) -> None:
    deep = reduce(lambda inner, _: field(5, field(1, inner)), range(3000), b"")
    span = field(1, b"\xab" * 16) + field(2, b"12345678") + field(9, field(2, deep))
    assert send(client, "/v1/traces", field(1, field(2, field(2, span))), PROTOBUF) == 200
    assert send(client, "/v1/traces", b'{"resourceSpans":' + b"[" * 100_000, JSON) == 400


def test_what_was_stored_of_all_this_can_be_read(client: TestClient) -> None:
    """Runs last: over what the tests above left, and a good request after them."""
    assert send(client, "/v1/traces", VALID["/v1/traces"].SerializeToString(), PROTOBUF) == 200
    app = client.app
    assert isinstance(app, FastAPI)
    with app.state.engine.connect() as connection:
        stored = {(row[0].hex(), row[1].hex()) for row in connection.execute(IDS)}
        found = spans_of(connection, {trace for trace, _ in stored})
    assert len(stored) > 2
    assert stored <= {(span.trace_id, span.span_id) for spans in found.values() for span in spans}
