"""Metrics of judging."""

from groundwire_collector import metric_definitions
from groundwire_collector.judges.budget import SkipReason
from groundwire_collector.metrics.evaluations import tally_evaluation, version_labels
from groundwire_collector.metrics.prices import TokenPrice
from groundwire_collector.storage.counters import Increments, exemplar_of
from groundwire_evaluators.evaluation import Evaluation, State, Usage
from groundwire_evaluators.turn import Turn


def tally_judgement(increments: Increments, turn: Turn, evaluation: Evaluation) -> None:
    """The judgement itself, like that of any evaluator, and the value of one that was scored."""
    labels = version_labels(turn)
    tally_evaluation(increments, turn, evaluation, labels)
    if evaluation.state is State.SCORED and evaluation.value is not None:
        score_labels = {
            **labels,
            "evaluator": evaluation.evaluator,
            "revision": evaluation.revision,
        }
        value = evaluation.value
        increments.observe(
            metric_definitions.JUDGE_SCORE, score_labels, value, exemplar_of(turn, value)
        )


def tally_usage(
    increments: Increments,
    service: str,
    judge: str,
    usage: Usage,
    price: TokenPrice | None,
    money: str,
) -> float:
    """Calls, tokens, time and money of a judgement, which it returns; `money` is the currency."""
    labels = {"service": service, "evaluator": judge}
    for result, calls in usage.calls.items():
        increments.count(metric_definitions.JUDGE_CALLS, {**labels, "result": result}, calls)
    for kind, tokens in (("input", usage.input_tokens), ("output", usage.output_tokens)):
        if tokens:
            increments.count(metric_definitions.JUDGE_TOKENS, {**labels, "kind": kind}, tokens)
    cost = price.of(usage.input_tokens, usage.output_tokens) if price else 0.0
    if cost:
        increments.count(metric_definitions.JUDGE_COST, {**labels, "currency": money}, cost)
    return cost


def tally_not_sampled(increments: Increments, service: str, judge: str, reason: SkipReason) -> None:
    """Count a turn that was not sampled for a judge."""
    labels = {"service": service, "evaluator": judge, "reason": reason.value}
    increments.count(metric_definitions.JUDGE_NOT_SAMPLED, labels)
