"""One score per session, against dependence between its turns."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from groundwire_collector.drift.dimensions import NANOSECONDS

CAPACITY = 1000  # sessions; of more at once, the one that was quiet longest is forgotten
QUIET_NS = 3600 * NANOSECONDS  # a session that was quiet for so long begins anew
DEPENDENT = 1.2  # design effect from which on turns of a session are called dependent
FEWEST = 30  # sessions of two turns or more that a baseline needs to say anything


class Repeat(StrEnum):
    """Kind of a repeated turn in a session."""

    RETRY = "retry"  # the session's last question once more
    SESSION = "session"  # the session has given its score


@dataclass(slots=True)
class OpenSessions:
    """Open sessions of a service, at most `CAPACITY`."""

    seen: dict[str, tuple[int, str]] = field(default_factory=dict)  # quiet longest first

    def repeats(self, session: str, question: str, at_ns: int) -> Repeat | None:
        """What a turn repeats; a turn without a session repeats nothing."""
        if not session:
            return None
        before = self.seen.pop(session, None)
        self.seen[session] = (at_ns, question)
        if len(self.seen) > CAPACITY:
            del self.seen[next(iter(self.seen))]
        if before is None or at_ns - before[0] > QUIET_NS:
            return None
        return Repeat.RETRY if question and before[1] == question else Repeat.SESSION

    def to_state(self) -> list[list[Any]]:
        return [[session, *found] for session, found in self.seen.items()]

    def resume(self, state: Iterable[list[Any]]) -> None:
        self.seen = {session: (at_ns, question) for session, at_ns, question in state}


def depend(losses: Iterable[float], sessions: Iterable[str]) -> bool:
    """Whether the turns of a session are clearly more alike than those of different ones.

    The variance of the sums of sessions over what independent turns would give (the design effect
    of a cluster sample; Kish 1965).
    """
    values = np.fromiter(losses, dtype=float)
    _, which = np.unique(np.array(list(sessions)), return_inverse=True)
    sizes = np.bincount(which)
    several = np.flatnonzero(sizes > 1)
    inside = np.isin(which, several)
    if several.size < FEWEST or values[inside].var() == 0:
        return False
    away = values - values[inside].mean()
    sums = np.bincount(which, weights=away)[several]
    ratio = float((sums**2).sum() / (away[inside] ** 2).sum())
    return bool(ratio > max(DEPENDENT, 1 + 3 * np.sqrt(2 / several.size)))
