"""Training pair: a claim, the evidence shown for it, and how the two relate."""

from enum import IntEnum
from typing import NamedTuple


class Relation(IntEnum):
    """Class of a pair; `UNSUPPORTED` is a label that leaves open which of the last two it is."""

    SUPPORTED = 0
    NOT_THERE = 1
    CONTRADICTED = 2
    UNSUPPORTED = 3


class Pair(NamedTuple):
    """A claim with its evidence; `rule` names the schema, edit or set that it comes from.

    `wrong_words`: ranges of the claim that its evidence does not support; None where unknown.
    """

    claim: str
    evidence: str
    relation: Relation
    rule: str
    wrong_words: tuple[tuple[int, int], ...] | None = None
