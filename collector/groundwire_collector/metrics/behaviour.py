"""Behaviour metrics: traits of answers, length, style."""

from collections.abc import Mapping

from groundwire_collector import metric_definitions
from groundwire_collector.storage.counters import Increments, exemplar_of
from groundwire_evaluators.evaluation import Evaluation
from groundwire_evaluators.turn import Turn

BEHAVIOUR = "behaviour"  # the evaluator
TRAITS = (
    *("invalid_format", "broken_json", "other_language", "refusal", "loop"),
    *("citations", "emoji"),
)
_AMOUNTS = {
    "answer_words": metric_definitions.ANSWER_WORDS,
    "reading_level": metric_definitions.ANSWER_READING_LEVEL,
    "formality": metric_definitions.ANSWER_FORMALITY,
    "repetition": metric_definitions.ANSWER_REPETITION,
    "markup": metric_definitions.ANSWER_MARKUP,
    "tone_distance": metric_definitions.ANSWER_TONE_DISTANCE,
}


def tally_behaviour(
    increments: Increments, turn: Turn, evaluation: Evaluation, labels: Mapping[str, str]
) -> None:
    """Count what the behaviour evaluator measured; nothing of other evaluators."""
    if evaluation.evaluator != BEHAVIOUR:
        return
    for name in TRAITS:
        value = evaluation.signals.get(name)
        if value is not None:
            present = "yes" if value else "no"
            trait = {**labels, "trait": name, "present": present}
            increments.count(metric_definitions.ANSWER_TRAITS, trait)
    for name, metric in _AMOUNTS.items():
        value = evaluation.signals.get(name)
        if value is not None:
            increments.observe(metric, labels, value, exemplar_of(turn, value))
