"""A proxy before the collector that keeps what an emitter sends, without what names its machine."""

import json
import re
import socket
import sys
import threading
import urllib.error
import urllib.request
from gzip import decompress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

KINDS = {"traces": ExportTraceServiceRequest, "logs": ExportLogsServiceRequest}
TELLING = ("host.", "process.", "os.")


class Recorder(ThreadingHTTPServer):
    """Forwards every request to `target` and keeps bodies of traces and logs in `kept`."""

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.retained: list[tuple[str, str, bytes]] = []  # signal, suffix, body
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def write(self, folder: Path) -> None:
        """The recording as a folder of tests/captures."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*-*.*"):
            old.unlink()
        numbers: dict[str, int] = {}
        for signal, suffix, body in self.retained:
            numbers[signal] = numbers.get(signal, 0) + 1
            clean = _clean_json(body) if suffix == ".json" else _clean(signal, body)
            (folder / f"{signal}-{numbers[signal]:02}{suffix}").write_bytes(clean)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder

    def do_POST(self) -> None:
        body = self._body()
        headers = {name: value for name, value in self.headers.items() if name.lower() in _RETAINED}
        request = urllib.request.Request(
            self.server.target + self.path, body, headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, kind, data = answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as error:
            status, kind, data = error.code, error.headers["Content-Type"], error.read()
        signal = self.path.rsplit("/", 1)[-1]
        if status == 200 and signal in KINDS:
            whole = decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            suffix = ".json" if "json" in self.headers["Content-Type"] else ".pb"
            self.server.retained.append((signal, suffix, whole))
        self.send_response(status)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_: Any) -> None:
        pass


_RETAINED = {"content-type", "content-encoding", "authorization", "user-agent"}
_PATH = re.compile(
    "|".join(
        re.escape(text)
        for text in {str(Path.home()), str(Path(__file__).parents[2]), sys.prefix}
        if len(text) > 1
    )
)


def _scrub(text: str) -> str:
    return _PATH.sub("/app", text).replace(socket.gethostname(), "host")


def _clean(signal: str, body: bytes) -> bytes:
    request = KINDS[signal].FromString(body)
    for group in request.resource_spans if signal == "traces" else request.resource_logs:
        retained = [pair for pair in group.resource.attributes if not pair.key.startswith(TELLING)]
        del group.resource.attributes[:]
        group.resource.attributes.extend(retained)
    _walk(request)
    cleaned: bytes = request.SerializeToString()
    return cleaned


def _walk(message: Any) -> None:
    for descriptor, value in message.ListFields():
        if descriptor.type == descriptor.TYPE_STRING and isinstance(value, str):
            setattr(message, descriptor.name, _scrub(value))
        elif descriptor.type == descriptor.TYPE_MESSAGE:
            for item in value if not hasattr(value, "ListFields") else [value]:
                _walk(item)


def _clean_json(body: bytes) -> bytes:
    found = json.loads(_scrub(body.decode()))
    for group in found.get("resourceSpans", []):
        attributes = group["resource"].get("attributes", [])
        group["resource"]["attributes"] = [
            pair for pair in attributes if not pair["key"].startswith(TELLING)
        ]
    return json.dumps(found).encode()
