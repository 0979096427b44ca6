"""Context reliance outcomes by source: passive, closed_book, probe."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from groundwire_collector import metric_definitions
from groundwire_collector.storage.counters import Increments
from groundwire_collector.storage.turns import JudgedTurn
from groundwire_evaluators.evaluation import Evaluation, State
from groundwire_evaluators.reliance.memorization import ClosedBookComparison
from groundwire_evaluators.reliance.outcome import Outcome
from groundwire_evaluators.reliance.passive import StaleOutcome, passive_outcome
from groundwire_evaluators.reliance.probe.arms import CONFLICT_ARMS
from groundwire_evaluators.reliance.probe.run import ProbeResult

NO_TOKENS: Mapping[str, int | None] = {}
ANSWERED = "answered"
SKIPPED = "skipped"


class OutcomeSource(StrEnum):
    """Source of a reliance outcome."""

    PASSIVE = "passive"
    CLOSED_BOOK = "closed_book"
    PROBE = "probe"


def count_outcome(
    increments: Increments, source: OutcomeSource, outcome: Outcome, labels: Mapping[str, str]
) -> None:
    """`labels` are those of the versions (`metric_definitions.VERSION_LABELS`)."""
    series = {**labels, "source": source.value, "outcome": outcome.value}
    increments.count(metric_definitions.RELIANCE_OUTCOMES, series)


def count_passive(
    increments: Increments, evaluations: Iterable[Evaluation], labels: Mapping[str, str]
) -> None:
    """The passive outcome of a production turn, from its `override` evaluation where it has one."""
    for evaluation in evaluations:
        if evaluation.evaluator == "override" and (outcome := passive_outcome(evaluation)):
            count_outcome(increments, OutcomeSource.PASSIVE, outcome, labels)


def count_passive_signals(
    increments: Increments, evaluations: Iterable[Evaluation], labels: Mapping[str, str]
) -> None:
    """Count the signals behind the passive outcome: values, refusals, memory markers."""
    for evaluation in evaluations:
        if evaluation.evaluator != "override":
            continue
        signals = evaluation.signals
        if evaluation.state is State.REFUSAL and "context_sufficient" in signals:
            sufficient = "true" if signals["context_sufficient"] else "false"
            increments.count(metric_definitions.REFUSALS, {**labels, "sufficient": sufficient})
        if evaluation.state is State.SCORED:
            _count_values(increments, signals, labels)


def _count_values(
    increments: Increments, signals: Mapping[str, float], labels: Mapping[str, str]
) -> None:
    checkable, novel, overrides = (
        signals.get(name, 0.0) for name in ("checkable", "novel", "overrides")
    )
    kinds = {"covered": checkable - novel, "novel": novel - overrides, "overriding": overrides}
    for kind, number in kinds.items():
        if number:
            increments.count(metric_definitions.ANSWER_VALUES, {**labels, "kind": kind}, number)
    if signals.get("prior_markers"):
        increments.count(metric_definitions.SELF_REPORTED_MEMORY_ANSWERS, labels)


def count_closed_book(
    increments: Increments, comparison: ClosedBookComparison, labels: Mapping[str, str]
) -> None:
    """Count a closed-book outcome, with the labels of its production turn."""
    count_outcome(increments, OutcomeSource.CLOSED_BOOK, comparison.outcome, labels)


def count_probes(
    increments: Increments, results: Iterable[ProbeResult], labels: Mapping[str, str]
) -> None:
    """Count outcomes of the conflict arms of a probe run."""
    for result in results:
        if result.arm in CONFLICT_ARMS and result.followed is not None:
            count_outcome(increments, OutcomeSource.PROBE, result.followed, labels)


def count_probe_arms(
    increments: Increments, results: Iterable[ProbeResult], labels: Mapping[str, str]
) -> None:
    """Outcomes per stratum and arm, including the clean control and the closed-book arm."""
    for result in results:
        if result.followed is not None:
            facts = {"stratum": result.stratum.value, "arm": result.arm.value}
            series = {**labels, **facts, "outcome": result.followed.value}
            increments.count(metric_definitions.PROBE_OUTCOMES, series)


def count_call(
    increments: Increments,
    source: OutcomeSource,
    result: str,
    labels: Mapping[str, str],
    tokens: Mapping[str, int | None] = NO_TOKENS,
) -> None:
    """One call of the collector's own; `result` is `answered`, a kind of failure, or `skipped`."""
    series = {**labels, "source": source.value}
    increments.count(metric_definitions.PROBE_CALLS, {**series, "result": result})
    for kind, number in tokens.items():
        if number:
            increments.count(metric_definitions.PROBE_TOKENS, {**series, "kind": kind}, number)


def supported_by_grounding(judged: JudgedTurn) -> bool | None:
    """Whether grounding calls the answer supported; None where not scored."""
    flags = (e.flagged for e in judged.evaluations if e.evaluator == "grounding")
    flagged = next(flags, None)
    return None if flagged is None else not flagged


def count_stale(
    increments: Increments, outcome: StaleOutcome | None, labels: Mapping[str, str]
) -> None:
    if outcome is not None:
        increments.count(metric_definitions.STALE_ANSWERS, {**labels, "outcome": outcome.value})
