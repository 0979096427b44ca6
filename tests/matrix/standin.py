"""A model server that stands in for OpenAI's and Anthropic's: `python standin.py [PORT]`.

Prints its URL. Every chat gets the same answer, with fixed ids and token counts, plain or
streamed; the model `acme-error` gets status 500. Embeddings are eight numbers made of the text.
"""

import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER = "You have 30 days from the date of purchase, with a receipt."
SERVED = "acme-chat-2026-05-01"
RESPONSE_ID = "chatcmpl-fixture-1"
USAGE = {"prompt_tokens": 57, "completion_tokens": 14, "total_tokens": 71}
PIECES = ("You have 30 days ", "from the date of purchase, ", "with a receipt.")


class StandIn(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        requested = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if requested.get("model") == "acme-error":
            self._answer({"error": {"message": "upstream overloaded"}}, 500)
        elif self.path.endswith("/embeddings"):
            self._answer(_embeddings(requested))
        elif self.path.endswith("/messages"):
            self._answer(_anthropic())
        elif requested.get("stream"):
            self._stream(requested)
        else:
            self._answer(_completion({"role": "assistant", "content": _text(requested)}))

    def _answer(self, body: dict[str, Any], status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, requested: dict[str, Any]) -> None:
        wants_usage = (requested.get("stream_options") or {}).get("include_usage")
        lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in _chunks(bool(wants_usage))]
        data = "".join([*lines, "data: [DONE]\n\n"]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


def _text(requested: dict[str, Any]) -> str:
    """The answer, in DSPy's markup where the prompt asks for it."""
    marked = "[[ ## answer ## ]]"
    if marked in json.dumps(requested["messages"]):
        return f"{marked}\n{ANSWER}\n\n[[ ## completed ## ]]"
    return ANSWER


def _completion(message: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {
        "id": RESPONSE_ID,
        "object": "chat.completion",
        "created": 1,
        "model": SERVED,
        "choices": [choice],
        "usage": USAGE,
    }


def _chunks(usage: bool) -> list[dict[str, Any]]:
    base = {"id": RESPONSE_ID, "object": "chat.completion.chunk", "created": 1, "model": SERVED}
    deltas = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in PIECES), {}]
    made = [
        {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        for delta in deltas
    ]
    made[-1]["choices"][0]["finish_reason"] = "stop"
    return [*made, {**base, "choices": [], "usage": USAGE}] if usage else made


def _anthropic() -> dict[str, Any]:
    return {
        "id": RESPONSE_ID,
        "type": "message",
        "role": "assistant",
        "model": SERVED,
        "content": [{"type": "text", "text": ANSWER}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 57, "output_tokens": 14},
    }


def _embeddings(requested: dict[str, Any]) -> dict[str, Any]:
    texts = requested["input"] if isinstance(requested["input"], list) else [requested["input"]]
    data = [
        {"object": "embedding", "index": i, "embedding": _vector(str(text))}
        for i, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 9, "total_tokens": 9}
    return {"object": "list", "data": data, "model": "acme-embed", "usage": usage}


def _vector(text: str) -> list[float]:
    return [byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:8]]


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = ThreadingHTTPServer(("127.0.0.1", port), StandIn)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
