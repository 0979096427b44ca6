"""Chunk parsing for the result shapes of retrievers, vector stores and databases."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from groundwire.reading.records import (
    PROSE_WORDS,
    is_record,
    is_row,
    is_single_row,
    pair_of,
    text_of_record,
)
from groundwire_collector.assembly.redaction_marks import mark
from groundwire_collector.assembly.value_parsing import literal, try_unpack
from groundwire_evaluators.turn import Chunk

TEXT_KEYS = (
    "content", "page_content", "text", "document", "chunk", "chunk_text", "passage", "snippet",
    "body",
)  # fmt: skip
ID_KEYS = ("id", "_id", "id_", "doc_id", "document_id", "chunk_id", "node_id", "uuid", "key")
SCORE_KEYS = (
    "score",
    "_score",
    "relevance_score",
    "similarity",
    "distance",
    "_distance",
    "@search.score",
    "similarity_score",
    "cosine",
    "sim",
)
METADATA_KEYS = ("metadata", "meta", "payload", "properties", "_source", "extra_info")
_NAMED = {*TEXT_KEYS, *ID_KEYS, *SCORE_KEYS, "rank", "type", "lc"}
# Keys of the document inside a search hit.
INNER_KEYS = ("document", "node", "kwargs", "data", "doc", "fields", "entity")
LIST_KEYS = (
    "documents", "results", "chunks", "matches", "hits", "nodes", "source_nodes", "points",
    "passages", "records", "rows", "result", "output", "outputs", "return", "return_value",
    "context", "data",
    "items", "source_documents", "retrieved_documents", "retrieval_results", "value", "replies",
)  # fmt: skip
DEEPEST = 6
_ID = re.compile(r"\d|[-/.#:]")
# Fields of an answer of a service that say nothing of what it found.
_ABOUT_RESULT = frozenset(
    "status code count total took ms took_ms success ok error k n top_k num size page".split()
)
# How OpenLLMetry writes what Cohere's reranker returned.
_RERANKED = re.compile(r"Doc (\S{1,100}), Score: (-?[\d.e+-]{1,30})(?:\n|$)")


def chunks(value: Any, rows: bool = False) -> list[Chunk] | None:
    """Chunks of a value, best first; []: empty retrieval, None: not chunks.

    A chunk whose text was not sent has the text "". With `rows`, records without any text of their
    own (rows of a SQL result) are chunks too: their JSON is their text.
    """
    found = _listed(value, 0)
    if found is None:
        return None
    made = [_chunk(item, rank, rows) for rank, item in enumerate(found)]
    return [chunk for chunk in made if chunk is not None]


def whole(value: Any) -> Chunk | None:
    """What a retrieval returned as one chunk: a text of several words, or one record.

    None for a name, a count or a status: they say nothing of what was found.
    """
    value = try_unpack(value)
    if isinstance(value, str):
        spoken = len(value.split()) >= PROSE_WORDS and mark(value) is None
        return Chunk(text=value, rank=0) if spoken and value[:1] != "<" else None
    if not isinstance(value, dict):
        return None
    fields = {k: v for k, v in value.items() if str(k).lower() not in _ABOUT_RESULT}
    scalars = [v for v in fields.values() if isinstance(v, str | int | float) and v != ""]
    texts = [v for v in scalars if isinstance(v, str) and mark(v) is None]
    telling = texts and (len(scalars) > 1 or len(texts[0].split()) >= PROSE_WORDS)
    return Chunk(text=text_of_record(value), rank=0) if telling else None


def _listed(value: Any, depth: int) -> list[Any] | None:
    value = try_unpack(value) if depth else literal(value)
    if depth > DEEPEST:
        return None
    if isinstance(value, list):
        if depth == 0 and is_single_row(value) and not _is_scored(value):
            return [value]
        if any(isinstance(item, list) and is_row(item) for item in value):
            return value
        if value and all(isinstance(item, list) for item in value):  # one list a query
            return [inner for item in value for inner in item]
        return value
    if isinstance(value, dict):
        if (columns := _columns(value)) is not None:
            return columns
        for key in LIST_KEYS:
            if key in value and (found := _listed(value[key], depth + 1)) is not None:
                return found
        return _by_id(value) or _wrapped(value, depth)
    return None


def _by_id(value: Mapping[str, Any]) -> list[Any] | None:
    """Texts or documents by their ids; names that are words are the fields of one record."""
    if not value or not all(_ID.search(str(key)) for key in value):
        return None
    items = [v if isinstance(v, dict) else {"content": v} for v in map(try_unpack, value.values())]
    texts = [_first_text(item, TEXT_KEYS) for item in items]
    if not all(text and len(text.split()) >= PROSE_WORDS for text in texts):
        return None
    return [{"id": key, **item} for key, item in zip(value, items, strict=True)]


def _wrapped(value: Mapping[str, Any], depth: int) -> list[Any] | None:
    """Documents deeper in an answer of a service, under names of its own."""
    for inner in value.values():
        found = _listed(inner, depth + 1) if isinstance(inner, dict) else None
        if found and all(isinstance(item, dict) for item in found):
            return found
    return None


def _columns(value: Mapping[str, Any]) -> list[Any] | None:
    """Chroma's answer: parallel lists of ids, documents, distances, metadata, one list a query."""
    if not isinstance(value.get("ids"), list):
        return None
    names = {"ids": "id", "documents": "content", "distances": "score", "metadatas": "metadata"}
    columns = {}
    for name, field in names.items():
        column = value.get(name) or []
        if column and all(isinstance(item, list) for item in column):
            column = [inner for item in column for inner in item]
        columns[field] = column
    size = len(columns["id"])
    return [
        {field: column[i] for field, column in columns.items() if len(column) == size}
        for i in range(size)
    ]


def _chunk(item: Any, rank: int, rows: bool) -> Chunk | None:
    item = try_unpack(item)
    if isinstance(item, str):
        return Chunk(text=item, rank=rank)
    if isinstance(item, list | tuple) and not rows and _is_scored(item):
        inner = _chunk(item[0], rank, rows)
        return inner and _with_score(inner, _number(item[1]))
    if isinstance(item, list) and (rows or is_row(item)):
        return Chunk(text=json.dumps(item, ensure_ascii=False), rank=rank)
    if not isinstance(item, dict):
        return None
    if reranked := _reranked(item, rank):
        return reranked
    hit = _flattened(item)
    metadata = _metadata(hit)
    text = _first_text(hit, TEXT_KEYS) or _record(hit) or _first_text(metadata, TEXT_KEYS)
    beside = {key: v for key, v in hit.items() if key not in _NAMED and key not in METADATA_KEYS}
    is_event = "time_ns" in item  # of a vector store: its other attributes are the query's
    if not is_event and (pair_of(hit) or (text is not None and is_record(text, beside))):
        fields = {key: v for key, v in hit.items() if key not in (*SCORE_KEYS, *METADATA_KEYS)}
        score = _first_number(hit, SCORE_KEYS)
        identity = _first(hit, ID_KEYS)
        return Chunk(
            text=text_of_record({**metadata, **fields} if text is None else fields),
            id=None if identity is None else str(identity),
            score=score,
            rank=rank,
            metadata={} if text is None else {k: v for k, v in metadata.items() if k not in beside},
        )
    if text is None and rows and _is_row(hit):
        return Chunk(text=json.dumps(item, ensure_ascii=False, default=str), rank=rank)
    identity = _first(hit, ID_KEYS)
    score = _first_number(hit, SCORE_KEYS)
    return Chunk(
        text=text or "",
        id=None if identity is None else str(identity),
        score=_first_number(metadata, SCORE_KEYS) if score is None else score,
        rank=item.get("rank", rank) if isinstance(item.get("rank", rank), int) else rank,
        metadata={key: v for key, v in metadata.items() if key not in TEXT_KEYS or text != v},
    )


def _is_scored(item: list[Any] | tuple[Any, ...]) -> bool:
    """Whether it is a document and its score; a short text with a number is a row."""
    if len(item) != 2:
        return False
    return not isinstance(item[0], str) or len(item[0].split()) > PROSE_WORDS


def _reranked(item: Mapping[str, Any], rank: int) -> Chunk | None:
    content = item.get("content")
    if not isinstance(content, str) or content[:4] != "Doc " or "role" not in item:
        return None
    if (found := _RERANKED.match(content)) is None:
        return None
    return Chunk(text=content[found.end() :], id=found[1], score=_number(found[2]), rank=rank)


def _is_row(hit: Mapping[str, Any]) -> bool:
    """Whether a record is a database row, not a document without text."""
    return bool(set(hit) - {*TEXT_KEYS, *ID_KEYS, *SCORE_KEYS, *METADATA_KEYS, "rank"})


def completed(listed: list[Chunk], raw: list[Chunk]) -> list[Chunk]:
    """Chunks with the id and score that another form of the same list has for the same text."""
    known = {chunk.text: chunk for chunk in reversed(raw) if chunk.text}
    made = []
    for chunk in listed:
        other = known.get(chunk.text)
        if other is not None and (chunk.id is None or chunk.score is None):
            score = other.score if chunk.score is None else chunk.score
            chunk = replace(chunk, id=chunk.id or other.id, score=score)
        made.append(chunk)
    return made


def _with_score(chunk: Chunk, score: float | None) -> Chunk:
    return replace(chunk, score=score)


def _flattened(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """A hit with the document it wraps drawn up to its own level; its own score and rank win."""
    for key in INNER_KEYS:
        if key not in item:
            continue
        inner = literal(item[key])
        if isinstance(inner, dict):
            outer = {name: value for name, value in item.items() if name != key}
            if key == "kwargs":  # LangChain's serialised form: `id` is the class, not the document
                return _flattened(inner)
            return {**_flattened(inner), **outer}
    return item


def _metadata(hit: Mapping[str, Any]) -> dict[str, Any]:
    for key in METADATA_KEYS:
        if key in hit:
            inner = literal(hit[key])
            if isinstance(inner, dict):
                return inner
            return {} if inner in (None, "") else {key: inner}
    return {key: value for key, value in hit.items() if key not in _NAMED}


def _first(item: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        if (value := item.get(key)) is not None:
            return value
    return None


def _first_text(item: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        value = item.get(key)
        if isinstance(value, str):
            return value
    return None


def _record(hit: Mapping[str, Any]) -> str | None:
    """Content that is a record: the text in it (a knowledge base's), else the record itself."""
    content = hit.get("content")
    if not isinstance(content, dict) or not content:
        return None
    text = _first_text(content, TEXT_KEYS)
    return json.dumps(content, ensure_ascii=False, default=str) if text is None else text


def _first_number(item: Mapping[str, Any], keys: tuple[str, ...]) -> float | None:
    for key in keys:
        if key in item and (number := _number(item[key])) is not None:
            return number
    return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) != float("inf") and number == number else None
