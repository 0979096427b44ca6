"""TLS by flag: a real certificate of our own, over HTTP and gRPC."""

import os
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from tests.ports import free_port

from groundwire_collector.app import create_app
from groundwire_collector.processes.receiver import Server
from groundwire_collector.settings import Settings
from groundwire_collector.storage.keys import first_key

pytestmark = pytest.mark.needs("openssl")
COMMAND = "from groundwire_collector.cli import main; main()"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def server(tmp_path: Path, certificate: tuple[Path, Path]) -> Iterator[Server]:
    port, grpc_port = free_port(), free_port()
    settings = Settings(
        data_dir=tmp_path,
        api_key="gw_test",
        port=port,
        grpc_port=grpc_port,
        tls_certificate=certificate[0],
        tls_key=certificate[1],
    )
    app = create_app(settings)
    first_key(settings, app.state.engine)
    server = Server(app, settings, connections=100)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server
    server.should_exit = True
    thread.join()


def test_http_is_encrypted_and_nothing_else_is_spoken(
    server: Server, certificate: tuple[Path, Path]
) -> None:
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    port = server.settings.port
    request = urllib.request.Request(
        f"https://127.0.0.1:{port}/v1/traces",
        b"",
        {"Authorization": "Bearer gw_test", "Content-Type": "application/x-protobuf"},
    )
    with urllib.request.urlopen(request, timeout=10, context=trust) as answer:
        assert answer.status == 200
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(f"https://127.0.0.1:{port}/healthz", timeout=10)
    with pytest.raises(OSError):  # noqa: PT011
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10)


def test_the_whole_collector_starts_with_tls_and_with_closed_health(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    ports = [str(free_port()), str(free_port())]
    arguments = ["up", "--port", ports[0], "--grpc-port", ports[1], "--data-dir", str(tmp_path)]
    environment = {
        **os.environ,
        "GROUNDWIRE_EVALUATORS": "none",
        "GROUNDWIRE_OPEN_METRICS": "false",
        "GROUNDWIRE_TLS_CERTIFICATE": str(certificate[0]),
        "GROUNDWIRE_TLS_KEY": str(certificate[1]),
    }
    command = [sys.executable, "-c", COMMAND, *arguments]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        message = next(line for line in process.stdout if "ready" in line)
        assert f"https://127.0.0.1:{ports[0]}" in message
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def test_grpc_is_encrypted(server: Server, certificate: tuple[Path, Path]) -> None:
    trust = grpc.ssl_channel_credentials(certificate[0].read_bytes())
    address = f"127.0.0.1:{server.settings.grpc_port}"
    with grpc.secure_channel(address, trust) as channel:
        export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        assert export(b"", metadata=[("authorization", "Bearer gw_test")], timeout=10) == b""
    with grpc.insecure_channel(address) as channel:
        export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        with pytest.raises(grpc.RpcError):
            export(b"", timeout=5)
