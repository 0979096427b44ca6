"""Reader protocol: probabilities that evidence supports, lacks, contradicts claims."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from groundwire_evaluators.reader.card import Card

ClaimAndEvidence = tuple[str, str]


class ReaderLabel(IntEnum):
    """Column of a reader's answer."""

    SUPPORTED = 0
    NOT_THERE = 1
    CONTRADICTED = 2


class Reader(Protocol):
    """Reads claims against their evidence; `revision` changes when its answers may."""

    @property
    def card(self) -> Card: ...

    @property
    def revision(self) -> str: ...

    def read(self, pairs: Sequence[ClaimAndEvidence]) -> NDArray[np.float64]:
        """Probabilities, shape (pairs, 3), columns as `ReaderLabel`; rows sum to 1."""
        ...
