"""Measured answer: its measures by name, and marks of stock answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from groundwire_evaluators.gate.stock_answers import stock_answers

RETENTION = "retention"  # stratum of answers to a retention set


@dataclass(frozen=True, slots=True)
class MeasuredAnswer:
    """An answer with its measures by name.

    A measure that does not apply is left out. `state` is that of the evaluator; "retention" for an
    answer to the retention set, which has no context. `record` is the line of the file with the
    judgement: what `--out` saves.
    """

    id: str
    question: str
    state: str
    values: Mapping[str, float]
    record: Mapping[str, Any]

    @property
    def stratum(self) -> str | None:
        found = self.record.get("stratum")
        return found if isinstance(found, str) and found != RETENTION else None


def mark_stock_answers(answers: Sequence[MeasuredAnswer]) -> list[MeasuredAnswer]:
    """Count stock answers as not answered.

    Raises:
        ValueError: two answers have the same id.
    """
    if len({each.id for each in answers}) != len(answers):
        raise ValueError("duplicate id")
    judged = [each for each in answers if "answered" in each.values]
    marks = stock_answers([(each.question, text_of(each.record, "answer")) for each in judged])
    stock = {each.id for each, mark in zip(judged, marks, strict=True) if mark}
    return [
        replace(each, values={**each.values, "answered": 0.0}) if each.id in stock else each
        for each in answers
    ]


def text_of(record: Mapping[str, Any], field: str) -> str:
    """A text field of a record; empty where it is none."""
    found = record.get(field)
    return found if isinstance(found, str) else ""
