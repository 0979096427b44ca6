"""Rows of a gate's report as text, one a measure."""

from collections.abc import Sequence

from groundwire_collector.offline.gate.report import GateReport, ReportedComparison
from groundwire_evaluators.gate.decision import MeasureDecision, MeasureOutcome

HEADER = ("measure", "before", "after", "change", "interval", "margin", "n", "outcome")


def rows_of(comparison: ReportedComparison) -> list[Sequence[str]]:
    """One row a measure, those that decide first."""
    found = sorted(comparison.decisions.values(), key=lambda each: not each.rule.decides)
    return [_row(each) for each in found]


def title_of(report: GateReport, comparison: ReportedComparison) -> str:
    """Heading of one comparison."""
    return f"{report.candidate} against {comparison.reference}: {comparison.outcome.value}"


def number(value: float | None, *, percent: bool = False, signed: bool = False) -> str:
    """Number with three digits, or a percentage; empty for None."""
    if value is None:
        return ""
    sign = "+" if signed else ""
    return f"{value:{sign}.1%}" if percent else f"{value:{sign}.3g}"


def _row(decision: MeasureDecision) -> Sequence[str]:
    contrast, rule = decision.contrast, decision.rule
    shown = decision.outcome.value + ("" if rule.decides else ", shown only")
    if contrast is None or decision.interval is None:
        reason = f"{MeasureOutcome.NOT_COMPARABLE.value}: {decision.reason}"
        return (decision.measure, "", "", "", "", "", "", reason)
    percent = rule.relative
    ends = [number(end, percent=percent, signed=True) for end in decision.interval]
    return (
        decision.measure,
        number(contrast.before),
        number(contrast.after),
        number(contrast.change, percent=percent, signed=True),
        " to ".join(ends),
        number(rule.margin, percent=percent),
        str(min(contrast.n)),
        shown,
    )
