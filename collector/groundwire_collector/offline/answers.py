"""Answers in a file, and the evaluator to apply."""

from typing import Any

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.loading import load
from groundwire_collector.jsonl import Record
from groundwire_collector.judges.registry import is_judge, judges
from groundwire_collector.settings import Settings
from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.turn import Chunk, Turn


def answered_turn(record: Record, number: int) -> Turn:
    """The turn of a record; one without an answer or contexts is not evaluable, not an error.

    Raises:
        UsageError: a field is not of its kind; it names the record by its `number`.
    """
    contexts = record.get("contexts")
    if contexts is not None and not _texts(contexts):
        raise UsageError(f"record {number}: contexts must be a list of strings")
    for name in ("question", "answer", "reference"):
        if not isinstance(record.get(name), str | None):
            raise UsageError(f"record {number}: {name} must be a string or null")
    return Turn(
        id=record.get("id", ""),
        question=record.get("question"),
        chunks=tuple(Chunk(text=text) for text in contexts or ()),
        answer=record.get("answer"),
        reference=record.get("reference"),
        not_evaluable_reason="contexts unknown" if contexts is None else None,
    )


def evaluator_of(name: str) -> Evaluator:
    """Evaluator or judge by its name or dotted name; judges use the environment.

    Raises:
        UsageError: there is none, or it cannot be made.
    """
    try:
        return _judge(name) if is_judge(name) else load(name)
    except UsageError as error:
        raise UsageError(f"evaluator {name}: {error}") from error


def _judge(name: str) -> Evaluator:
    [judge] = judges(Settings.load(None, judges=name))
    return judge.evaluator


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
