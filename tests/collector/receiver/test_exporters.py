"""Real exporters against a real server: what they send, and what they try again."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
    OTLPSpanExporter as HttpExporter,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from tests.collector.receiver.cut_lines import cut_line
from tests.ports import free_port
from tests.running import until

from groundwire_collector.app import create_app
from groundwire_collector.auth.middleware import ATTEMPTS, FRESH_SECONDS
from groundwire_collector.metric_definitions import (
    AUTH_FAILURES,
    SPANS_DEDUPLICATED,
    SPANS_RECEIVED,
    SPANS_REJECTED,
    MetricDefinition,
)
from groundwire_collector.processes.receiver import Server
from groundwire_collector.receiver.body import RequestRejectedError
from groundwire_collector.receiver.protobuf_wire import field
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys
from groundwire_collector.storage.keys import Access, first_key
from groundwire_collector.storage.span import Span
from groundwire_collector.storage.spans import arrivals, spans_of

HEADERS = {"authorization": "Bearer gw_test"}


@contextmanager
def serving(folder: Path, **provided: Any) -> Iterator[Server]:
    settings = Settings(
        data_dir=folder, api_key="gw_test", port=free_port(), grpc_port=free_port(), **provided
    )
    app = create_app(settings)
    first_key(settings, app.state.engine)
    server = Server(app, settings, connections=100)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server
    server.should_exit = True
    thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as server:
        yield server


def http(
    server: Server,
    key: str = "gw_test",
    port: int = 0,
    timeout: float = 10,
    compression: Any = Compression.NoCompression,
) -> SpanExporter:
    url = f"http://127.0.0.1:{port or server.config.port}/v1/traces"
    headers = {"authorization": f"Bearer {key}"}
    return HttpExporter(url, headers=headers, timeout=timeout, compression=compression)


def http_gzip(server: Server, **provided: Any) -> SpanExporter:
    return http(server, compression=Compression.Gzip, **provided)


def over_grpc(
    server: Server, key: str = "gw_test", port: int = 0, timeout: float = 10
) -> SpanExporter:
    exporter: SpanExporter = GrpcExporter(
        f"127.0.0.1:{port or server.settings.grpc_port}",
        insecure=True,
        headers={"authorization": f"Bearer {key}"},
        timeout=timeout,
    )
    return exporter


Transport = Callable[..., SpanExporter]
TRANSPORTS: list[Transport] = [http, http_gzip, over_grpc]


def port_of(server: Server, transport: Transport) -> int:
    return server.settings.grpc_port if transport is over_grpc else server.settings.port


def counted(server: Server, metric: MetricDefinition) -> float:
    registry = server.application.state.reception.intake.registry
    return registry.get_sample_value(f"{metric.name}_total") or 0.0


def a_span(name: str = "ask") -> ReadableSpan:
    provider = TracerProvider(resource=Resource({"service.name": "shop"}))
    span = provider.get_tracer("test").start_span(name, attributes={"n": 1})
    span.end()
    assert isinstance(span, ReadableSpan)
    return span


def stored(server: Server) -> list[Span]:
    with server.application.state.engine.connect() as connection:
        traces = {arrival.trace_id for arrival in arrivals(connection, 0, 100)}
        found = spans_of(connection, traces)
    return [span for spans in found.values() for span in spans]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_python_exporter_is_served(server: Server, transport: Transport) -> None:
    exporter = transport(server)
    assert exporter.export([a_span()]) == SpanExportResult.SUCCESS
    assert [(span.name, span.service) for span in stored(server)] == [("ask", "shop")]
    exporter.shutdown()


@contextmanager
def refusing_at_first(server: Server, status: int) -> Iterator[list[float]]:
    """Refuses the first request; when each was asked."""
    requested: list[float] = []
    reception = server.application.state.reception
    admit = reception.admit

    def busy_at_first(access: Access) -> None:
        requested.append(time.monotonic())
        if len(requested) == 1:
            raise RequestRejectedError(status, "Not now.")
        admit(access)

    reception.admit = busy_at_first
    yield requested
    reception.admit = admit


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_python_exporter_tries_again_what_passes(
    server: Server, transport: Transport, status: int
) -> None:
    exporter = transport(server)
    with refusing_at_first(server, status) as requested:
        assert exporter.export([a_span()]) == SpanExportResult.SUCCESS
    assert len(requested) == 2
    # Told to wait a second it does; over gRPC it may come up to a fifth sooner.
    assert requested[1] - requested[0] >= 0.8
    assert len(stored(server)) == 1
    exporter.shutdown()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_answer_that_is_lost_after_the_commit_makes_no_second_span(
    server: Server, transport: Transport
) -> None:
    with cut_line(port_of(server, transport), lambda: bool(stored(server))) as line:
        exporter = transport(server, port=line.port)
        assert exporter.export([a_span()]) == SpanExportResult.SUCCESS
        exporter.shutdown()
        assert line.cuts == 1
    assert len(stored(server)) == 1
    assert counted(server, SPANS_DEDUPLICATED) == 1


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_partial_success_is_not_sent_again_and_is_counted_here(
    server: Server, transport: Transport
) -> None:
    key = keys.generate()
    with server.application.state.engine.begin() as connection:
        keys.add(connection, key, "bank", services=("bank",))
    time.sleep(FRESH_SECONDS)
    exporter = transport(server, key=key)
    assert exporter.export([a_span()]) == SpanExportResult.SUCCESS
    exporter.shutdown()
    assert stored(server) == []
    assert counted(server, SPANS_RECEIVED) == counted(server, SPANS_REJECTED) == 1


# Over gRPC its own library refuses what is too long, and the Python exporter tries that again.
REFUSED = [(http, status) for status in (400, 401, 403, 413)]
REFUSED_OVER_GRPC = [(over_grpc, status) for status in (400, 401, 403)]


@pytest.mark.parametrize(("transport", "status"), [*REFUSED, *REFUSED_OVER_GRPC])
def test_a_python_exporter_gives_up_at_once_what_never_will_be_taken(
    server: Server, transport: Transport, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested = []

    def refuse(_self: object, access: object) -> None:
        requested.append(access)
        raise RequestRejectedError(status, "No.")

    monkeypatch.setattr(type(server.application.state.reception), "admit", refuse)
    exporter = transport(server)
    assert exporter.export([a_span()]) == SpanExportResult.FAILURE
    assert len(requested) == 1
    exporter.shutdown()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_bad_key_stores_nothing(server: Server, transport: Transport) -> None:
    exporter = transport(server, key="gw_wrong")
    assert exporter.export([a_span()]) == SpanExportResult.FAILURE
    assert stored(server) == []
    exporter.shutdown()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_auth_failures_are_limited_by_address_whatever_they_come_by(
    server: Server, transport: Transport
) -> None:
    known, late = "gw_test", keys.generate()
    with server.application.state.engine.begin() as connection:
        keys.add(connection, late, "late")
    exporter = transport(server, key=known)
    assert exporter.export([a_span()]) == SpanExportResult.SUCCESS
    door = server.application.state.door
    assert [door.refused("gw_guess", "127.0.0.1") for _ in range(ATTEMPTS)] == [401] * ATTEMPTS
    guessing = transport(server, key="gw_guess", timeout=1)
    assert guessing.export([a_span()]) == SpanExportResult.FAILURE
    locked_out = transport(server, key=late, timeout=1)
    assert locked_out.export([a_span()]) == SpanExportResult.FAILURE
    assert exporter.export([a_span()]) == SpanExportResult.SUCCESS
    assert counted(server, AUTH_FAILURES) > ATTEMPTS
    for each in (exporter, guessing, locked_out):
        each.shutdown()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_must_not_be_written_is_masked_whatever_it_comes_by(
    tmp_path: Path, transport: Transport
) -> None:
    with serving(tmp_path, redact="default") as server:
        exporter = transport(server)
        assert exporter.export([a_span("mail to ada@example.org")]) == SpanExportResult.SUCCESS
        exporter.shutdown()
        (span,) = stored(server)
    assert span.name.startswith("mail to [EMAIL_")


def test_a_bad_span_costs_only_itself_over_grpc_too(server: Server) -> None:
    good = Message(trace_id=b"\xab" * 16, span_id=b"12345678", name="good").SerializeToString()
    bad = good.replace(b"good", b"\xff\xfe\xff\xfe").replace(b"12345678", b"87654321")
    body = field(1, field(2, field(2, bad) + field(2, good)))
    with grpc.insecure_channel(f"127.0.0.1:{server.settings.grpc_port}") as channel:
        export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        answer = export(body, metadata=list(HEADERS.items()), timeout=5)
        with pytest.raises(grpc.RpcError) as raised:
            export(b"\xff" * 99, metadata=list(HEADERS.items()), timeout=5)
    assert raised.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans == 1
    assert [span.name for span in stored(server)] == ["good"]


def test_calls_over_grpc_at_one_time_are_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groundwire_collector.receiver.grpc.MOST_CALLS", 3)
    finished = threading.Event()

    def nothing() -> Iterator[bytes]:
        finished.wait(60)
        yield b""

    with serving(tmp_path) as server:
        address = f"127.0.0.1:{server.settings.grpc_port}"
        with grpc.insecure_channel(address) as channel:
            export = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
            call = channel.stream_unary(export)
            calls = [call.future(nothing(), metadata=tuple(HEADERS.items())) for _ in range(8)]
            until(lambda: sum(each.done() for each in calls) >= 5)
            refused = [each for each in calls if each.done()]
            assert {each.code() for each in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
            finished.set()
            for each in set(calls) - set(refused):
                each.result(timeout=10)
