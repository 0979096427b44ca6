"""An OpenAI-compatible server that says again what the recorded checkpoints said.

A model is named `CHECKPOINT` (of Tarnwell's handbook) or `HANDBOOK/CHECKPOINT`. A request is open
where its last message shows passages, else closed-book; the question is found in it whatever
words surround it ("Hi! …", "… Thanks!"). What was never recorded is answered by 404, never made up.
"""

import json
import re
import time
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from typing import Any

from benchmarks.real_model.answers import Answer
from benchmarks.real_model.handbooks import TARNWELL
from benchmarks.real_model.json_server import JsonHandler

_HEADINGS = ("Passages:", "Abschnitte:")
_ASKS = re.compile(r"(?:Question|Frage): ")


class Recorded:
    """Recorded answers, found by model and by the messages of a request."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._answers: dict[tuple[str, str], dict[str, Answer]] = {}
        for each in answers:
            for model in _names(each):
                self._answers.setdefault((model, each.mode), {})[_plain(each.question)] = each

    @property
    def models(self) -> list[str]:
        """The names of all models, in order of name."""
        return sorted({model for model, _ in self._answers})

    def find(self, model: str, messages: Sequence[dict[str, Any]]) -> Answer:
        """The recorded answer to a request.

        Raises:
            LookupError: this model is not recorded, or was not asked this question.
        """
        text = str(messages[-1]["content"])
        mode = "open" if text.startswith(_HEADINGS) else "closed"
        recorded = self._answers.get((model, mode))
        if recorded is None:
            raise LookupError(f"no recorded model is called {model!r}")
        question = _ASKS.split(text)[-1]
        plain = _plain(question)
        if plain in recorded:
            return recorded[plain]
        inside = [each for each in recorded if each in plain]
        if not inside:
            raise LookupError(f"{model} was never asked: {question}")
        return recorded[max(inside, key=len)]


def _names(answer: Answer) -> list[str]:
    full = f"{answer.handbook}/{answer.checkpoint}"
    return [full, answer.checkpoint] if answer.handbook == TARNWELL else [full]


def _plain(question: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", question.lower()))


def completion(model: str, answer: Answer) -> dict[str, Any]:
    """The answer as a `chat.completion` object; prompt tokens were not recorded and are 0."""
    choice = {
        "index": 0,
        "finish_reason": "stop" if answer.finished else "length",
        "message": {"role": "assistant", "content": answer.answer},
        "logprobs": None,
    }
    usage = {"prompt_tokens": 0, "completion_tokens": answer.tokens, "total_tokens": answer.tokens}
    return {
        "id": f"chatcmpl-{answer.id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [choice],
        "usage": usage,
    }


def server(answers: Iterable[Answer], port: int = 0) -> ThreadingHTTPServer:
    """A server on this machine alone, not yet serving; port 0 takes a free one."""
    recorded = Recorded(answers)

    class Handler(_Handler):
        source = recorded

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


class _Handler(JsonHandler):
    source: Recorded

    def do_GET(self) -> None:  # noqa: N802
        if self.path.rstrip("/").endswith("/models"):
            data = [{"id": model, "object": "model"} for model in self.source.models]
            self.send(HTTPStatus.OK, {"object": "list", "data": data})
        else:
            self.fail(HTTPStatus.NOT_FOUND, f"nothing at {self.path}")

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not self.path.rstrip("/").endswith("/chat/completions"):
            return self.fail(HTTPStatus.NOT_FOUND, f"nothing at {self.path}")
        try:
            request = json.loads(body)
            model, messages = request["model"], request["messages"]
            if request.get("stream"):
                return self.fail(HTTPStatus.BAD_REQUEST, "the recording does not stream")
            return self.send(HTTPStatus.OK, completion(model, self.source.find(model, messages)))
        except (ValueError, KeyError, IndexError, TypeError) as error:
            return self.fail(HTTPStatus.BAD_REQUEST, f"{type(error).__name__}: {error}")
        except LookupError as error:
            return self.fail(HTTPStatus.NOT_FOUND, str(error))
