"""JUnit XML form of a gate's report, for CI systems."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from groundwire_collector.offline.gate.report import GateReport, ReportedComparison
from groundwire_collector.offline.gate.rows import HEADER, rows_of
from groundwire_evaluators.gate.decision import MeasureDecision, MeasureOutcome

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: GateReport) -> str:
    """JUnit XML: a suite a comparison, a test case a measure that decides.

    `worse` is a failure, and with --strict what is undecided; what cannot be compared is skipped.
    """
    root = ElementTree.Element("testsuites", name="groundwire gate")
    for comparison in report.comparisons:
        _suite(root, report, comparison)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(root: ElementTree.Element, report: GateReport, comparison: ReportedComparison) -> None:
    name = _clean(f"{report.candidate} against {comparison.reference}")
    suite = ElementTree.SubElement(root, "testsuite", name=name)
    texts = {row[0]: _clean(_text(row)) for row in rows_of(comparison)}
    outcomes = []
    for measure, decision in comparison.decisions.items():
        if not decision.rule.decides:
            continue
        case = ElementTree.SubElement(suite, "testcase", classname=name, name=_clean(measure))
        outcomes.append(_case(case, decision, texts[measure], strict=report.strict))
    suite.set("tests", str(len(outcomes)))
    for kind in ("failure", "skipped"):
        suite.set("failures" if kind == "failure" else kind, str(outcomes.count(kind)))
    suite.set("errors", "0")


def _case(case: ElementTree.Element, decision: MeasureDecision, text: str, *, strict: bool) -> str:
    outcome = decision.outcome
    bad = {MeasureOutcome.WORSE, MeasureOutcome.CHANGED}
    if outcome in bad or (strict and outcome is MeasureOutcome.UNDECIDED):
        ElementTree.SubElement(
            case, "failure", message=outcome.value, type=outcome.value
        ).text = text
        return "failure"
    if outcome is MeasureOutcome.NOT_COMPARABLE:
        ElementTree.SubElement(case, "skipped", message=_clean(decision.reason))
        return "skipped"
    ElementTree.SubElement(case, "system-out").text = text
    return outcome.value


def _text(row: Sequence[str]) -> str:
    return ", ".join(f"{name} {cell}" for name, cell in zip(HEADER, row, strict=True) if cell)


def _clean(text: str) -> str:
    """Without characters that XML 1.0 has no form of."""
    return _NOT_XML.sub("\ufffd", text)
