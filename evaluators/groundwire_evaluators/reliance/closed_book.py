"""Closed-book comparison: would the model answer the same without context?

A production answer and the closed-book answers of the same model to the same question fall into
cells; the diagnostic turns, where memory and context disagree, estimate the memorization ratio.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import sqrt

from groundwire_evaluators.reliance.equivalence import equivalent, stands_in
from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.reliance.passive import context_suffices
from groundwire_evaluators.statistics import Estimate, Interval, hajek
from groundwire_evaluators.statistics.interval import normal_quantile
from groundwire_evaluators.text.refusal import is_refusal
from groundwire_evaluators.turn import Turn

FEWEST_DIAGNOSTIC = 50  # below this a ratio is noise, and is shown as "too few diagnostic turns"
UNSTABLE = 0.6  # share of closed-book draws that must agree for memory to be committed


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

    `diagnostic`: the context suffices, memory is committed and its answer is not supported by the
    context; only these turns enter the memorization ratio. `memory_strength` is the share of the
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


def compare_closed_book(
    turn: Turn,
    closed_book: Sequence[str | None],
    *,
    probability: float = 1.0,
    supported: bool | None = None,
) -> ClosedBookComparison:
    """Classify a production turn by its closed-book answers.

    None among `closed_book` is a call that failed. `supported` says whether the production answer
    is supported by its chunks, where an evaluator has judged that (grounding: not flagged); without
    it the answer's values and words are looked up in the chunks. About 0.5 ms.
    """
    answer, question = turn.answer or "", turn.question or ""
    context = "\n".join(chunk.text for chunk in turn.chunks)
    cluster: Hashable = question
    if not answer.strip() or is_refusal(answer):
        return ClosedBookComparison(
            cell=RelianceCell.REFUSAL, diagnostic=False, memory_strength=0.0,
            probability=probability, cluster=cluster,
        )  # fmt: skip
    memory, strength = _memory(closed_book, question)
    if memory is None:
        return ClosedBookComparison(
            cell=RelianceCell.ABSTAINED, diagnostic=False, memory_strength=strength,
            probability=probability, cluster=cluster,
        )  # fmt: skip
    if supported is None:
        supported = stands_in(answer, context, question)
    same = equivalent(answer, memory, question)
    return ClosedBookComparison(
        cell=_cell(supported, same),
        diagnostic=context_suffices(turn) and not stands_in(memory, context, question),
        memory_strength=strength,
        probability=probability,
        cluster=cluster,
    )


def _cell(supported: bool, same: bool) -> RelianceCell:
    if supported:
        return RelianceCell.REDUNDANT if same else RelianceCell.CONTEXT_DRIVEN
    return RelianceCell.PARAMETRIC_OVERRIDE if same else RelianceCell.UNSUPPORTED_OTHER


def _memory(closed_book: Sequence[str | None], question: str) -> tuple[str | None, float]:
    """The committed closed-book answer and the share of draws that agree with it."""
    answers = [each for each in closed_book if each and each.strip() and not is_refusal(each)]
    if not answers:
        return None, 0.0
    votes = [sum(equivalent(one, other, question) for other in answers) for one in answers]
    most = max(votes)
    strength = most / len(closed_book)
    return (answers[votes.index(most)] if strength >= UNSTABLE else None), strength


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
    labels taken as true; `correct_for_labels` undoes known label errors.
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


@dataclass(frozen=True, slots=True)
class Audit:
    """Hand-labelled audit sample: label accuracy on overrides and on the rest."""

    overrides: int
    overrides_found: int
    others: int
    others_found: int

    @property
    def sensitivity(self) -> float:
        return self.overrides_found / self.overrides

    @property
    def specificity(self) -> float:
        return self.others_found / self.others


def correct_for_labels(observed: Estimate, audit: Audit, level: float = 0.95) -> Estimate:
    """Ratio corrected for label errors: p = (p_obs + Sp - 1) / (Se + Sp - 1).

    Rogan and Gladen (1978, https://doi.org/10.1093/oxfordjournals.aje.a112510), with the audit's
    own uncertainty in the interval (delta method). Raises `ValueError` where the labels are no
    better than chance. Nothing observed stays nothing.
    """
    se, sp = audit.sensitivity, audit.specificity
    gain = se + sp - 1
    if gain <= 0:
        raise ValueError(f"sensitivity {se:.2f} and specificity {sp:.2f} are no better than chance")
    if observed.value is None:
        return observed
    ratio = min(max((observed.value + sp - 1) / gain, 0.0), 1.0)
    smooth = [(found + 1) / (n + 2) for found, n in (_found(audit)[0], _found(audit)[1])]
    var_se = smooth[0] * (1 - smooth[0]) / audit.overrides
    var_sp = smooth[1] * (1 - smooth[1]) / audit.others
    from_audit = (ratio**2 * var_se + (1 - ratio) ** 2 * var_sp) / gain**2
    z = normal_quantile(level)
    low, high = ((each + sp - 1) / gain for each in observed.interval)
    below = sqrt(max(ratio - low, 0.0) ** 2 + z * z * from_audit)
    above = sqrt(max(high - ratio, 0.0) ** 2 + z * z * from_audit)
    interval = Interval(ratio - below, ratio + above).clipped()
    return replace(observed, value=ratio, interval=interval)


def _found(audit: Audit) -> tuple[tuple[int, int], tuple[int, int]]:
    return (audit.overrides_found, audit.overrides), (audit.others_found, audit.others)
