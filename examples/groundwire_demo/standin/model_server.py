"""OpenAI-compatible HTTP server on a loopback port: `/v1/chat/completions` and `/v1/models`."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class BadRequestError(Exception):
    """Invalid request; the message says why."""


class ModelServer(ThreadingHTTPServer):
    """Model server on a loopback port; subclasses answer requests.

    Port 0 takes a free one.
    """

    daemon_threads = True

    def __init__(self, names: Iterable[str], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.names = tuple(names)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def complete(self, request: Any) -> dict[str, Any]:
        """Body of a chat completion; raises BadRequestError or ValueError if there is none."""
        raise NotImplementedError

    def model_of(self, request: Any) -> str:
        """Model that a request names; raises BadRequestError unless it is served."""
        if not isinstance(request, dict) or not isinstance(request.get("messages"), list):
            raise BadRequestError("a chat completion requires a list of messages")
        name = str(request.get("model", ""))
        if name not in self.names:
            raise BadRequestError(f"no model {request.get('model')!r} here; see /v1/models")
        return name


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer, or the client waits for its delayed acknowledgement
    server: ModelServer

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            served = [{"id": name, "object": "model"} for name in self.server.names]
            self._send(HTTPStatus.OK, {"object": "list", "data": served})
        else:
            self._send(HTTPStatus.NOT_FOUND, _error(f"nothing at {self.path}"))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != "/v1/chat/completions":
            self._send(HTTPStatus.NOT_FOUND, _error(f"nothing at {self.path}"))
            return
        try:
            self._send(HTTPStatus.OK, self.server.complete(json.loads(body)))
        except (BadRequestError, ValueError) as error:
            self._send(HTTPStatus.BAD_REQUEST, _error(str(error)))

    def _send(self, status: HTTPStatus, document: Mapping[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Suppress request logs."""


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error"}}
