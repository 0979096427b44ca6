"""Fair sharing of an accruing budget among current members."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class ShareMember:
    """Member of a fair share, and what it has taken."""

    taken: float  # of `Pot.each`, at the last take
    seen_ns: int


@dataclass(slots=True)
class FairShare:
    """Splits income evenly among the members present.

    Members take what is theirs when they need it: all that is ever taken is at most all that was
    poured in. Whoever joins gets a part of what comes afterwards; whoever was not seen for
    `idle_ns` leaves, and what it had not taken is lost. So shares follow who is there, not how many
    there ever were. O(1) a call (generalised processor sharing; Parekh and Gallager 1993).
    """

    idle_ns: int
    each: float = 0.0  # what a member since the beginning would have got
    members: dict[str, ShareMember] = field(default_factory=dict)  # those seen longest ago first

    def pour(self, amount: float, at_ns: int) -> None:
        """Share out an amount; where nobody is there it is lost."""
        self._let_go(at_ns)
        if self.members:
            self.each += amount / len(self.members)

    def take(self, name: str, at_ns: int) -> float:
        """What is this member's since its last call; the first call makes it a member."""
        found = self.members.pop(name, None)
        self.members[name] = ShareMember(self.each, max(at_ns, found.seen_ns) if found else at_ns)
        return self.each - found.taken if found else 0.0

    def leave(self, name: str) -> None:
        self.members.pop(name, None)

    def _let_go(self, at_ns: int) -> None:
        while self.members:
            longest = next(iter(self.members))
            if self.members[longest].seen_ns >= at_ns - self.idle_ns:
                return
            del self.members[longest]

    def to_state(self) -> dict[str, Any]:
        members = [[name, found.taken, found.seen_ns] for name, found in self.members.items()]
        return {"each": self.each, "members": members}

    def resume(self, state: Mapping[str, Any]) -> None:
        self.each = state["each"]
        self.members = {name: ShareMember(taken, seen) for name, taken, seen in state["members"]}
