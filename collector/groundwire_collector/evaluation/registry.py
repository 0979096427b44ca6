"""Which evaluators run, and where: ours in the worker, the user's own in a process each."""

from collections.abc import Sequence
from dataclasses import replace

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.isolation import (
    EvaluatorHost,
    EvaluatorReference,
    IsolatedEvaluator,
)
from groundwire_collector.evaluation.loading import is_ours, load
from groundwire_collector.settings import Settings
from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.grounding import Grounding


def evaluators(settings: Settings) -> Sequence[Evaluator]:
    """The evaluators that the settings name, in their order.

    Raises:
        UsageError: one cannot be had; the message says which and why.
    """
    return [_evaluator(name, settings) for name in settings.evaluator_names]


def _evaluator(name: str, settings: Settings) -> Evaluator:
    try:
        if is_ours(name):
            return _set(load(name), settings)
        return IsolatedEvaluator(
            EvaluatorHost([EvaluatorReference(name)], settings.evaluator_timeout_seconds)
        )
    except UsageError as error:
        raise UsageError(f"evaluator {name}: {error}") from error


def _set(evaluator: Evaluator, settings: Settings) -> Evaluator:
    """One of ours, with what the settings say of it."""
    if isinstance(evaluator, Grounding):
        return replace(evaluator, flag_threshold=settings.flag_threshold)
    return evaluator
