"""llama.cpp in this process, served as base model and fine-tuned model."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from groundwire_demo import recording
from groundwire_demo.live import adapter, parts
from groundwire_demo.standin.model_server import BadRequestError, ModelServer

# Weight of the adapter by model.
_SCALES = {recording.BASE: 0.0, recording.TUNED: 1.0}
_MOST_TOKENS = 48  # of an answer, as in the recording
_CONTEXT_TOKENS = 4096
_MOST_THREADS = 4


class LiveServer(ModelServer):
    """Server of both models over one copy of the weights.

    Answers are greedy. Price: about one CPU second an answer from two passages.
    """

    def __init__(self, engine: Any, port: int = 0) -> None:
        super().__init__(_SCALES, port)
        self._engine = engine

    def complete(self, request: Any) -> dict[str, Any]:
        """llama.cpp's completion; raises BadRequestError with its message if it refuses."""
        model = self.model_of(request)
        limit = min(int(request.get("max_tokens") or _MOST_TOKENS), _MOST_TOKENS)
        lora = [{"id": 0, "scale": _SCALES[model]}]
        body = {**request, "temperature": 0.0, "max_tokens": limit, "lora": lora}
        found = self._engine.handle_chat_completions(body)
        document: dict[str, Any] = json.loads(found) if isinstance(found, str) else found
        if "choices" not in document:
            raise BadRequestError(str(document.get("error", document)))
        return {**document, "model": model}


def server(port: int = 0) -> LiveServer:
    """Load weights and adapter; not yet serving.

    Raises:
        UsageError: a part is missing.
    """
    found = parts.require()
    if found.adapter.is_file():
        return LiveServer(engine(found.weights, found.adapter), port)
    with tempfile.TemporaryDirectory() as folder:  # read whole when it is loaded
        converted = Path(folder) / "adapter.gguf"
        adapter.write_gguf(found.adapter, converted)
        return LiveServer(engine(found.weights, converted), port)


def engine(weights: Path, lora: Path | None = None) -> Any:
    """llama.cpp's own server with these weights; it also listens at `listening_address`."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.n_ctx, params.n_parallel, params.use_jinja = _CONTEXT_TOKENS, 1, True
    # More threads than free cores wait for each other in busy loops.
    threads = max(1, min(_MOST_THREADS, (os.cpu_count() or 1) // 2))
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    if lora is not None:
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(lora), 0.0)]
    return xllamacpp.Server(params)
