"""A conflict: one slot with two values."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "value", "quantity", "name", "opposite", "negated", "affirmed", "turned",
    "extent", "duty", "hedge", "roles", "word",
    "denied", "loosely_denied", "granted", "untold", "hours", "cell",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Conflict:
    """Conflicting values of one slot in claim and chunk.

    `firm`: the words on both sides of the slot are the same, so that nothing else is said.
    `chunk`: its index where it is not that of the evidence.
    """

    kind: Kind
    start: int
    end: int
    claimed: str
    shown: str
    firm: bool = False
    chunk: int | None = None
