"""A real HTTP server that speaks the chat protocol and misbehaves as it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Answer = Callable[[str, dict[str, Any]], "tuple[int, bytes, dict[str, str]]"]


@dataclass
class ChatServer:
    """`answer` makes the response from path and body; `asked` keeps what came."""

    url: str = ""
    answer: Answer | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def says(self, text: str | None, **more: Any) -> None:
        self.answer = lambda path, body: (200, chat(text, **more), {})


def chat(text: object, **more: Any) -> bytes:
    choice = {"message": {"role": "assistant", "content": text}}
    return json.dumps({"choices": [choice], "model": "m", **more}).encode()


@pytest.fixture
def server() -> Iterator[ChatServer]:
    told = ChatServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            told.asked.append(body)
            told.headers.append({name.lower(): value for name, value in self.headers.items()})
            assert told.answer is not None
            status, content, headers = told.answer(self.path, body)
            if status == 0:
                time.sleep(1.0)
                status = 200
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass  # the client went away

        def log_message(self, *args: object) -> None: ...

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    told.url = f"http://127.0.0.1:{httpd.server_port}/v1"
    yield told
    httpd.shutdown()
    thread.join()
    httpd.server_close()
