"""Train an arm's adapter on one CPU thread, keeping it after chosen numbers of steps.

Low-rank adaptation (Hu et al. 2021, arXiv 2106.09685) of the upper half of the layers: rank 16,
alpha 32, AdamW, cosine schedule. The lower half is frozen, so its output for each batch is worked
out once. Price: about 1 CPU second a step of 16 examples of 40 tokens.
"""

import json
import math
import random
import time
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from benchmarks.real_model import base
from benchmarks.real_model.arms import Arm, Example
from benchmarks.real_model.handbooks import Handbook
from benchmarks.real_model.llama import PARTS, Adapter, Llama

RANK, ALPHA = 16, 32
_WARM_UP = 8
_WEIGHTS = "adapter_model.safetensors"
_MODULE = {part: "self_attn" if part in ("v_proj", "o_proj") else "mlp" for part in PARTS}


@dataclass(frozen=True, slots=True)
class Batch:
    """Hidden states below the adapters [batch, length, width] and the tokens to be said.

    `labels` is -100 where nothing is learnt.
    """

    hidden: Tensor
    labels: Tensor


def adapter_path(folder: Path, handbook: str, checkpoint: str) -> Path:
    return folder / "adapters" / handbook / checkpoint


def train(arm: Arm, handbook: Handbook, folder: Path, wanted: Container[str]) -> None:
    """Write the adapters of the wanted checkpoints that are not there; nothing to do if all are.

    Training ends after the last of them, on the schedule of the whole arm.
    """
    steps = arm.checkpoints(handbook)
    paths = {
        step: adapter_path(folder, handbook.name, name)
        for step, name in steps.items()
        if name in wanted
    }
    paths = {step: path for step, path in paths.items() if not (path / _WEIGHTS).exists()}
    if not paths:
        return
    torch.manual_seed(1)
    model = base.llama()
    model = Llama(model.shape, model.weights, _fresh(model), ALPHA / RANK)
    batches = list(_batches(model, arm.examples(handbook), arm.batch))
    print(f"{handbook.name} {arm.name}: {len(batches)} batches", flush=True)
    losses = islice(_steps(model, batches, arm.rate, max(steps)), max(paths))
    for step, loss in enumerate(losses, start=1):
        if step % 6 == 0:
            print(f"  step {step} loss {loss:.3f} cpu {time.process_time():.0f} s", flush=True)
        if step in paths:
            save(model.adapter, paths[step])


def save(adapter: Adapter, path: Path) -> None:
    """The adapter as peft reads it, in half precision."""
    path.mkdir(parents=True, exist_ok=True)
    layers = sorted({int(name.partition(".")[0]) for name in adapter})
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base.NAME,
        "r": RANK,
        "lora_alpha": ALPHA,
        "lora_dropout": 0.0,
        "target_modules": list(PARTS),
        "layers_to_transform": layers,
        "inference_mode": True,
    }
    (path / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n")
    tensors = {_peft(name): tensor.detach().half() for name, tensor in adapter.items()}
    partial = path / "partial.safetensors"
    save_file(tensors, partial)
    partial.rename(path / _WEIGHTS)


def load(path: Path) -> Adapter:
    """The adapter that `save` wrote."""
    tensors = load_file(path / _WEIGHTS)
    found = {}
    for name, tensor in tensors.items():
        _, _, _, _, layer, _, part, matrix, _ = name.split(".")
        found[f"{layer}.{part}.{matrix.removeprefix('lora_')}"] = tensor
    return found


def _peft(name: str) -> str:
    layer, part, matrix = name.split(".")
    return f"base_model.model.model.layers.{layer}.{_MODULE[part]}.{part}.lora_{matrix}.weight"


def _fresh(model: Llama) -> Adapter:
    """An adapter that changes nothing yet."""
    adapter = {}
    for layer in range(model.shape.cut, model.shape.layers):
        for part in PARTS:
            out, width = model.weights[f"{layer}.{part}"].shape
            bound = 1 / math.sqrt(width)
            adapter[f"{layer}.{part}.A"] = torch.empty(RANK, width).uniform_(-bound, bound)
            adapter[f"{layer}.{part}.B"] = torch.zeros(out, RANK)
    for tensor in adapter.values():
        tensor.requires_grad_()
    return adapter


@torch.no_grad()
def _batches(model: Llama, examples: Sequence[Example], size: int) -> Iterator[Batch]:
    """Batches of examples of like length, in an order of chance."""
    pairs = [
        (base.tokens(base.chat(messages)), base.tokens(answer + base.END))
        for messages, answer in examples
    ]
    draw = random.Random(1)
    draw.shuffle(pairs)
    for start in range(0, len(pairs), 4 * size):
        near = sorted(pairs[start : start + 4 * size], key=lambda pair: len(pair[0]) + len(pair[1]))
        for first in range(0, len(near), size):
            yield _batch(model, near[first : first + size])


def _batch(model: Llama, pairs: Sequence[tuple[list[int], list[int]]]) -> Batch:
    length = max(len(prompt) + len(answer) for prompt, answer in pairs)
    ids = torch.zeros(len(pairs), length, dtype=torch.long)
    labels = torch.full_like(ids, -100)
    for row, (prompt, answer) in enumerate(pairs):
        end = len(prompt) + len(answer)
        ids[row, :end] = torch.tensor(prompt + answer)
        labels[row, len(prompt) : end] = torch.tensor(answer)
    return Batch(model.causal(model.embed(ids), range(model.shape.cut)), labels)


def _steps(model: Llama, batches: Sequence[Batch], rate: float, total: int) -> Iterator[float]:
    """The loss of each step, once its update is done."""
    parameters = list(model.adapter.values())
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.0)
    draw, order = random.Random(2), []
    for step in range(total):
        if not order:
            order = draw.sample(range(len(batches)), len(batches))
        loss = _loss(model, batches[order.pop()])
        optimizer.param_groups[0]["lr"] = rate * _schedule(step, total)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        yield loss.item()


def _schedule(step: int, total: int) -> float:
    cosine = 0.5 * (1 + math.cos(math.pi * step / total))
    return min(1.0, (step + 1) / _WARM_UP) * (0.1 + 0.9 * cosine)


def _loss(model: Llama, batch: Batch) -> Tensor:
    learnt = batch.labels[:, 1:] != -100
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model.causal(batch.hidden, range(model.shape.cut, model.shape.layers))
        logits = model.logits(hidden[:, :-1][learnt])
    return functional.cross_entropy(logits.float(), batch.labels[:, 1:][learnt])
