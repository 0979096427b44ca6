"""Metrics of one judgement of a turn."""

from collections.abc import Mapping

from groundwire_collector import metric_definitions
from groundwire_collector.metric_definitions import TENANT, VERSION_LABELS
from groundwire_collector.storage.counters import Increments, exemplar_of
from groundwire_evaluators.evaluation import Evaluation
from groundwire_evaluators.training.memorized import MEMORIZED_OVERRIDE
from groundwire_evaluators.turn import Turn

FALSE_REFUSAL = "false_refusal"  # the signal of a refusal that a chunk could have answered


def version_labels(turn: Turn) -> dict[str, str]:
    """The labels of a turn; its tenant counts where the deployment opted in (`Increments`)."""
    return {name: getattr(turn, name) or "" for name in (*VERSION_LABELS, TENANT)}


def tally_evaluation(
    increments: Increments, turn: Turn, evaluation: Evaluation, labels: Mapping[str, str]
) -> None:
    """Count one judgement of a turn; `labels` are those of its versions."""
    labels = {**labels, "evaluator": evaluation.evaluator, "revision": evaluation.revision}
    increments.count(metric_definitions.EVALUATIONS, {**labels, "state": evaluation.state.value})
    if evaluation.flagged:
        increments.count(metric_definitions.FLAGGED_TURNS, labels, exemplar=exemplar_of(turn, 1.0))
    if evaluation.signals.get(FALSE_REFUSAL):
        increments.count(metric_definitions.FALSE_REFUSALS, labels, exemplar=exemplar_of(turn, 1.0))
    if evaluation.evaluator == MEMORIZED_OVERRIDE and evaluation.value == 1.0:
        exemplar = exemplar_of(turn, 1.0)
        increments.count(metric_definitions.MEMORIZED_OVERRIDES, labels, exemplar=exemplar)
    for claim in evaluation.claims:
        increments.count(metric_definitions.CLAIMS, {**labels, "verdict": claim.verdict.value})
    for citation in evaluation.citations:
        increments.count(
            metric_definitions.CITATIONS, {**labels, "outcome": citation.outcome.value}
        )
    if "reader_claims" in evaluation.signals:
        _count_reading(increments, evaluation.signals, labels)
    p_unsupported = evaluation.signals.get("p_unsupported")
    if p_unsupported is None:
        return
    increments.observe(
        metric_definitions.P_UNSUPPORTED, labels, p_unsupported, exemplar_of(turn, p_unsupported)
    )
    if evaluation.value is not None:
        value = evaluation.value
        increments.observe(metric_definitions.FAITHFULNESS, labels, value, exemplar_of(turn, value))


def _count_reading(
    increments: Increments, signals: Mapping[str, float], labels: Mapping[str, str]
) -> None:
    """What the reader model of the grounding evaluator did for a turn."""
    increments.count(metric_definitions.READER_CLAIMS, labels, by=signals["reader_claims"])
    increments.count(metric_definitions.READER_SECONDS, labels, by=signals["reader_seconds"])
