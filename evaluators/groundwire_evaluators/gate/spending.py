"""Interim analyses of a growing sample, and the alpha each may spend."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from groundwire_evaluators.gate.margins import Rules

MOST_ANALYSES = 4
FEWEST_EACH = 50  # answers
_POWER = 2.0  # of the fraction: later looks may spend more


@dataclass(frozen=True, slots=True)
class PlannedAnalysis:
    """Analysis after a number of answers, with its share of alpha."""

    answers: int
    share: float

    def rules(self, rules: Rules) -> Rules:
        """Rules of this analysis: alpha, and the error of a pass, times its share."""
        level = 1 - (1 - rules.level) * self.share
        return replace(rules, alpha=rules.alpha * self.share, level=level)


def planned_analyses(total: int, most: int = MOST_ANALYSES) -> Sequence[PlannedAnalysis]:
    """Equally spaced analyses, of at least 50 answers; their shares add up to 1.

    After a fraction t of the answers t² of alpha is spent (Kim and DeMets 1987). Each is
    tested with what is added since the one before, so the chance of a wrong outcome at any of them
    is at most alpha whatever the dependence between them (union bound). Price: with four the
    last has .44 of alpha, and needs some 9 % more answers than one analysis.

    >>> from groundwire_evaluators.gate.spending import planned_analyses
    >>> [(analysis.answers, analysis.share) for analysis in planned_analyses(400)]
    [(100, 0.0625), (200, 0.1875), (300, 0.3125), (400, 0.4375)]
    """
    count = max(1, min(most, total // FEWEST_EACH))
    ends = [total * at // count for at in range(1, count + 1)]
    spent = [0.0, *((end / total) ** _POWER if total else 1.0 for end in ends)]
    return [
        PlannedAnalysis(end, after - before)
        for end, before, after in zip(ends, spent[:-1], spent[1:], strict=True)
    ]
