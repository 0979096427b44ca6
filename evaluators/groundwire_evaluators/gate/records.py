"""Answers in files: one record a line, read as a turn."""

from collections.abc import Mapping
from typing import Any

from groundwire_evaluators.turn import Chunk, Turn

AnswerRecord = Mapping[str, Any]
IDENTITY = ("id", "question", "contexts", "reference", "rule", "stratum")  # beside the answer


def turn_of(record: AnswerRecord, number: int) -> Turn:
    """The turn of a record; one without an answer or contexts is not evaluable, not an error.

    Raises:
        ValueError: a field is not of its kind; it names the record by its `number`.
    """
    contexts = record.get("contexts")
    if contexts is not None and not _texts(contexts):
        raise ValueError(f"record {number}: contexts must be a list of strings")
    for name in ("question", "answer", "reference"):
        if not isinstance(record.get(name), str | None):
            raise ValueError(f"record {number}: {name} must be a string or null")
    return Turn(
        id=record.get("id", ""),
        question=record.get("question"),
        chunks=tuple(Chunk(text=text) for text in contexts or ()),
        answer=record.get("answer"),
        reference=record.get("reference"),
        not_evaluable_reason="contexts unknown" if contexts is None else None,
    )


def id_of(record: AnswerRecord, number: int) -> str:
    """The id of a record as text.

    Raises:
        ValueError: there is none.
    """
    name = record.get("id")
    if not isinstance(name, str | int) or isinstance(name, bool):
        raise ValueError(f"record {number}: an id (string or number) is required")
    return str(name)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
