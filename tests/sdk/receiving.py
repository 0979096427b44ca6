"""An OTLP receiver on a loopback port that answers as it is told."""

import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

Answer = tuple[int, dict[str, str], bytes]


class Receiver:
    """What arrived, and how the next requests are answered: `answer(spans in the request)`."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], ExportTraceServiceRequest]] = []
        self.answer: Callable[[int], Answer] = lambda _: accepted()
        self.url = ""

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for _, _, request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.spans]


def accepted(rejected: int = 0) -> Answer:
    body = ExportTraceServiceResponse()
    if rejected:
        body.partial_success.rejected_spans = rejected
    return 200, {"Content-Type": "application/x-protobuf"}, body.SerializeToString()


def refused(status: int, **headers: str) -> Answer:
    return status, {key.replace("_", "-"): value for key, value in headers.items()}, b""


@contextmanager
def receiving(*, silent: bool = False) -> Iterator[Receiver]:
    """A running receiver; `silent`: it accepts and never answers."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if silent:
                time.sleep(30)
                return
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            request = ExportTraceServiceRequest.FromString(body)
            count = sum(len(s.spans) for r in request.resource_spans for s in r.scope_spans)
            status, headers, answer = receiver.answer(count)
            if status == 200:
                receiver.requests.append((self.path, dict(self.headers), request))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
