"""No request takes more than a few times its size, and none keeps the others waiting."""

import gzip
import http.client
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.conftest import KEY, Collector
from tests.ports import free_port

from groundwire_collector.receiver.protobuf_wire import field

MB = 2**20
BODY_LIMIT = 64 * MB
PROTOBUF, JSON = "application/x-protobuf", "application/json"
OTHERS_SECONDS = 5.0  # generous: the machine of the tests is shared


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    folder = tmp_path_factory.mktemp("memory")
    started = Collector(folder, {"GROUNDWIRE_EVALUATORS": "none"})
    started.start()
    yield started
    started.stop()


def receiver_of(collector: Collector) -> int:
    """Its process id: the child that is not multiprocessing's own."""
    assert collector.process is not None
    pid = collector.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    names = {c: Path(f"/proc/{c}/cmdline").read_text() for c in children}
    (found,) = [int(c) for c, name in names.items() if "resource_tracker" not in name]
    return found


class Growth:
    """By how many bytes the receiver grew at most within the block."""

    def __init__(self, collector: Collector) -> None:
        self._pid = receiver_of(collector)
        self._before = 0
        self.bytes = 0

    def _status(self, name: str) -> int:
        lines = Path(f"/proc/{self._pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))

    def __enter__(self) -> "Growth":
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")  # the peak begins anew
        self._before = self._status("VmRSS")
        return self

    def __exit__(self, *_: object) -> None:
        self.bytes = self._status("VmHWM") - self._before


def post(
    collector: Collector, body: bytes, kind: str, path: str = "/v1/traces", **more: str
) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", collector.port, timeout=300)
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": kind, **more}
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


SPANS = b'{"resourceSpans":[{"scopeSpans":[{"spans":[%s]}]}]}'
LOGS = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[%s]}]}]}'


def repeated(unit: bytes, size: int) -> bytes:
    return unit * (size // len(unit))


def with_items(items: bytes) -> bytes:
    return field(1, field(2, items))


IDS = field(1, b"\x01" * 16) + field(2, b"\x02" * 8)
JSON_IDS = b'"traceId":"%s","spanId":"%s"' % (b"01" * 16, b"02" * 8)


def empty_objects(size: int) -> bytes:
    return repeated(b"{},", size) + b"{}"


def json_attributes(size: int) -> bytes:
    attributes = repeated(b'{"key":"k","value":{"intValue":"1"}},', size) + b"{}"
    return SPANS % (b'{%s,"attributes":[%s]}' % (JSON_IDS, attributes))


def of_one_span(number: int) -> Callable[[int], bytes]:
    """A span with many empty values of this field."""
    return lambda size: with_items(field(2, IDS + repeated(field(number, b""), size)))


def values_of_one_attribute(size: int) -> bytes:
    value = field(1, b"k") + field(2, field(5, repeated(field(1, b""), size)))
    return with_items(field(2, IDS + field(9, value)))


def resource_attributes(size: int) -> bytes:
    return field(1, field(1, repeated(field(1, b""), size)) + field(2, field(2, IDS)))


# Bodies of about so many bytes whose decoded form would take a hundred times as much.
HOSTILE: dict[str, tuple[str, str, Callable[[int], bytes]]] = {
    "json spans": ("/v1/traces", JSON, lambda size: SPANS % empty_objects(size)),
    "json logs": ("/v1/logs", JSON, lambda size: LOGS % empty_objects(size)),
    "json resources": (
        "/v1/traces",
        JSON,
        lambda size: b'{"resourceSpans":[%s]}' % empty_objects(size),
    ),
    "json attributes": ("/v1/traces", JSON, json_attributes),
    "json numbers": (
        "/v1/traces",
        JSON,
        lambda size: SPANS % (b'{"x":[%s0]}' % repeated(b"0,", size)),
    ),
    "json arrays": ("/v1/traces", JSON, lambda size: b'{"x":[%s[]]}' % repeated(b"[],", size)),
    "spans": ("/v1/traces", PROTOBUF, lambda size: with_items(repeated(field(2, b""), size))),
    "spans with ids": (
        "/v1/traces",
        PROTOBUF,
        lambda size: with_items(repeated(field(2, IDS), size)),
    ),
    "resources": ("/v1/traces", PROTOBUF, lambda size: repeated(field(1, b""), size)),
    "scopes": ("/v1/traces", PROTOBUF, lambda size: field(1, repeated(field(2, b""), size))),
    "varints": ("/v1/traces", PROTOBUF, lambda size: repeated(b"\x18\x01", size)),
    "attributes": ("/v1/traces", PROTOBUF, of_one_span(9)),
    "events": ("/v1/traces", PROTOBUF, of_one_span(11)),
    "links": ("/v1/traces", PROTOBUF, of_one_span(13)),
    "values": ("/v1/traces", PROTOBUF, values_of_one_attribute),
    "resource attributes": ("/v1/traces", PROTOBUF, resource_attributes),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
@pytest.mark.parametrize("megabytes", [3, 60])
def test_a_request_of_many_empty_things_is_refused_before_it_is_decoded(
    collector: Collector, name: str, megabytes: int
) -> None:
    path, kind, body = HOSTILE[name]
    packed = gzip.compress(body(megabytes * MB), 1)
    with Growth(collector) as growth:
        status = post(collector, packed, kind, path, **{"Content-Encoding": "gzip"})
    assert status in {200, 413}
    assert growth.bytes < 4 * BODY_LIMIT


def test_long_texts_take_a_few_times_their_size(collector: Collector) -> None:
    texts = [("é" if n else "🥰") * (15 * MB // (4 - 2 * bool(n))) for n in range(4)]
    spans = b"".join(
        field(
            2,
            field(1, b"\x01" * 16)
            + field(2, bytes([n + 1] * 8))
            + field(9, field(1, b"input") + field(2, field(1, text.encode()))),
        )
        for n, text in enumerate(texts)
    )
    with Growth(collector) as growth:
        assert post(collector, with_items(spans), PROTOBUF) == 200
    assert growth.bytes < 4 * BODY_LIMIT


def test_others_are_served_beside_the_largest_request(collector: Collector) -> None:
    path, kind, build = HOSTILE["json spans"]
    body = build(60 * MB)
    done = threading.Event()

    def send() -> None:
        post(collector, body, kind, path)
        done.set()

    threading.Thread(target=send).start()
    small = with_items(field(2, field(1, b"\x03" * 16) + field(2, b"\x04" * 8)))
    slowest = 0.0
    while not done.is_set():
        began = time.monotonic()
        assert post(collector, small, PROTOBUF) == 200
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < OTHERS_SECONDS


@pytest.mark.parametrize("compression", ["NoCompression", "Gzip"])
def test_grpc_reads_no_message_of_who_has_no_key(tmp_path: Path, compression: str) -> None:
    grpc = pytest.importorskip("grpc")
    port = free_port()
    started = Collector(tmp_path, {"GROUNDWIRE_EVALUATORS": "none"})
    started.start(grpc_port=port)
    codes: list[Any] = []

    def call() -> None:
        how = getattr(grpc.Compression, compression)
        with grpc.insecure_channel(f"127.0.0.1:{port}", compression=how) as channel:
            name = "opentelemetry.proto.collector.trace.v1.TraceService/Export"
            try:
                channel.unary_unary(f"/{name}")(bytes(15 * MB), timeout=60)
            except grpc.RpcError as error:
                codes.append(error.code())

    try:
        with Growth(started) as growth:
            threads = [threading.Thread(target=call) for _ in range(10)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        started.stop()
    assert codes == [grpc.StatusCode.UNAUTHENTICATED] * 10
    assert growth.bytes < 40 * MB


def test_a_head_without_end_is_cut_off(collector: Collector) -> None:
    with (
        Growth(collector) as growth,
        socket.create_connection(("127.0.0.1", collector.port)) as client,
    ):
        client.sendall(b"GET /turns HTTP/1.1\r\nHost: localhost\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            client.sendall(b"X: " + b"a" * MB + b"\r\n" + (b"Y: " + b"a" * MB + b"\r\n") * 200)
    assert growth.bytes < 20 * MB


def test_half_sent_heads_leave_room_for_others(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    started = Collector(tmp_path, {"GROUNDWIRE_EVALUATORS": "none"})
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    command = [sys.executable, "-c", f"{LIMITED}"]
    try:
        started.start(command=command)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    clients = []
    try:
        for _ in range(400):
            client = socket.create_connection(("127.0.0.1", started.port), timeout=5)
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            clients.append(client)
        small = with_items(field(2, field(1, b"\x03" * 16) + field(2, b"\x04" * 8)))
        assert [post(started, small, PROTOBUF) for _ in range(5)] == [200] * 5
        assert "connections at a time" in (tmp_path / "collector.log").read_text()
    finally:
        for client in clients:
            client.close()
        started.stop()


# The hard limit too, so that the collector cannot raise it.
LIMITED = (
    "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256));"
    "from groundwire_collector.cli import main; main()"
)
