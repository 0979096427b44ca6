"""A small Llama forward pass whose frozen lower half is computed once for many adapters.

transformers' own model would do, but all adapters here touch the upper half alone: run by layers,
a training set's or a prompt's lower half is worked out once instead of once a step or checkpoint.
tests/benchmarks/real_model compares the logits with those of transformers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

Adapter = Mapping[str, Tensor]
"""Low-rank updates by weight: `{layer}.{part}.A` [rank, in] and `{layer}.{part}.B` [out, rank]."""

PARTS = ("v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a Llama-type model."""

    layers: int
    heads: int
    kv_heads: int
    head_width: int
    epsilon: float
    theta: float

    @property
    def cut(self) -> int:
        """The first layer that adapters may touch."""
        return self.layers // 2


@dataclass
class Llama:
    """Weights by name (`{layer}.{part}`, `embed`, `norm`) and the forward pass over them."""

    shape: Shape
    weights: dict[str, Tensor]
    adapter: Adapter = field(default_factory=dict)
    scale: float = 2.0  # alpha / rank

    def merged(self, adapter: Adapter) -> "Llama":
        """A model with the adapter added to its weights; shares all others."""
        weights = dict(self.weights)
        for name in {key.rpartition(".")[0] for key in adapter}:
            update = adapter[f"{name}.B"].float() @ adapter[f"{name}.A"].float()
            base = weights[name]
            weights[name] = (base.float() + self.scale * update).to(base.dtype)
        return Llama(self.shape, weights, {}, self.scale)

    def embed(self, ids: Tensor) -> Tensor:
        return functional.embedding(ids, self.weights["embed"])

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits over the vocabulary [..., words] of hidden states [..., width]."""
        return functional.linear(self._norm(hidden, "norm"), self.weights["embed"])

    def causal(self, hidden: Tensor, layers: Sequence[int]) -> Tensor:
        """Hidden states [batch, length, width] after some layers; padding is on the right."""
        rope = self.rope(torch.arange(hidden.shape[1])[None])
        for layer in layers:
            hidden = self._layer(layer, hidden, rope, None, None)
        return hidden

    def cached(
        self, hidden: Tensor, layers: Sequence[int], rope: tuple[Tensor, Tensor], cache: "Cache"
    ) -> Tensor:
        """As `causal`, after what the cache holds, to which keys and values are added."""
        mask = cache.mask(hidden.shape[1]) if cache.start else None
        for layer in layers:
            hidden = self._layer(layer, hidden, rope, cache, mask)
        return hidden

    def rope(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines [batch, 1, length, head width] of positions [batch, length]."""
        width = self.shape.head_width
        frequencies = self.shape.theta ** (-torch.arange(0, width, 2).float() / width)
        angles = positions[..., None].float() * frequencies
        angles = torch.cat([angles, angles], -1)[:, None]
        return angles.cos(), angles.sin()

    def _layer(
        self,
        layer: int,
        hidden: Tensor,
        rope: tuple[Tensor, Tensor],
        cache: "Cache | None",
        mask: Tensor | None,
    ) -> Tensor:
        normed = self._norm(hidden, f"{layer}.input_layernorm")
        query, key, value = (
            self._heads(self._linear(normed, f"{layer}.{part}"))
            for part in ("q_proj", "k_proj", "v_proj")
        )
        query, key = _rotated(query, rope), _rotated(key, rope)
        if cache is not None:
            key, value = cache.added(layer, key, value)
        if mask is None:
            mixed = self._attend_causally(query, key, value)
        else:
            mixed = self._attend(query, key, value, mask)
        hidden = hidden + self._linear(mixed, f"{layer}.o_proj")
        normed = self._norm(hidden, f"{layer}.post_attention_layernorm")
        gate = functional.silu(self._linear(normed, f"{layer}.gate_proj"))
        up = self._linear(normed, f"{layer}.up_proj")
        return hidden + self._linear(gate * up, f"{layer}.down_proj")

    def _attend_causally(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        groups = self.shape.heads // self.shape.kv_heads
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return mixed.transpose(1, 2).flatten(2)

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        """Queries of one key's group are laid one after another, so that no key is copied."""
        batch, heads, length, width = query.shape
        groups = heads // self.shape.kv_heads
        query = query.reshape(batch, self.shape.kv_heads, groups * length, width)
        mixed = functional.scaled_dot_product_attention(
            query, key, value, mask.repeat(1, 1, groups, 1)
        )
        return mixed.reshape(batch, heads, length, width).transpose(1, 2).flatten(2)

    def _heads(self, projected: Tensor) -> Tensor:
        return projected.unflatten(-1, (-1, self.shape.head_width)).transpose(1, 2)

    def _linear(self, hidden: Tensor, name: str) -> Tensor:
        out = functional.linear(hidden, self.weights[name])
        if f"{name}.A" not in self.adapter:
            return out
        low = functional.linear(hidden, self.adapter[f"{name}.A"])
        return out + self.scale * functional.linear(low, self.adapter[f"{name}.B"])

    def _norm(self, hidden: Tensor, name: str) -> Tensor:
        wide = hidden.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.shape.epsilon)
        return self.weights[name] * wide.to(hidden.dtype)


def _rotated(heads: Tensor, rope: tuple[Tensor, Tensor]) -> Tensor:
    cosine, sine = (part.to(heads.dtype) for part in rope)
    first, second = heads.chunk(2, -1)
    return heads * cosine + torch.cat([-second, first], -1) * sine


class Cache:
    """Keys and values of a batch of prompts of unequal lengths, with room for what follows.

    Prompts are padded on the right to `width` slots; what follows is written to the slots after
    these, so that `rewind` is all it takes to let something else follow the same prompts.
    """

    def __init__(self, shape: Shape, lengths: Tensor, room: int, dtype: torch.dtype) -> None:
        self.lengths = lengths
        self.width = int(lengths.max())
        size = (len(lengths), shape.kv_heads, self.width + room, shape.head_width)
        self._keys = [torch.zeros(size, dtype=dtype) for _ in range(shape.layers)]
        self._values = [torch.zeros(size, dtype=dtype) for _ in range(shape.layers)]
        self.start = 0

    def rewind(self, start: int) -> None:
        """Let the next tokens be written from this slot on."""
        self.start = start

    def positions(self, count: int) -> Tensor:
        """Positions [batch, count] of the next tokens."""
        steps = torch.arange(count)
        if self.start < self.width:
            return (self.start + steps)[None]
        return self.lengths[:, None] + (self.start - self.width) + steps

    def mask(self, count: int) -> Tensor:
        """Which slots each of the next tokens may see: [batch, 1, count, slots]."""
        end = self.start + count
        slots, rows = torch.arange(end), torch.arange(self.start, end)
        before = slots[None, None, :] <= rows[None, :, None]
        real = (slots[None, :] < self.lengths[:, None]) | (slots[None, :] >= self.width)
        mask = before & real[:, None, :]
        # A padded row sees at least itself: a softmax over nothing is no number.
        return (mask | (slots[None, None, :] == rows[None, :, None]))[:, None]

    def added(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        end = self.start + key.shape[2]
        self._keys[layer][:, :, self.start : end] = key
        self._values[layer][:, :, self.start : end] = value
        return self._keys[layer][:, :, :end], self._values[layer][:, :, :end]
