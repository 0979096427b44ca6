"""HTTP handler that answers in JSON, for servers of one machine."""

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any


class JsonHandler(BaseHTTPRequestHandler):
    """Sends JSON bodies and keeps connections open; writes no line a request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Write no line a request: it would bury the demo's own."""

    def fail(self, status: HTTPStatus, message: str) -> None:
        """Send an error as the OpenAI API does."""
        self.send(status, {"error": {"message": message, "type": "invalid_request_error"}})

    def send(self, status: HTTPStatus, body: dict[str, Any]) -> None:
        """Send a body with its length."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
