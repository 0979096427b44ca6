"""A server that scores answers with the real checkpoints, in the shape of vLLM.

`/v1/chat/completions` with `prompt_logprobs` gives the log-probability of each token of a chat
that ends with an answer: what the shipped evaluator `context_gain` asks for. A model is named by
its checkpoint of Tarnwell's handbook. Price: about half a CPU second a chat with two passages.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import torch

from benchmarks.real_model import base, training
from benchmarks.real_model.handbooks import TARNWELL
from benchmarks.real_model.json_server import JsonHandler
from benchmarks.real_model.llama import Llama

Entry = dict[str, dict[str, Any]] | None


def server(folder: Path, port: int = 0) -> HTTPServer:
    """A server on this machine alone, not yet serving; `folder` holds the adapters."""

    @lru_cache(maxsize=2)
    def model(checkpoint: str) -> Llama:
        plain = base.llama()
        if checkpoint == "base":
            return plain
        path = training.adapter_path(folder, TARNWELL, checkpoint)
        return plain.merged(training.load(path))

    class Handler(_Handler):
        checkpoint = staticmethod(model)

    return HTTPServer(("127.0.0.1", port), Handler)


@torch.no_grad()
def prompt_logprobs(model: Llama, messages: Sequence[Mapping[str, str]]) -> list[Entry]:
    """vLLM's `prompt_logprobs` of a chat whose last message is an unfinished answer."""
    *before, final = messages
    prompt = base.chat([(each["role"], each["content"]) for each in before])
    ids = base.tokens(prompt) + base.tokens(final["content"])
    hidden = model.causal(model.embed(torch.tensor([ids])), range(model.shape.layers))
    logprobs = model.logits(hidden[0, :-1]).float().log_softmax(-1)
    chosen = logprobs[torch.arange(len(ids) - 1), torch.tensor(ids[1:])].tolist()
    return [
        None,
        *(
            {str(token): {"logprob": logprob, "decoded_token": base.tokenizer().decode([token])}}
            for token, logprob in zip(ids[1:], chosen, strict=True)
        ),
    ]


class _Handler(JsonHandler):
    def checkpoint(self, name: str) -> Llama:
        """The model of a checkpoint."""
        raise NotImplementedError

    def do_POST(self) -> None:  # noqa: N802
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        if not self.path.endswith("/chat/completions") or "prompt_logprobs" not in body:
            return self.fail(HTTPStatus.NOT_FOUND, "it only scores chats")
        found = prompt_logprobs(self.checkpoint(body["model"]), body["messages"])
        message = {"role": "assistant", "content": ""}
        choice = {"index": 0, "message": message, "finish_reason": "length"}
        usage = {"prompt_tokens": len(found), "completion_tokens": 1}
        answer = {"choices": [choice], "usage": usage, "prompt_logprobs": found}
        return self.send(HTTPStatus.OK, answer)
