"""JSON form of a gate's report."""

from typing import Any

from groundwire_collector.offline.gate.report import GateReport, ReportedComparison
from groundwire_evaluators.gate.decision import MeasureDecision
from groundwire_evaluators.gate.quality_gate import Pair
from groundwire_evaluators.statistics import Interval
from groundwire_evaluators.statistics.contrast import Contrast

SHOWN = 20  # answers that changed for the worse
SHARES = ("faithful", "answered", "follows", "right")  # of the baseline, by name at the top


def as_json(report: GateReport) -> dict[str, Any]:
    """Report as a JSON object; of the first comparison four shares stand at the top by name."""
    first = report.comparisons[0].decisions
    rule = report.rules.of("faithful")
    shares = {name: first.get(name) for name in SHARES}
    return {
        "outcome": report.outcome.value,
        "failed": report.failed,
        "summary": report.summary,
        "candidate": report.candidate,
        "alpha": report.rules.alpha,
        "level": report.rules.level,
        "margin": rule.margin,
        **{name: None if each is None else _share(each) for name, each in shares.items()},
        "comparisons": [_comparison(each) for each in report.comparisons],
        "strata": {
            stratum: {name: _change(each, report.rules.level) for name, each in found.items()}
            for stratum, found in report.strata.items()
        },
        "states": {side: dict(counts) for side, counts in report.states.items()},
        "overrides": {
            side: {"answers": hits, "of": total} for side, (hits, total) in report.overrides.items()
        },
        "spending": _spending(report),
        "notes": list(report.notes),
        "lost": [_lost(pair) for pair in report.lost[:SHOWN]],
        "lost_total": len(report.lost),
    }


def _comparison(comparison: ReportedComparison) -> dict[str, Any]:
    return {
        "reference": comparison.reference,
        "outcome": comparison.outcome.value,
        "measures": [measure_json(each) for each in comparison.decisions.values()],
    }


def measure_json(decision: MeasureDecision) -> dict[str, Any]:
    """One measure with its rule, change and outcome; change and interval null without values."""
    contrast = decision.contrast
    rule = decision.rule
    return {
        "measure": decision.measure,
        "outcome": decision.outcome.value,
        "reason": decision.reason,
        "better": rule.better.value,
        "margin": rule.margin,
        "relative": rule.relative,
        "decides": rule.decides,
        "before": contrast.before if contrast else None,
        "after": contrast.after if contrast else None,
        "change": contrast.change if contrast else None,
        "interval": _ends(decision.interval),
        "n": min(contrast.n) if contrast else 0,
        "paired": contrast.pairs if contrast else False,
        "questions": contrast.clusters if contrast else 0,
        "p_worse": decision.p_worse,
        "threshold": decision.threshold,
    }


def _share(decision: MeasureDecision) -> dict[str, Any] | None:
    if decision.contrast is None:
        return None
    names = ("before", "after", "change", "interval", "n", "paired", "outcome")
    found = measure_json(decision)
    return {name: found[name] for name in names}


def _change(contrast: Contrast, level: float) -> dict[str, Any]:
    return {
        "before": contrast.before,
        "after": contrast.after,
        "change": contrast.change,
        "interval": _ends(contrast.interval(level)),
        "n": min(contrast.n),
    }


def _ends(interval: Interval | None) -> list[float] | None:
    if interval is None or not all(abs(end) < float("inf") for end in interval):
        return None
    return list(interval)


def _spending(report: GateReport) -> dict[str, Any] | None:
    if report.spending is None:
        return None
    return {
        "asked": report.spending.calls,
        "planned": report.spending.planned,
        "analyses": [
            {
                "answers": analysis.answers,
                "alpha": analysis.alpha,
                "outcome": analysis.outcome.value,
            }
            for analysis in report.spending.analyses
        ],
    }


def _lost(pair: Pair) -> dict[str, Any]:
    before, after = pair
    return {
        "id": after.id,
        "question": after.record.get("question"),
        "before": before.record.get("answer"),
        "after": after.record.get("answer"),
    }
