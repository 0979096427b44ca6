"""Six BERT layers with a three-class head over a claim and its evidence, and a head for words.

The head sees the first state and, of each dimension, the largest state of the claim's tokens.
"""

import json
import struct
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, HEADS, INNER, LAYERS, CLASSES = 384, 12, 1536, 6, 3
_TYPES = {"F32": np.float32, "I64": np.int64, "F16": np.float16}
_OF_LAYER = {
    "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
    "mixed": "attention.output.dense", "after_attention": "attention.output.LayerNorm",
    "inner": "intermediate.dense", "outer": "output.dense", "after_inner": "output.LayerNorm",
}  # fmt: skip


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file by name."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    found = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        array = np.frombuffer(data[start:end], dtype=_TYPES[entry["dtype"]])
        found[name] = torch.from_numpy(array.reshape(entry["shape"]).copy())
    return found


class Layer(nn.Module):
    """One transformer layer, normalised after each part as BERT does."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.value, self.mixed = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.after_attention = nn.LayerNorm(WIDTH, 1e-12)
        self.inner, self.outer = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.after_inner = nn.LayerNorm(WIDTH, 1e-12)
        self.plain_attention = False  # spelled out, as ONNX needs it

    def forward(self, states: Tensor, mask: Tensor, dropout: float) -> Tensor:
        mixed = self.mixed(self._attend(states, mask))
        mixed = functional.dropout(mixed, dropout, self.training)
        states = self.after_attention(states + mixed)
        inner = self.outer(functional.gelu(self.inner(states)))
        return self.after_inner(states + functional.dropout(inner, dropout, self.training))

    def _attend(self, states: Tensor, mask: Tensor) -> Tensor:
        rows, length, _ = states.shape

        def heads(part: Tensor) -> Tensor:
            return part.view(rows, length, HEADS, WIDTH // HEADS).transpose(1, 2)

        query, key, value = (
            heads(self.query(states)),
            heads(self.key(states)),
            heads(self.value(states)),
        )
        if self.plain_attention:
            scores = query @ key.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5
            scores = scores + (1.0 - mask[:, None, None, :].float()) * -1e4
            found = torch.softmax(scores, -1) @ value
        else:
            allowed = mask[:, None, None, :] > 0
            found = functional.scaled_dot_product_attention(query, key, value, attn_mask=allowed)
        return found.transpose(1, 2).reshape(rows, length, WIDTH)


class Encoder(nn.Module):
    """(ids, types, mask), each (rows, length) of int64, to logits of classes and words.

    Types are 0 for the claim, 1 for the evidence. The embeddings of words and positions are frozen.
    """

    def __init__(self, weights: Path) -> None:
        super().__init__()
        tensors = {k.removeprefix("bert."): v for k, v in read_safetensors(weights).items()}
        embedded = {
            name: tensors[f"embeddings.{name}_embeddings.weight"]
            for name in ("word", "position", "token_type")
        }
        self.words = nn.Embedding.from_pretrained(embedded["word"], freeze=True)
        self.positions = nn.Embedding.from_pretrained(embedded["position"], freeze=True)
        self.types = nn.Embedding.from_pretrained(embedded["token_type"], freeze=False)
        self.norm = nn.LayerNorm(WIDTH, 1e-12)
        _load(self.norm, tensors, "embeddings.LayerNorm")
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        for at, layer in enumerate(self.layers):
            for own, theirs in _OF_LAYER.items():
                _load(getattr(layer, own), tensors, f"encoder.layer.{at}.{theirs}")
        self.head = nn.Linear(2 * WIDTH, CLASSES)
        self.word_head = nn.Linear(WIDTH, 1)

    def forward(
        self, ids: Tensor, types: Tensor, mask: Tensor, dropout: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Logits (rows, 3) of the classes and (rows, length) of each word being unsupported."""
        features, states = self.features(ids, types, mask, dropout)
        return self.head(features), self.word_head(states)[..., 0]

    def features(
        self, ids: Tensor, types: Tensor, mask: Tensor, dropout: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """What the head sees (rows, 768), and the last states (rows, length, 384)."""
        places = torch.arange(ids.shape[1])[None]
        states = self.norm(self.words(ids) + self.positions(places) + self.types(types))
        for layer in self.layers:
            states = layer(states, mask, dropout)
        claim = ((types == 0) & (mask > 0)).float()
        claim = claim * (places > 0).float()
        largest = (states + (claim - 1).unsqueeze(-1) * 1e4).max(1).values
        return torch.cat([states[:, 0], largest], -1), states


def _load(module: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    module.weight.data = tensors[f"{name}.weight"]
    module.bias.data = tensors[f"{name}.bias"]
