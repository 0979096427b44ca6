"""Greedy answers and log-probabilities of a batch of prompts, for one checkpoint after another.

The prompts' lower half is worked out once for all checkpoints; their upper half once for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.real_model import base
from benchmarks.real_model.llama import Cache, Llama
from benchmarks.real_model.prompts import Messages

LONGEST_ANSWER = 48  # tokens
_ROOM = 96  # tokens that may follow a prompt: an answer, or a sentence up to its value


@dataclass(frozen=True, slots=True)
class Generated:
    """One greedy answer: tokens without the end mark, and whether that mark came in time."""

    ids: list[int]
    finished: bool
    logprob: float

    def whole(self) -> list[int]:
        """The tokens with the end mark, if it came: those that `logprob` counts."""
        return [*self.ids, *base.tokens(base.END)] if self.finished else self.ids


class Prompts:
    """A batch of prompts, read by one checkpoint after another."""

    def __init__(self, model: Llama, messages: Sequence[Messages]) -> None:
        ids = [base.tokens(base.chat(each)) for each in messages]
        lengths = torch.tensor([len(each) for each in ids])
        padded = torch.zeros(len(ids), int(lengths.max()), dtype=torch.long)
        for row, each in enumerate(ids):
            padded[row, : len(each)] = torch.tensor(each)
        self._lengths = lengths
        self._cache = Cache(model.shape, lengths, _ROOM, model.weights["embed"].dtype)
        self._lower = self._run(model, model.embed(padded), range(model.shape.cut), start=0)
        self._last = torch.empty(0)

    def read(self, model: Llama) -> None:
        """Let a checkpoint read the prompts: its upper half over the common lower one."""
        hidden = self._run(model, self._lower, range(model.shape.cut, model.shape.layers), start=0)
        rows = torch.arange(len(self._lengths))
        self._last = model.logits(hidden[rows, self._lengths - 1]).float().log_softmax(-1)

    def greedy(self, model: Llama) -> list[Generated]:
        """Answers, the likeliest token each time."""
        (end,) = base.tokens(base.END)
        ids: list[list[int]] = [[] for _ in self._lengths]
        total, finished = torch.zeros(len(ids)), torch.zeros(len(ids), dtype=torch.bool)
        step = self._last
        for place in range(LONGEST_ANSWER):
            logprob, token = step.max(-1)
            total += logprob.where(~finished, torch.zeros(()))
            finished |= token == end
            for row in torch.nonzero(~finished).flatten().tolist():
                ids[row].append(int(token[row]))
            if finished.all():
                break
            step = self._follow(model, token[:, None], place)[:, -1]
        return [
            Generated(*each) for each in zip(ids, finished.tolist(), total.tolist(), strict=True)
        ]

    def score(self, model: Llama, continuations: Sequence[tuple[str, list[int]]]) -> list[float]:
        """The log-probability of tokens after some text with which the answer starts."""
        if not continuations:
            return []
        starts = [base.tokens(text.rstrip()) for text, _ in continuations]
        whole = [start + ids for start, (_, ids) in zip(starts, continuations, strict=True)]
        padded = torch.zeros(len(continuations), max(1, *map(len, whole)), dtype=torch.long)
        for row, each in enumerate(whole):
            padded[row, : len(each)] = torch.tensor(each, dtype=torch.long)
        predicted = torch.cat([self._last[:, None], self._follow(model, padded, 0)], 1)
        found = predicted[:, :-1].gather(-1, padded[..., None])[..., 0]
        return [
            float(found[row, len(start) : len(each)].sum())
            for row, (start, each) in enumerate(zip(starts, whole, strict=True))
        ]

    def _follow(self, model: Llama, ids: Tensor, place: int) -> Tensor:
        """Log-probabilities [batch, length, words] after tokens at a place of the answer."""
        hidden = self._run(
            model, model.embed(ids), range(model.shape.layers), self._cache.width + place
        )
        return model.logits(hidden).float().log_softmax(-1)

    def _run(self, model: Llama, hidden: Tensor, layers: range, start: int) -> Tensor:
        self._cache.rewind(start)
        rope = model.rope(self._cache.positions(hidden.shape[1]))
        return model.cached(hidden, layers, rope, self._cache)
