"""HTTP server of the stand-in: `/v1/chat/completions` and `/v1/models`."""

import argparse
import json
import os
import random
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from groundwire_demo.corpus import Edition, handbook, passages
from groundwire_demo.standin.models import ContextReader, FineTuned, Prompt, ScriptedModel
from groundwire_demo.standin.replay import replayed_models

BASE = "tarn-8b"
TUNED = "tarn-8b-ft"

# Speed of speech, so that a turn's timings look like a turn's: seconds, and seconds a word.
_FIRST_WORD = 0.02
_EACH_WORD = 0.002


class BadRequestError(Exception):
    """Invalid request; the message says why."""


class StandIn(ThreadingHTTPServer):
    """Model server on a loopback port; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, models: Mapping[str, ScriptedModel], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.models = models

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def complete(self, request: Any) -> dict[str, Any]:
        """The body of a chat completion; raises BadRequestError where there can be none."""
        if not isinstance(request, dict) or not isinstance(request.get("messages"), list):
            raise BadRequestError("a chat completion requires a list of messages")
        model = self.models.get(request.get("model", ""))
        if model is None:
            raise BadRequestError(f"no model {request.get('model')!r} here; see /v1/models")
        prompt = _last_user_message(request["messages"])
        answer = model.answer(Prompt.parse(prompt))
        words = len(answer.split())
        time.sleep(_FIRST_WORD + _EACH_WORD * words)
        return _completion(request["model"], answer, len(prompt.split()), words)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer, or the client waits for its delayed acknowledgement
    server: StandIn

    def do_GET(self) -> None:
        if self.path == "/v1/models":
            served = [{"id": name, "object": "model"} for name in self.server.models]
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


def _last_user_message(messages: list[Any]) -> str:
    from_user = (
        one for one in reversed(messages) if isinstance(one, dict) and one.get("role") == "user"
    )
    content = next(from_user, {}).get("content")
    if not isinstance(content, str):
        raise BadRequestError("the last user message must be a string")
    return content


def _completion(
    model: str, answer: str, prompt_tokens: int, completion_tokens: int
) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": answer},
            }
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error"}}


def _end_with_parent() -> None:
    """Exit when standard input closes with the parent process."""
    sys.stdin.buffer.read()
    os._exit(0)


def _scripted_models(options: argparse.Namespace) -> Mapping[str, ScriptedModel]:
    trained_on = passages(handbook(), Edition[options.learnt])
    return {
        BASE: ContextReader(random.Random(options.seed)),
        TUNED: FineTuned(trained_on, random.Random(options.seed + 1), ramp=options.ramp),
    }


def main() -> None:
    """Serve both models until standard input ends; the first line out is the base URL."""
    parser = argparse.ArgumentParser(prog="python -m groundwire_demo.standin", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--ramp", type=int, default=700, help="questions until the tuned one is at its worst"
    )
    parser.add_argument(
        "--learnt",
        choices=[edition.name for edition in Edition],
        default=Edition.LAST_YEAR.name,
        help="the edition that the tuned one knows by heart",
    )
    parser.add_argument(
        "--recorded", action="store_true", help="replay recorded answers of a real model instead"
    )
    options = parser.parse_args()
    models = replayed_models() if options.recorded else _scripted_models(options)
    server = StandIn(models, options.port)
    print(server.base_url, flush=True)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server.serve_forever()
