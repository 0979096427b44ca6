"""Memorization ratio of live traffic, estimated from closed-book comparisons."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.statistics import Estimate, hajek

FEWEST_DIAGNOSTIC = 50  # below this a ratio is noise, and is shown as "too few diagnostic turns"


class RelianceCell(StrEnum):
    """Cell of the 2×2 table: supported by context, equal to closed-book answer."""

    CONTEXT_DRIVEN = "context_driven"  # supported, differs from memory
    REDUNDANT = "redundant"  # supported, and memory says the same
    PARAMETRIC_OVERRIDE = "parametric_override"  # not supported, memory says the same
    UNSUPPORTED_OTHER = "unsupported_other"  # not supported, differs from memory
    REFUSAL = "refusal"  # the production answer declines
    ABSTAINED = "abstained"  # the closed-book call declines, fails or is not stable


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedBookComparison:
    """A production turn with the model's closed-book answer.

    `diagnostic`: the context suffices, memory is committed, its answer is not supported by the
    context, and an answer that agrees with it is no stock answer; only these turns enter the
    memorization ratio. `memory_strength` is the share of the
    closed-book draws that agree with the first. `probability` is how likely the turn was asked
    closed-book.
    """

    cell: RelianceCell
    diagnostic: bool
    memory_strength: float
    probability: float = 1.0
    cluster: Hashable = None  # turns that share it, say a question template, are not independent

    @property
    def outcome(self) -> Outcome:
        """For the outcome counter: `context` and `parametric` are diagnostic turns only, so that
        their ratio is the memorization ratio; `both` is the redundant cell."""
        if self.cell is RelianceCell.REFUSAL:
            return Outcome.REFUSAL
        if self.cell is RelianceCell.REDUNDANT:
            return Outcome.BOTH
        if self.diagnostic and self.cell is RelianceCell.CONTEXT_DRIVEN:
            return Outcome.CONTEXT
        if self.diagnostic and self.cell is RelianceCell.PARAMETRIC_OVERRIDE:
            return Outcome.PARAMETRIC
        return Outcome.NEITHER


@dataclass(frozen=True, slots=True)
class ClosedBookEstimate:
    """Memorization ratio of live traffic, with its counts.

    `ratio` is over diagnostic turns; `redundant` is the share of all answered turns with a
    closed-book call whose
    answer memory gives as well: at risk when the source changes. `too_few` says that the ratio
    rests on fewer than `FEWEST_DIAGNOSTIC` turns and should be shown as that.
    """

    n: int
    ratio: Estimate
    redundant: Estimate
    cells: Counter[RelianceCell] = field(default_factory=Counter)

    @property
    def too_few(self) -> bool:
        return self.ratio.n < FEWEST_DIAGNOSTIC


def estimate_memorization(
    comparisons: Sequence[ClosedBookComparison], level: float = 0.95
) -> ClosedBookEstimate:
    """Hájek estimate of the memorization ratio over closed-book turns.

    M_R = sum(w·override) / sum(w·(override + context_driven)) over diagnostic turns, w = 1 /
    probability, variance clustered by question. It is the ratio of the traffic that was sampled,
    labels taken as true.

    >>> from groundwire_evaluators.reliance.memorization import (
    ...     ClosedBookComparison,
    ...     RelianceCell,
    ...     estimate_memorization,
    ... )
    >>> from_memory = ClosedBookComparison(
    ...     cell=RelianceCell.PARAMETRIC_OVERRIDE, diagnostic=True, memory_strength=1.0
    ... )
    >>> from_context = ClosedBookComparison(
    ...     cell=RelianceCell.CONTEXT_DRIVEN, diagnostic=True, memory_strength=1.0
    ... )
    >>> found = estimate_memorization([from_memory] * 15 + [from_context] * 45)
    >>> found.ratio.value, found.too_few
    (0.25, False)
    """
    decided = [
        each
        for each in comparisons
        if each.diagnostic
        and each.cell in (RelianceCell.CONTEXT_DRIVEN, RelianceCell.PARAMETRIC_OVERRIDE)
    ]
    answered = [
        each
        for each in comparisons
        if each.cell not in (RelianceCell.REFUSAL, RelianceCell.ABSTAINED)
    ]
    return ClosedBookEstimate(
        len(comparisons),
        _share(decided, RelianceCell.PARAMETRIC_OVERRIDE, level),
        _share(answered, RelianceCell.REDUNDANT, level),
        Counter(each.cell for each in comparisons),
    )


def _share(
    comparisons: Sequence[ClosedBookComparison], cell: RelianceCell, level: float
) -> Estimate:
    clustered = any(each.cluster is not None for each in comparisons)
    return hajek(
        [each.cell is cell for each in comparisons],
        [each.probability for each in comparisons],
        [i if each.cluster is None else each.cluster for i, each in enumerate(comparisons)]
        if clustered
        else None,
        level,
    )
