"""Pairs as token numbers: [CLS] claim [SEP] evidence [SEP], both cut, batches padded."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from tokenizers import Tokenizer
from torch import Tensor

LONGEST, LONGEST_CLAIM = 112, 64
_CLS, _SEP = 101, 102


class Encoded(NamedTuple):
    """Token numbers, their types (0 claim, 1 evidence) and the class."""

    ids: list[int]
    types: list[int]
    relation: int


def encode(tokenizer: Tokenizer, claim: str, evidence: str, relation: int = 0) -> Encoded:
    """One pair, cut to `LONGEST` tokens, the claim to `LONGEST_CLAIM`."""
    first = tokenizer.encode(claim, add_special_tokens=False).ids[:LONGEST_CLAIM]
    second = tokenizer.encode(evidence, add_special_tokens=False).ids
    second = second[: LONGEST - 3 - len(first)]
    ids = [_CLS, *first, _SEP, *second, _SEP]
    return Encoded(ids, [0] * (len(first) + 2) + [1] * (len(second) + 1), relation)


def stack(rows: Sequence[Encoded]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(ids, types, mask, classes) of a batch, padded to its longest row."""
    longest = max(len(row.ids) for row in rows)

    def padded(values: list[int], fill: int) -> list[int]:
        return values + [fill] * (longest - len(values))

    return (
        torch.tensor([padded(row.ids, 0) for row in rows]),
        torch.tensor([padded(row.types, 1) for row in rows]),
        torch.tensor([padded([1] * len(row.ids), 0) for row in rows]),
        torch.tensor([row.relation for row in rows]),
    )
