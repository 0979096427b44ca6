"""Answers in a file, and the evaluator to apply."""

from groundwire_collector.errors import UsageError
from groundwire_collector.evaluation.loading import load
from groundwire_collector.jsonl import Record
from groundwire_collector.judges.registry import is_judge, judges
from groundwire_collector.settings import Settings
from groundwire_evaluators.evaluation import Evaluator
from groundwire_evaluators.gate.records import turn_of
from groundwire_evaluators.turn import Turn


def answered_turn(record: Record, number: int) -> Turn:
    """The turn of a record; one without an answer or contexts is not evaluable, not an error.

    Raises:
        UsageError: a field is not of its kind; it names the record by its `number`.
    """
    try:
        return turn_of(record, number)
    except ValueError as error:
        raise UsageError(str(error)) from error


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
