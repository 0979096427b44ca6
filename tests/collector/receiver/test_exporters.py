"""Real exporters against a real server: what they send, and what they try again."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
    OTLPSpanExporter as HttpExporter,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from groundwire_collector.app import create_app
from groundwire_collector.processes.receiver import Server
from groundwire_collector.receiver.body import RefusalError
from groundwire_collector.receiver.wire import field
from groundwire_collector.settings import Settings
from groundwire_collector.span import Span
from groundwire_collector.storage.keys import first_key
from groundwire_collector.storage.spans import arrivals, spans_of

HEADERS = {"authorization": "Bearer gw_test"}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    settings = Settings(
        data_dir=tmp_path, api_key="gw_test", port=free_port(), grpc_port=free_port()
    )
    app = create_app(settings)
    first_key(settings, app.state.engine)
    server = Server(app, settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server
    server.should_exit = True
    thread.join()


def http(server: Server, key: str = "gw_test") -> SpanExporter:
    url = f"http://127.0.0.1:{server.config.port}/v1/traces"
    return HttpExporter(url, headers={"authorization": f"Bearer {key}"}, timeout=5)


def over_grpc(server: Server, key: str = "gw_test") -> SpanExporter:
    exporter: SpanExporter = GrpcExporter(
        f"127.0.0.1:{server.settings.grpc_port}",
        insecure=True,
        headers={"authorization": f"Bearer {key}"},
        timeout=5,
    )
    return exporter


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


@pytest.mark.parametrize("transport", [http, over_grpc])
def test_a_python_exporter_is_served(server: Server, transport: type) -> None:
    exporter = transport(server)
    assert exporter.export([a_span()]) == SpanExportResult.SUCCESS
    assert [(span.name, span.service) for span in stored(server)] == [("ask", "shop")]
    exporter.shutdown()


@pytest.mark.parametrize("transport", [http, over_grpc])
def test_a_python_exporter_tries_again_what_passes(
    server: Server, transport: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    reception = server.application.state.reception
    admit = type(reception).admit

    def busy_at_first(self: object, access: object) -> None:
        asked.append(access)
        if len(asked) == 1:
            raise RefusalError(503, "Try again.")
        admit(reception, access)

    monkeypatch.setattr(type(reception), "admit", busy_at_first)
    exporter = transport(server)
    assert exporter.export([a_span()]) == SpanExportResult.SUCCESS
    assert len(asked) == 2
    assert len(stored(server)) == 1
    exporter.shutdown()


# Over gRPC its own library refuses what is too long, and the Python exporter tries that again.
REFUSED = [(http, status) for status in (400, 401, 403, 413)]
REFUSED_OVER_GRPC = [(over_grpc, status) for status in (400, 401, 403)]


@pytest.mark.parametrize(("transport", "status"), [*REFUSED, *REFUSED_OVER_GRPC])
def test_a_python_exporter_gives_up_at_once_what_never_will_be_taken(
    server: Server, transport: type, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(_self: object, access: object) -> None:
        asked.append(access)
        raise RefusalError(status, "No.")

    monkeypatch.setattr(type(server.application.state.reception), "admit", refuse)
    exporter = transport(server)
    assert exporter.export([a_span()]) == SpanExportResult.FAILURE
    assert len(asked) == 1
    exporter.shutdown()


@pytest.mark.parametrize("transport", [http, over_grpc])
def test_a_bad_key_stores_nothing(server: Server, transport: type) -> None:
    exporter = transport(server, key="gw_wrong")
    assert exporter.export([a_span()]) == SpanExportResult.FAILURE
    assert stored(server) == []
    exporter.shutdown()


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
