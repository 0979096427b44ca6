"""Gate over stored turns: two versions of a service."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from groundwire_collector.errors import UsageError
from groundwire_collector.metrics.prices import PriceList
from groundwire_collector.offline.gate.report import GateReport, ReportedComparison
from groundwire_collector.offline.version_comparison import (
    COMPARED,
    VersionComparison,
    VersionPair,
    compare_versions,
)
from groundwire_evaluators.gate.decision import MeasureOutcome
from groundwire_evaluators.gate.margins import Rules

_VERSION = re.compile(rf"({'|'.join(COMPARED)})=(.+)")


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version of stored turns, written as model_version=ft-2."""

    dimension: str
    value: str

    @classmethod
    def of(cls, text: str) -> "StoredVersion | None":
        """None for what is not written so."""
        found = _VERSION.fullmatch(text)
        return cls(found[1], found[2]) if found else None


def pair_of(candidate: StoredVersion, baseline: StoredVersion, service: str | None) -> VersionPair:
    """Pair of versions to compare; raises UsageError where they do not fit."""
    if candidate.dimension != baseline.dimension:
        raise UsageError(f"{candidate.dimension} cannot be compared with {baseline.dimension}")
    if not service:
        raise UsageError("stored turns need --service")
    return VersionPair(
        service=service,
        baseline=baseline.value,
        candidate=candidate.value,
        dimension=candidate.dimension,
    )


def gate_stored(
    connection: Connection,
    pair: VersionPair,
    rules: Rules,
    prices: PriceList | None,
    *,
    earlier: Sequence[StoredVersion] = (),
    strict: bool,
) -> GateReport:
    """Compare two versions of stored turns within shared strata, and with each earlier one.

    With earlier versions half of alpha goes to the baseline, the other half to all of them alike:
    the best is among them, whichever it is (Bonferroni).

    Raises:
        UsageError: an earlier version is of another dimension.
    """
    if any(each.dimension != pair.dimension for each in earlier):
        raise UsageError(f"--earlier: only versions of {pair.dimension} can be compared")
    shared = replace(rules, alpha=rules.alpha / 2) if earlier else rules
    found = compare_versions(connection, pair, shared, prices)
    others = [
        compare_versions(
            connection,
            replace(pair, baseline=each.value),
            replace(shared, alpha=shared.alpha / len(earlier)),
            prices,
        )
        for each in earlier
    ]
    worse = MeasureOutcome.WORSE
    return GateReport(
        candidate=pair.candidate,
        outcome=worse if worse in {each.outcome for each in others} else found.outcome,
        strict=strict,
        rules=rules,
        comparisons=[_comparison(each) for each in (found, *others)],
        notes=_notes(found),
    )


def _comparison(found: VersionComparison) -> ReportedComparison:
    decisions = {each.decision.measure: each.decision for each in found.measures}
    return ReportedComparison(found.pair.baseline, found.outcome, decisions)


def _notes(found: VersionComparison) -> list[str]:
    before, after = found.turns
    notes = [f"{before} turns of the baseline, {after} of the candidate"]
    if not found.concurrent:
        notes.append("they did not run at the same time: a change of the world would look alike")
    if found.strata is not None:
        low = min(found.strata.shared)
        notes.append(f"strata: {', '.join(found.strata.dimensions)}; {low:.0%} of turns shared")
        if found.strata.confounded:
            notes.append(f"changed together with it: {', '.join(found.strata.confounded)}")
    return notes
