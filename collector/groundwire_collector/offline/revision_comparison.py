"""Compare two revisions of an evaluator on the same turns."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from groundwire_evaluators.evaluation import Evaluation

Pair = tuple[str, str, str]  # evaluator, old revision, new revision


@dataclass(slots=True)
class RevisionDifference:
    """Sums over turns that both revisions scored."""

    turns: int = 0
    old_sum: float = 0.0
    new_sum: float = 0.0
    old_flagged: int = 0
    new_flagged: int = 0
    changed: int = 0  # turns that one of the two flags

    def record(self, pair: Pair) -> dict[str, object]:
        """Means and shares, JSON-able."""
        evaluator, old, new = pair
        return {
            "evaluator": evaluator,
            "old_revision": old,
            "new_revision": new,
            "turns": self.turns,
            "old_mean": self.old_sum / self.turns,
            "new_mean": self.new_sum / self.turns,
            "old_flagged": self.old_flagged / self.turns,
            "new_flagged": self.new_flagged / self.turns,
            "changed_flags": self.changed / self.turns,
        }


class RevisionComparison:
    """Running comparison over turns judged twice."""

    def __init__(self) -> None:
        self._found: defaultdict[Pair, RevisionDifference] = defaultdict(RevisionDifference)

    def add(self, before: Sequence[Evaluation], after: Sequence[Evaluation]) -> None:
        """Note a turn's evaluations of both revisions; an unscored one does not count."""
        newest = {each.evaluator: each for each in before if each.value is not None}
        for new in after:
            old = newest.get(new.evaluator)
            if old is None or old.value is None or new.value is None:
                continue
            found = self._found[new.evaluator, old.revision, new.revision]
            found.turns += 1
            found.old_sum += old.value
            found.new_sum += new.value
            found.old_flagged += bool(old.flagged)
            found.new_flagged += bool(new.flagged)
            found.changed += bool(old.flagged) != bool(new.flagged)

    def records(self) -> list[dict[str, object]]:
        """One record an evaluator and pair of revisions."""
        return [self._found[pair].record(pair) for pair in sorted(self._found)]
