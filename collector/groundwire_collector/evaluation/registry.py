"""Which evaluators run, and where: ours in the worker, the user's own in a process each."""

from collections.abc import Sequence

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.isolation import IsolatedEvaluator
from groundwire_collector.evaluation.loading import is_ours, load
from groundwire_collector.settings import Settings
from groundwire_evaluators.evaluation import Evaluator


def evaluators(settings: Settings) -> Sequence[Evaluator]:
    """The evaluators that the settings name, in their order.

    Raises:
        UsageError: one cannot be had; the message says which and why.
    """
    return [_evaluator(name, settings) for name in settings.evaluator_names]


def _evaluator(name: str, settings: Settings) -> Evaluator:
    try:
        if is_ours(name):
            return load(name)
        return IsolatedEvaluator(name, settings.evaluator_timeout_seconds)
    except UsageError as error:
        raise UsageError(f"evaluator {name}: {error}") from error
