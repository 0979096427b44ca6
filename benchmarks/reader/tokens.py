"""Pairs as token numbers: [CLS] claim [SEP] evidence [SEP], both cut, batches padded."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch import Tensor

from benchmarks.reader.pairs import Pair

LONGEST, LONGEST_CLAIM = 128, 64
_CLS, _SEP = 101, 102


class Encoded(NamedTuple):
    """Token numbers, their types (0 claim, 1 evidence), the class and the label of each token.

    Labels are 1 for a token of the claim that is not supported, 0 for another one, -1 for unknown.
    """

    ids: list[int]
    types: list[int]
    relation: int
    labels: list[int]


def encode(tokenizer: Tokenizer, pair: Pair) -> Encoded:
    """One pair, cut to `LONGEST` tokens, the claim to `LONGEST_CLAIM`."""
    claim = tokenizer.encode(pair.claim, add_special_tokens=False)
    first = claim.ids[:LONGEST_CLAIM]
    second = tokenizer.encode(pair.evidence, add_special_tokens=False).ids
    second = second[: LONGEST - 3 - len(first)]
    ids = [_CLS, *first, _SEP, *second, _SEP]
    types = [0] * (len(first) + 2) + [1] * (len(second) + 1)
    labels = [-1] * len(ids)
    if pair.wrong_words is not None:
        for at, (start, end) in enumerate(claim.offsets[: len(first)]):
            labels[at + 1] = int(any(a < end and start < b for a, b in pair.wrong_words))
    return Encoded(ids, types, pair.relation, labels)


def stack(rows: Sequence[Encoded]) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """(ids, types, mask, classes, labels) of a batch, padded to its longest row."""
    longest = max(len(row.ids) for row in rows)

    def padded(values: list[int], fill: int) -> list[int]:
        return values + [fill] * (longest - len(values))

    return (
        torch.tensor([padded(row.ids, 0) for row in rows]),
        torch.tensor([padded(row.types, 1) for row in rows]),
        torch.tensor([padded([1] * len(row.ids), 0) for row in rows]),
        torch.tensor([row.relation for row in rows]),
        torch.tensor([padded(row.labels, -1) for row in rows]),
    )
