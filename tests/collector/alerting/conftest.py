"""A receiver that can fail, hang, limit and come back, and alarms for it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from groundwire_collector.storage.drift import Alarm

SECOND = 1_000_000_000
CHANGED = 1_764_108_000 * SECOND  # 2025-11-25 22:00:00 UTC


@dataclass
class Inbox:
    """Answers with `answers` in turn, then 204; 0 is no answer at all."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    retry_after: str = ""
    slow: float = 0.0  # seconds before an answer, after the message was taken
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/alarms?secret=s3cret"

    @property
    def reported(self) -> list[tuple[str, str]]:
        """Status and service of each message that was taken, in order."""
        return [(body["status"], body["groupLabels"]["service"]) for _, body in self.received]


@contextmanager
def receiving() -> Iterator[Inbox]:
    """A receiver that runs meanwhile."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            inbox.headers.append(dict(self.headers))
            status = inbox.answers.pop(0) if inbox.answers else 204
            if status == 0:
                inbox.released.wait(20)
                return
            if status < 300:
                inbox.received.append((self.headers["Idempotency-Key"], body))
            inbox.released.wait(inbox.slow)
            self.send_response(status)
            if inbox.retry_after and status >= 300:
                self.send_header("Retry-After", inbox.retry_after)
            self.send_header("Location", inbox.url)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    inbox = Inbox(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield inbox
    finally:
        inbox.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with receiving() as found:
        yield found


@pytest.fixture
def alarm() -> Callable[..., Alarm]:
    def make(service: str = "bot", **further: Any) -> Alarm:
        facts = {
            "service": service,
            "signal": "p_unsupported",
            "dimension": "model_version",
            "value": "ft 2",
            "cause": "model",
            "raised_ns": CHANGED + 90 * SECOND,
            "changed_ns": CHANGED,
            "changed_from_ns": CHANGED - 60 * SECOND,
            "changed_until_ns": CHANGED + 60 * SECOND,
            "size": 0.4,
            "size_low": 0.2,
            "size_high": 0.6,
        }
        return Alarm.of_row({**facts, **further})

    return make
