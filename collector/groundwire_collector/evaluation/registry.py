"""Evaluator registry: shipped ones share a process, custom ones are isolated."""

from collections.abc import Iterable, Sequence
from typing import Any

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.isolation import (
    EvaluatorHost,
    EvaluatorReference,
    IsolatedEvaluator,
    Manner,
)
from groundwire_collector.evaluation.loading import is_ours
from groundwire_collector.settings import Settings
from groundwire_evaluators.behaviour.expected import has_own_check
from groundwire_evaluators.evaluation import Evaluator

GROUNDING, BEHAVIOUR = "grounding", "behaviour"
LIVE = {GROUNDING: "groundwire_evaluators.grounding.live:live_grounding"}
"""Makers of shipped evaluators for live traffic, where they differ from those of files."""


def evaluators(settings: Settings) -> Sequence[Evaluator]:
    """Configured evaluators in order; `close` ends their processes.

    Raises:
        UsageError: one cannot be had; the message says which and why.
    """
    names = settings.evaluator_names
    shipped = [name for name in names if _is_shipped(name) and not _runs_own_code(name, settings)]
    found: dict[str, Evaluator] = dict(zip(shipped, _shipped(shipped, settings), strict=True))
    for name in names:
        if name not in found:
            found[name] = _own(name, settings)
    return [found[name] for name in names]


def close(evaluators: Iterable[Evaluator]) -> None:
    """End the processes of evaluators."""
    for evaluator in evaluators:
        if isinstance(evaluator, IsolatedEvaluator):
            evaluator.host.close()


def _is_shipped(name: str) -> bool:
    try:
        return is_ours(name)
    except UsageError as error:
        raise UsageError(f"evaluator {name}: {error}") from error


def _runs_own_code(name: str, settings: Settings) -> bool:
    """Whether a shipped evaluator calls a user's check, and so gets a process of its own."""
    path = settings.behaviour_file
    return name == BEHAVIOUR and path is not None and has_own_check(path)


def _shipped(names: Sequence[str], settings: Settings) -> list[Evaluator]:
    if not names:
        return []
    references = [
        EvaluatorReference(LIVE.get(name, name), _parameters(name, settings)) for name in names
    ]
    try:
        host = EvaluatorHost(references, settings.turn_timeout_seconds, manner=Manner.TURNS)
    except UsageError as error:
        raise UsageError(f"evaluators {', '.join(names)}: {error}") from error
    return [IsolatedEvaluator(host, index) for index in range(len(names))]


def _own(name: str, settings: Settings) -> Evaluator:
    seconds = settings.evaluator_timeout_seconds
    try:
        reference = EvaluatorReference(name, _parameters(name, settings))
        host = EvaluatorHost([reference], seconds, manner=Manner.BATCH_THEN_TURNS)
    except UsageError as error:
        raise UsageError(f"evaluator {name}: {error}") from error
    return IsolatedEvaluator(host)


def _parameters(name: str, settings: Settings) -> dict[str, Any]:
    """Constructor parameters of a shipped evaluator."""
    if name == BEHAVIOUR and settings.behaviour_file is not None:
        return {"file": str(settings.behaviour_file)}
    if name != GROUNDING:
        return {}
    return {"flag_threshold": settings.flag_threshold, "reader": settings.grounding_reader}
