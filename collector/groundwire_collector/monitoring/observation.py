"""What a watch takes of a turn: its loss, its time, and the tags that say what to compare it with."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from groundwire_collector.storage.drift import AxisValue

NO_VALUES: Mapping[str, AxisValue] = {}


@dataclass(frozen=True, slots=True)
class Observation:
    """One loss in [0, 1] of one turn.

    `values` maps each axis to the turn's value on it. `session` is empty where the turn has none.
    `relevance` in [0, 1] says how well its chunks fit the question, where that was judged.
    """

    loss: float
    at_ns: int
    values: Mapping[str, AxisValue] = field(default_factory=dict)
    route: str = ""
    session: str = ""
    question: str = ""
    relevance: float | None = None
    flagged: bool = False


def short_hash(text: str) -> str:
    """Enough of a text to know it again; empty for none."""
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest() if text else ""
