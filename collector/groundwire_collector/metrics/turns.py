"""Metrics of a judged turn."""

from collections.abc import Mapping, Sequence

from groundwire_collector import metric_definitions
from groundwire_collector.metrics.behaviour import tally_behaviour
from groundwire_collector.metrics.evaluations import tally_evaluation, version_labels
from groundwire_collector.metrics.prices import input_tokens_in_all
from groundwire_collector.metrics.reliance import (
    count_closed_book,
    count_passive,
    count_passive_signals,
    supported_by_grounding,
)
from groundwire_collector.metrics.retrieval import tally_retrieval
from groundwire_collector.storage.counters import Increments, exemplar_of
from groundwire_collector.storage.turns import JudgedTurn, StoredOutcome
from groundwire_evaluators.reliance.closed_book import compare_closed_book
from groundwire_evaluators.reliance.memorization import ClosedBookComparison
from groundwire_evaluators.turn import Turn


def tally(increments: Increments, judged: JudgedTurn) -> None:
    """Count one turn at its first completion."""
    turn, labels = judged.turn, version_labels(judged.turn)
    increments.count(metric_definitions.TURNS, labels | {"route": turn.route.value})
    _tally_speed(increments, turn, labels)
    tally_retrieval(increments, judged, labels)
    count_passive(increments, judged.evaluations, labels)
    count_passive_signals(increments, judged.evaluations, labels)
    for evaluation in judged.evaluations:
        tally_evaluation(increments, turn, evaluation, labels)
        tally_behaviour(increments, turn, evaluation, labels)


def tally_reopened(increments: Increments, judged: JudgedTurn, before: StoredOutcome) -> None:
    """Count a turn that grew after it was counted, with its new scores.

    A counter never goes back: what was counted before stays, and is counted as superseded.
    """
    turn, labels = judged.turn, version_labels(judged.turn)
    routes = {"route": turn.route.value, "was": before.route}
    increments.count(metric_definitions.TURNS_REOPENED, labels | routes)
    for evaluation in judged.evaluations:
        name = (evaluation.evaluator, evaluation.revision)
        was = before.states.get(name)
        if was is None or was == evaluation.state.value:
            continue
        tally_evaluation(increments, turn, evaluation, labels)
        old = {"evaluator": name[0], "revision": name[1], "state": was}
        increments.count(metric_definitions.EVALUATIONS_SUPERSEDED, labels | old)


def tally_closed_book(
    increments: Increments, production: JudgedTurn, closed_book: Turn, others: Sequence[str]
) -> ClosedBookComparison:
    """Count a closed-book result with its production turn's labels.

    `others` are answers of the same model version to other questions.
    """
    compared = compare_closed_book(
        production.turn,
        [closed_book.answer],
        probability=closed_book.sampling_probability or 1.0,
        supported=supported_by_grounding(production),
        others=others,
    )
    count_closed_book(increments, compared, version_labels(production.turn))
    return compared


def _tally_speed(increments: Increments, turn: Turn, labels: Mapping[str, str]) -> None:
    durations = {
        metric_definitions.RETRIEVAL_DURATION: turn.retrieval_seconds,
        metric_definitions.GENERATION_DURATION: turn.generation_seconds,
        metric_definitions.TIME_TO_FIRST_TOKEN: turn.first_token_seconds,
    }
    for metric, seconds in durations.items():
        if seconds is not None:
            increments.observe(metric, labels, seconds, exemplar_of(turn, seconds))
    spent = {
        "input": input_tokens_in_all(
            turn.input_tokens, _sum(turn.cached_tokens, turn.cache_write_tokens)
        ),
        "output": turn.output_tokens,
        "cached": turn.cached_tokens,
        "cache_write": turn.cache_write_tokens,
        "reasoning": turn.reasoning_tokens,
    }
    for kind, tokens in spent.items():
        if tokens is not None:
            increments.count(metric_definitions.TOKENS, {**labels, "kind": kind}, tokens)


def _sum(*numbers: int | None) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
