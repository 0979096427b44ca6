"""Server of the stand-in, as a process of its own."""

import argparse
import os
import random
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any

from groundwire_demo import live
from groundwire_demo.corpus import Edition, handbook, passages
from groundwire_demo.standin.model_server import BadRequestError, ModelServer
from groundwire_demo.standin.models import ContextReader, FineTuned, Prompt, ScriptedModel
from groundwire_demo.standin.replay import replayed_models

BASE = "tarn-8b"
TUNED = "tarn-8b-ft"

# Speed of speech, so that a turn's timings look like a turn's: seconds, and seconds a word.
_FIRST_WORD = 0.02
_EACH_WORD = 0.002


class StandIn(ModelServer):
    """Server of scripted and replayed models."""

    def __init__(self, models: Mapping[str, ScriptedModel], port: int = 0) -> None:
        super().__init__(models, port)
        self.models = models

    def complete(self, request: Any) -> dict[str, Any]:
        """Body of a chat completion; raises BadRequestError or ValueError if there is none."""
        model = self.models[self.model_of(request)]
        prompt = _last_user_message(request["messages"])
        answer = model.answer(Prompt.parse(prompt))
        words = len(answer.split())
        time.sleep(_FIRST_WORD + _EACH_WORD * words)
        return _completion(request["model"], answer, len(prompt.split()), words)


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


def _server(options: argparse.Namespace) -> ModelServer:
    if options.live:
        return live.server(options.port)
    models = replayed_models() if options.recorded else _scripted_models(options)
    return StandIn(models, options.port)


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
    parser.add_argument(
        "--live", action="store_true", help="run the recorded models with llama.cpp instead"
    )
    options = parser.parse_args()
    server = _server(options)
    print(server.base_url, flush=True)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    server.serve_forever()
