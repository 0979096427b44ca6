"""What OTLP clients are answered, and what is stored of what they send."""

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from google.rpc.status_pb2 import Status
from httpx import Response
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from groundwire_collector.app import create_app
from groundwire_collector.receiver.protobuf_wire import field
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys
from groundwire_collector.storage.encoding import message_of
from groundwire_collector.storage.keys import first_key
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import arrivals, spans_of

KEY = "gw_test"
PROTOBUF, JSON = "application/x-protobuf", "application/json"
TRACE = "ab" * 16


def a_span(number: int = 1, **fields: Any) -> Span:
    provided = {"trace_id": TRACE, "service": "shop", "start_ns": 10, "end_ns": 20, **fields}
    return Span(span_id=f"{number:016x}", **provided)


def request_of(*spans: Span) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    for span in spans:
        message, origin = message_of(span)
        origin.scope_spans[0].spans.append(message)
        request.resource_spans.append(origin)
    return request


def body_of(*spans: Span) -> bytes:
    return request_of(*spans).SerializeToString()


def with_raw_span(raw: bytes, good: Span) -> bytes:
    """A request whose only scope holds a span given by its bytes, and a good one."""
    message, origin = message_of(good)
    scope_spans = field(2, raw) + field(2, message.SerializeToString())
    resource = field(1, origin.resource.SerializeToString())
    return field(1, resource + field(2, scope_spans))


def post(client: TestClient, body: Any, kind: str = PROTOBUF, **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/v1/traces", content=body, headers={"Content-Type": kind, **names})


def stored(client: TestClient, trace: str = TRACE) -> list[Span]:
    app = client.app
    assert isinstance(app, FastAPI)
    with app.state.engine.connect() as connection:
        return spans_of(connection, [trace])[trace]


def partial(response: Response) -> tuple[int, str]:
    success = ExportTraceServiceResponse.FromString(response.content).partial_success
    return success.rejected_spans, success.error_message


def test_spans_are_stored_before_they_are_acknowledged(client: TestClient) -> None:
    response = post(client, body_of(a_span(name="ask", attributes={"n": [1, {"a": None}]})))
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == PROTOBUF
    assert [span.attributes for span in stored(client)] == [{"n": [1, {"a": None}]}]


def test_an_empty_request_is_fine(client: TestClient) -> None:
    assert post(client, b"").status_code == 200
    assert post(client, b"{}", JSON).json() == {}


def test_a_media_type_may_carry_parameters(client: TestClient) -> None:
    body = b'{"resourceSpans": []}'
    assert post(client, body, "application/json; charset=utf-8").status_code == 200


def test_json_ids_are_hex_of_either_case_and_numbers_come_in_every_form(client: TestClient) -> None:
    span = {
        "traceId": TRACE.upper(),
        "spanId": "00000000000000AB",
        "parentSpanId": "",
        "name": "ask",
        "kind": 3,
        "startTimeUnixNano": "1700000000000000000",
        "endTimeUnixNano": 1700000000000000001,
        "attributes": [
            {"key": "count", "value": {"intValue": "7"}},
            {"key": "score", "value": {"doubleValue": "Infinity"}},
            {"key": "unknown", "value": {}, "more": 1},
        ],
        "links": [{"traceId": "cd" * 16, "spanId": "ef" * 8}],
        "futureField": True,
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    request = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}
    response = post(client, json.dumps(request), JSON)
    assert (response.status_code, response.json()) == (200, {})
    assert response.headers["content-type"] == JSON
    (found,) = stored(client)
    assert (found.span_id, found.service, found.kind) == ("00000000000000ab", "shop", 3)
    assert found.end_ns == 1700000000000000001
    assert found.attributes == {"count": 7, "score": float("inf"), "unknown": None}


def test_a_bad_json_span_costs_only_itself(client: TestClient) -> None:
    good = {"traceId": TRACE, "spanId": "1" * 16, "name": "good", "startTimeUnixNano": "1"}
    bad = [{**good, "spanId": "not hex"}, {**good, "name": 7}, {**good, "spanId": 5}]
    request = {"resourceSpans": [{"scopeSpans": [{"spans": [*bad, good]}]}]}
    response = post(client, json.dumps(request), JSON)
    assert response.json()["partialSuccess"]["rejectedSpans"] == "3"
    assert [span.name for span in stored(client)] == ["good"]


@pytest.mark.parametrize(
    ("half", "whole"), [("cut \ud83e", "cut \ufffd"), ("\udd70 left", "\ufffd left"), ("🥰", "🥰")]
)
def test_half_an_emoji_in_json_becomes_a_replacement_character(
    client: TestClient, half: str, whole: str
) -> None:
    value = {"stringValue": half}
    span = {"traceId": TRACE, "spanId": "1" * 16, "name": half, "startTimeUnixNano": "1"}
    span["attributes"] = [{"key": f"k{half}", "value": value}]
    request = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    assert post(client, json.dumps(request), JSON).json() == {}
    (found,) = stored(client)
    assert (found.name, found.attributes) == (whole, {f"k{whole}": whole})


GOOD = {"traceId": TRACE, "spanId": "1" * 16}


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        ({"resource_spans": []}, "resource_spans"),
        ({"spans": [GOOD]}, "found: spans"),
        ({"resourceSpans": [{"instrumentationLibrarySpans": [{"spans": [GOOD]}]}]}, "scopeSpans"),
        ({"resourceSpans": [{"scopeSpans": [{"Spans": [GOOD]}]}]}, "no spans"),
    ],
)
def test_a_body_in_which_the_spans_are_not_found_is_reported_so(
    client: TestClient, request_: dict[str, Any], word: str
) -> None:
    answer = post(client, json.dumps(request_), JSON).json()
    assert word in answer["partialSuccess"]["errorMessage"]
    assert "rejectedSpans" not in answer["partialSuccess"]


@pytest.mark.parametrize(
    ("time", "unit"),
    [
        (1_764_000_000, " seconds"),
        (1_764_000_000_123, "milliseconds"),
        (1_764_000_000_123_456, "microseconds"),
    ],
)
def test_times_that_are_not_in_nanoseconds_are_reported(
    client: TestClient, time: int, unit: str
) -> None:
    body = body_of(a_span(start_ns=time, end_ns=time + 1))
    rejected, why = partial(post(client, body))
    assert (rejected, unit in why) == (0, True)
    assert len(stored(client)) == 1
    later = time * 10 ** (19 - len(str(time)))
    assert partial(post(client, body_of(a_span(start_ns=later, end_ns=later)))) == (0, "")


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"resourceSpans": 5}', b'{"resourceSpans": [5]}', b"\xff", b"[" * 99999]
)
def test_what_is_no_otlp_json_is_the_clients_mistake(client: TestClient, body: bytes) -> None:
    response = post(client, body, JSON)
    assert (response.status_code, response.json()["code"]) == (400, 3)


@pytest.mark.parametrize("body", [b"\xff" * 4000, b"not protobuf", body_of(a_span())[:-9]])
def test_what_is_no_protobuf_is_the_clients_mistake(client: TestClient, body: bytes) -> None:
    response = post(client, body)
    assert response.status_code == 400
    assert Status.FromString(response.content).code == 3
    assert stored(client) == []


def bad_utf8() -> bytes:
    message, _ = message_of(a_span(2, name="XXXX"))
    return message.SerializeToString().replace(b"XXXX", b"\xff\xfe\xc3(")


def nested_too_deep() -> bytes:
    value = field(1, b"x")
    for _ in range(150):
        value = field(6, field(1, field(1, b"k") + field(2, value)))
    message, _ = message_of(a_span(2))
    return message.SerializeToString() + field(9, field(1, b"n") + field(2, value))


@pytest.mark.parametrize("raw", [bad_utf8(), nested_too_deep(), b"\xff\xff"])
def test_a_span_that_does_not_decode_costs_only_itself(client: TestClient, raw: bytes) -> None:
    response = post(client, with_raw_span(raw, a_span(name="good")))
    assert response.status_code == 200
    assert partial(response)[0] == 1
    assert [span.name for span in stored(client)] == ["good"]


def test_spans_without_good_ids_or_times_are_refused_by_themselves(client: TestClient) -> None:
    bad = request_of(*(a_span(number) for number in range(2, 8)))
    spans = [resource.scope_spans[0].spans[0] for resource in bad.resource_spans]
    spans[0].trace_id = b""
    spans[1].span_id = bytes(8)
    spans[2].trace_id = b"abcd"
    spans[3].trace_id = bytes(16)
    spans[4].end_time_unix_nano = 2**64 - 1
    spans[5].start_time_unix_nano = 2**63
    bad.resource_spans.append(request_of(a_span(name="good")).resource_spans[0])
    rejected, why = partial(post(client, bad.SerializeToString()))
    assert rejected == 6
    assert why.count("refused") == 3
    assert [span.name for span in stored(client)] == ["good"]


@pytest.mark.parametrize("how", [gzip.compress, zlib.compress])
def test_compressed_bodies_are_read(client: TestClient, how: Any) -> None:
    encoding = "gzip" if how is gzip.compress else "deflate"
    body = how(body_of(a_span(name="ask")))
    assert post(client, body, Content_Encoding=encoding).status_code == 200
    assert [span.name for span in stored(client)] == ["ask"]


def test_gzip_may_come_in_several_members_and_in_chunks(client: TestClient) -> None:
    body = body_of(a_span(name="ask", attributes={"text": "answer " * 1000}))
    members = gzip.compress(body[:500]) + gzip.compress(body[500:])

    def chunks() -> Iterator[bytes]:
        yield from (members[i : i + 7] for i in range(0, len(members), 7))

    assert post(client, chunks(), Content_Encoding="gzip").status_code == 200
    assert [span.name for span in stored(client)] == ["ask"]


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"not gzip", "gzip", 400),
        (gzip.compress(b"x" * 999, mtime=0)[:-9], "gzip", 400),
        (body_of(a_span()), "br", 415),
        (body_of(a_span()), "zstd", 415),
    ],
)
def test_a_bad_encoding_is_answered_clearly(
    client: TestClient, body: bytes, encoding: str, status: int
) -> None:
    response = post(client, body, Content_Encoding=encoding)
    assert response.status_code == status
    assert Status.FromString(response.content).message


@pytest.mark.parametrize("kind", ["text/plain", "", "application/xml"])
def test_another_media_type_is_415(client: TestClient, kind: str) -> None:
    assert post(client, body_of(a_span()), kind).status_code == 415
    assert stored(client) == []


def test_only_post_is_taken(client: TestClient) -> None:
    assert client.get("/v1/traces").status_code == 405


def test_a_text_that_is_too_long_is_cut_and_says_so(client: TestClient) -> None:
    limit = 2**20
    text = "é" * limit
    assert post(client, body_of(a_span(attributes={"input": text, "n": 1}))).status_code == 200
    (found,) = stored(client)
    assert found.attributes["input"] == "é" * (limit // 2)
    mark = json.loads(found.attributes["groundwire.truncated"])
    assert mark["input"]["original_length"] == limit
    assert len(mark["input"]["sha256"]) == 64
    assert found.attributes["n"] == 1


def event(name: str, trace: str = TRACE, body: str = "hello") -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.trace_id, record.span_id = bytes.fromhex(trace), bytes.fromhex(f"{1:016x}")
    record.event_name, record.body.string_value, record.time_unix_nano = name, body, 15
    return request


def test_log_events_join_their_span_and_plain_logs_are_not_kept(client: TestClient) -> None:
    post(client, body_of(a_span()))
    for request in (event("gen_ai.choice"), event("", body="a log line")):
        body = request.SerializeToString()
        response = client.post("/v1/logs", content=body, headers={"Content-Type": PROTOBUF})
        assert (response.status_code, response.content) == (200, b"")
    (span,) = stored(client)
    assert [(event.name, event.body) for event in span.events] == [("gen_ai.choice", "hello")]


def test_log_events_come_as_json_too(client: TestClient) -> None:
    record = {
        "traceId": TRACE,
        "spanId": f"{1:016x}",
        "timeUnixNano": "15",
        "attributes": [{"key": "event.name", "value": {"stringValue": "gen_ai.choice"}}],
        "body": {"kvlistValue": {"values": [{"key": "index", "value": {"intValue": 0}}]}},
    }
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    assert client.post("/v1/logs", json=body).json() == {}
    assert stored(client)[0].events[0].body == {"index": 0}


def test_metrics_are_accepted_and_reported_as_not_stored(client: TestClient) -> None:
    response = client.post("/v1/metrics", json={"resourceMetrics": [{}]})
    assert response.status_code == 200
    assert "not stored" in response.json()["partialSuccess"]["errorMessage"]


def test_a_batch_that_is_sent_again_is_no_news(client: TestClient) -> None:
    for _ in range(2):
        assert post(client, body_of(a_span())).status_code == 200
    with client.app.state.engine.connect() as connection:  # type: ignore[attr-defined]
        assert len(arrivals(connection, 0, 10)) == 1


def test_a_key_over_its_rate_has_to_retry_and_others_have_not(
    settings: Settings,
) -> None:
    app = create_app(settings.model_copy(update={"ingest_rate": 0.01}))
    first_key(settings, app.state.engine)
    with app.state.engine.begin() as connection:
        keys.add(connection, "gw_other", "other")
    with TestClient(app, headers={"Authorization": f"Bearer {KEY}"}) as client:
        assert [post(client, body_of(a_span())).status_code for _ in range(2)] == [200, 429]
        assert post(client, body_of(a_span()), authorization="Bearer gw_other").status_code == 200
