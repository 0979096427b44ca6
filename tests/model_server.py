"""A real HTTP server that speaks the chat protocol of OpenAI, and misbehaves as it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Response = tuple[int, bytes, Mapping[str, str]]
Answer = Callable[[str, dict[str, Any]], Response]

SLOW = 0  # as a status: 200, but only after a second


@dataclass
class ChatServer:
    """`answer` makes the response from path and body; `asked` keeps what came."""

    url: str = ""
    answer: Answer | None = None
    requested: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def says(self, text: str | None, **more: Any) -> None:
        self.answer = lambda path, body: (200, chat(text, **more), {})

    def plays(self, *responses: Response | Callable[[dict[str, Any]], Response]) -> None:
        """One response after the other, the last one again and again."""
        left = list(responses)

        def play(path: str, body: dict[str, Any]) -> Response:
            response = left.pop(0) if len(left) > 1 else left[0]
            return response(body) if callable(response) else response

        self.answer = play


def chat(text: object, finish: str = "stop", refusal: str | None = None, **more: Any) -> bytes:
    message = {"role": "assistant", "content": text, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    reported = {"id": "c-1", "object": "chat.completion", "created": 1, "model": "m"}
    return json.dumps({**reported, "choices": [choice], **more}).encode()


@contextmanager
def serving(reported: ChatServer | None = None) -> Iterator[ChatServer]:
    """A server on a free loopback port."""
    reported = reported or ChatServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            reported.requested.append(body)
            reported.headers.append({name.lower(): value for name, value in self.headers.items()})
            assert reported.answer is not None
            status, content, headers = reported.answer(self.path, body)
            if status == SLOW:
                time.sleep(1.0)
                status = 200
            try:
                self.send_response(status)
                for name, value in {"content-type": "application/json", **headers}.items():
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
    reported.url = f"http://127.0.0.1:{httpd.server_port}/v1"
    try:
        yield reported
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def material_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the LLM judge was shown: question, passages and claims."""
    text = body["messages"][-1]["content"]
    fence, _, rest = text.removeprefix("<<<").partition("\n")
    shown, _, _ = rest.partition(f"\n{fence}>>>")
    found: dict[str, Any] = json.loads(shown)
    return found


def verdicts(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The verdicts of a judge that finds words for words: supported is what a passage holds."""
    shown = material_of(body)
    provided = []
    for claim in shown["claims"]:
        held = [p["id"] for p in shown["passages"] if claim["text"].rstrip(".") in p["text"]]
        supported = {"verdict": "supported", "passage": held[0], "words": ""} if held else {}
        unsupported = {"verdict": "unsupported", "passage": None, "words": claim["text"]}
        provided.append(
            {"claim": claim["id"], "reason": "word for word", **unsupported, **supported}
        )
    return provided


def judging(body: dict[str, Any], **more: Any) -> Response:
    """The reply of that judge, with token counts."""
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    text = json.dumps({"verdicts": verdicts(body)})
    return 200, chat(text, usage=usage, **more), {}
