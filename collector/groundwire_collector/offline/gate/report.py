"""Report of a gate: comparisons, measures and notes, whatever was compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from groundwire_evaluators.gate.decision import MeasureDecision, MeasureOutcome
from groundwire_evaluators.gate.margins import Rules
from groundwire_evaluators.gate.quality_gate import GateResult, Pair, VersionVerdict
from groundwire_evaluators.statistics.contrast import Contrast

PASSED = {MeasureOutcome.PASS, MeasureOutcome.BETTER}


@dataclass(frozen=True, slots=True)
class DoneAnalysis:
    """Interim analysis: number of answers, alpha spent, outcome."""

    answers: int
    alpha: float
    outcome: MeasureOutcome


@dataclass(frozen=True, slots=True)
class CallSpending:
    """Questions asked of those planned, with their interim analyses."""

    calls: int
    planned: int
    analyses: Sequence[DoneAnalysis] = ()


@dataclass(frozen=True, slots=True)
class ReportedComparison:
    """Candidate against one reference; `reference` is its name."""

    reference: str
    outcome: MeasureOutcome
    decisions: Mapping[str, MeasureDecision]

    @classmethod
    def of(cls, verdict: VersionVerdict, name: str | None = None) -> "ReportedComparison":
        return cls(name or verdict.reference, verdict.outcome, verdict.decisions)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """Findings of a gate, as JSON, terminal, Markdown and JUnit show them.

    `comparisons`: the baseline first, then the best earlier version. `spending`: of a candidate
    that was asked. `notes`: sentences that belong to the outcome.
    """

    candidate: str
    outcome: MeasureOutcome
    strict: bool
    rules: Rules
    comparisons: Sequence[ReportedComparison]
    states: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    overrides: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    lost: Sequence[Pair] = ()
    strata: Mapping[str, Mapping[str, Contrast]] = field(default_factory=dict)
    spending: CallSpending | None = None
    notes: Sequence[str] = ()

    @property
    def failed(self) -> bool:
        """Whether the exit code is that of a failure."""
        undecided = self.outcome is MeasureOutcome.UNDECIDED and self.strict
        return self.outcome is MeasureOutcome.WORSE or undecided

    @property
    def summary(self) -> str:
        """One sentence on the outcome, naming the measures behind it."""
        if self.outcome is MeasureOutcome.WORSE:
            return f"{self.candidate} is worse: {', '.join(self._worse())}"
        if self.outcome is MeasureOutcome.UNDECIDED:
            remedy = "--strict fails on it" if not self.strict else "which --strict calls a failure"
            names = ", ".join(self._undecided())
            return f"undecided: {names} neither worse nor within the margin; {remedy}"
        return f"{self.candidate} passes: no measure that decides is worse than its margin"

    def _undecided(self) -> list[str]:
        return [
            name
            for name, decision in self.comparisons[0].decisions.items()
            if decision.rule.decides and decision.outcome is MeasureOutcome.UNDECIDED
        ]

    def _worse(self) -> list[str]:
        bad = {MeasureOutcome.WORSE, MeasureOutcome.CHANGED}
        return [
            name if at == 0 else f"{name} (against {each.reference})"
            for at, each in enumerate(self.comparisons)
            if each.outcome is MeasureOutcome.WORSE
            for name, decision in each.decisions.items()
            if decision.rule.decides and decision.outcome in bad
        ]


def report_of_answers(
    candidate: str,
    baseline: str,
    found: GateResult,
    *,
    strict: bool = False,
    spending: CallSpending | None = None,
) -> GateReport:
    """Report of compared answers."""
    comparisons = [ReportedComparison.of(found.baseline, baseline)]
    if found.best is not None:
        comparisons.append(
            ReportedComparison.of(found.best, f"best so far, {found.best.reference}")
        )
    return GateReport(
        candidate=candidate,
        outcome=found.outcome,
        strict=strict,
        rules=found.rules,
        comparisons=comparisons,
        states=found.states,
        overrides=found.overrides,
        lost=found.lost,
        strata=found.strata,
        spending=spending,
        notes=_notes(found, spending),
    )


def _notes(found: GateResult, spending: CallSpending | None) -> list[str]:
    notes = []
    if not found.baseline.pairs:
        notes.append("fewer than 30 ids are shared: the sides are compared as two samples")
    faithful = found.baseline.decisions.get("faithful")
    if faithful is not None and faithful.outcome is MeasureOutcome.WORSE and not _is_worse(found):
        notes.append("verdicts fell, but the candidate is shown to be right more often")
    (old, old_n), (new, new_n) = (found.overrides[side] for side in ("before", "after"))
    notes.append(f"values against the context: {old} of {old_n} before, {new} of {new_n} after")
    if spending is not None and spending.calls < spending.planned:
        saved = spending.planned - spending.calls
        notes.append(f"stopped after {spending.calls} questions: {saved} calls saved")
    return notes


def _is_worse(found: GateResult) -> bool:
    return found.baseline.outcome is MeasureOutcome.WORSE
