"""A model server that speaks the protocols of OpenAI, Anthropic, Google and Ollama.

It answers every question with `ANSWER`, so that the real client libraries can be used whole.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

PIECES = ["Refunds ", "take ", "14 days."]
ANSWER = "".join(PIECES)
MODEL = "acme-1"
LOGPROBS = [-0.1, -0.5, -0.3]
Json = dict[str, Any]


def token(text: str, logprob: float) -> Json:
    top = [
        {"token": text, "logprob": logprob, "bytes": None},
        {"token": "x", "logprob": logprob - 1, "bytes": None},
    ]
    return {"token": text, "logprob": logprob, "bytes": None, "top_logprobs": top}


def chat(request: Json) -> Json:
    message = {"role": "assistant", "content": ANSWER, "refusal": None}
    choice: Json = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    if request.get("logprobs"):
        tokens = [token(t, p) for t, p in zip(PIECES, LOGPROBS, strict=True)]
        choice["logprobs"] = {"content": tokens, "refusal": None}
    usage = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": MODEL,
        "choices": [choice],
        "usage": usage,
    }


def chat_stream(request: Json) -> Iterator[Json]:
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    for piece, logprob in zip(PIECES, LOGPROBS, strict=True):
        choice: Json = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
        if request.get("logprobs"):
            choice["logprobs"] = {"content": [token(piece, logprob)]}
        yield {**base, "choices": [choice]}
    yield {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    yield {
        **base,
        "choices": [],
        "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14},
    }


def response(_: Json) -> Json:
    part = {"type": "output_text", "text": ANSWER, "annotations": []}
    return {
        "id": "resp-1",
        "object": "response",
        "created_at": 1,
        "model": MODEL,
        "status": "completed",
        "output": [
            {"type": "reasoning", "id": "r", "summary": []},
            {
                "type": "message",
                "id": "m",
                "role": "assistant",
                "status": "completed",
                "content": [part],
            },
        ],
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 11,
            "output_tokens": 3,
            "total_tokens": 14,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        },
    }


def response_stream(request: Json) -> Iterator[Json]:
    for n, piece in enumerate(PIECES):
        yield {
            "type": "response.output_text.delta",
            "delta": piece,
            "item_id": "m",
            "output_index": 0,
            "content_index": 0,
            "sequence_number": n,
            "logprobs": [],
        }
    yield {"type": "response.completed", "sequence_number": 9, "response": response(request)}


def message(_: Json) -> Json:
    return {
        "id": "msg-1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "text", "text": ANSWER},
        ],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 11, "output_tokens": 3},
    }


def message_stream(request: Json) -> Iterator[Json]:
    start = {**message(request), "content": [], "stop_reason": None}
    yield {"type": "message_start", "message": start}
    yield {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "text", "text": ""},
    }
    for piece in PIECES:
        delta = {"type": "text_delta", "text": piece}
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 3},
    }
    yield {"type": "message_stop"}


def google(_: Json) -> Json:
    return {
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": ANSWER}]}, "finishReason": "STOP"}
        ],
        "modelVersion": MODEL,
        "responseId": "goog-1",
        "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 3},
    }


def google_stream(request: Json) -> Iterator[Json]:
    for piece in PIECES:
        whole = google(request)
        whole["candidates"][0]["content"]["parts"] = [{"text": piece}]
        yield whole


def ollama(_: Json) -> Json:
    return {
        "model": MODEL,
        "created_at": "2026-01-01T00:00:00Z",
        "message": {"role": "assistant", "content": ANSWER},
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 11,
        "eval_count": 3,
    }


def ollama_stream(request: Json) -> Iterator[Json]:
    for piece in PIECES:
        message = {"role": "assistant", "content": piece}
        yield {"model": MODEL, "created_at": "2026-01-01T00:00:00Z", "message": message}
    whole = ollama(request)
    whole["message"]["content"] = ""
    yield whole


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = json.loads(self.rfile.read(length) or b"{}")
        streamed = bool(request.get("stream"))
        if "chat/completions" in self.path:
            self.answer(request, chat, chat_stream, streamed)
        elif self.path.endswith("/responses"):
            self.answer(request, response, response_stream, streamed)
        elif self.path.endswith("/messages"):
            self.answer(request, message, message_stream, streamed)
        elif "enerateContent" in self.path:
            self.answer(request, google, google_stream, "stream" in self.path)
        else:
            self.answer(request, ollama, ollama_stream, streamed, framed=False)

    def answer(
        self, request: Json, whole: Any, pieces: Any, streamed: bool, *, framed: bool = True
    ) -> None:
        if not streamed:
            self.send("application/json", [json.dumps(whole(request))])
        elif not framed:
            self.send("application/x-ndjson", (json.dumps(p) + "\n" for p in pieces(request)))
        else:
            self.send("text/event-stream", map(event, pieces(request)))

    def send(self, kind: str, texts: Iterable[str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        self.end_headers()
        for text in texts:
            self.wfile.write(text.encode())
            self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


def event(data: Json) -> str:
    name = f"event: {data['type']}\n" if "type" in data else ""
    return f"{name}data: {json.dumps(data)}\n\n"


@contextmanager
def running() -> Iterator[str]:
    """The server on a free loopback port; its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
