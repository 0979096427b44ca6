"""Records of a retrieval test: retrieved chunks, and which are relevant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundwire_collector.errors import UsageError
from groundwire_collector.jsonl import Record
from groundwire_evaluators.retrieval.ranking import Ranking
from groundwire_evaluators.text.tokens import question_key


@dataclass(frozen=True, slots=True)
class RankedRecord:
    """One retrieval with its texts and its rankings by labels and judge.

    `cluster`: the question by its key, else the id or the place of the record.
    """

    cluster: str
    question: str | None
    texts: tuple[str, ...]
    labelled: Ranking | None
    judged: Ranking | None


def ranked_record(record: Record, number: int) -> RankedRecord:
    """Read a record; docs/reference/retrieval.md tells its fields.

    Raises:
        UsageError: a field is not of its kind; it names the record by its `number`.
    """
    question = record.get("question")
    if not isinstance(question, str | None):
        raise UsageError(f"record {number}: question must be a string")
    chunks = record.get("contexts", record.get("retrieved"))
    if not isinstance(chunks, list):
        raise UsageError(f"record {number}: contexts (or retrieved) must be a list")
    names = tuple(_name(chunk, place, number) for place, chunk in enumerate(chunks))
    texts = tuple(text for chunk in chunks if (text := _text(chunk)) is not None)
    if "contexts" not in record:
        texts = ()
    own = {
        name: _grade(chunk["relevant"], number)
        for name, chunk in zip(names, chunks, strict=True)
        if isinstance(chunk, dict) and chunk.get("relevant") is not None
    }
    labelled = _ranking(record.get("relevant"), names, chunks, number)
    if labelled is None and own:
        labelled = Ranking(names, own)
    return RankedRecord(
        cluster=question_key(question) or str(record.get("id", f"record {number}")),
        question=question,
        texts=texts,
        labelled=labelled,
        judged=_ranking(record.get("judged"), names, chunks, number),
    )


def _ranking(
    relevant: Any, names: tuple[str, ...], chunks: list[Any], number: int
) -> Ranking | None:
    """A list names all relevant chunks; an object grades some, and others are unlabelled."""
    if relevant is None:
        return None
    by_text = {_text(chunk): name for chunk, name in zip(chunks, names, strict=True)}
    if isinstance(relevant, Mapping):
        grades = {
            by_text.get(name, str(name)): _grade(value, number) for name, value in relevant.items()
        }
        return Ranking(names, grades)
    if not isinstance(relevant, list) or not all(_is_name(item) for item in relevant):
        raise UsageError(
            f"record {number}: relevant and judged must be lists of chunk ids, or objects of "
            "grades by chunk id"
        )
    return Ranking(names, {by_text.get(name, str(name)): 1.0 for name in relevant}, complete=True)


def _name(chunk: Any, place: int, number: int) -> str:
    if isinstance(chunk, dict):
        name = chunk.get("id")
        return str(name) if _is_name(name) else f"#{place}"
    if not _is_name(chunk):
        raise UsageError(f"record {number}: a chunk must be a text, an id, or an object with id")
    return str(chunk)


def _text(chunk: Any) -> str | None:
    text = chunk.get("text") if isinstance(chunk, dict) else chunk
    return text if isinstance(text, str) else None


def _grade(value: Any, number: int) -> float:
    if not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise UsageError(f"record {number}: a grade must be a number from 0, true or false")
    return float(value)


def _is_name(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)
