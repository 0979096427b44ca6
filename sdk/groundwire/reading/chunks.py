"""The chunks in whatever a retrieval returned."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import islice
from typing import Any, NamedTuple

from groundwire.reading.fields import field, number, plain, plain_mapping
from groundwire.reading.records import (
    is_record,
    is_row,
    is_single_row,
    pair_of,
    text_of_record,
)

SCAN, DEPTH = 10_000, 6
SCORED_WORDS = 6  # of a text with a number beside it, which is its score


class RetrievedChunk(NamedTuple):
    """Retrieved piece of context; `text` None: only an id."""

    id: str | None
    text: str | None
    score: float | None
    metadata: dict[str, Any] | None


# Keys of the list of chunks in a response, most specific first.
CONTAINERS = (
    "documents",
    "chunks",
    "matches",  # Pinecone
    "points",  # Qdrant
    "objects",  # Weaviate
    "source_nodes",  # LlamaIndex
    "nodes",
    "source_documents",  # LangChain
    "hits",  # Elasticsearch, Milvus
    "results",
    "contexts",
    "passages",
    "records",
    "rows",
    "result",
    "data",
    "items",
)
_TEXT = (
    "page_content",  # LangChain
    "content",
    "text",
    "document",
    "chunk_text",
    "chunk",
    "passage",
    "body",
    "snippet",
    "raw_text",
)
_ID = ("id", "_id", "id_", "doc_id", "document_id", "chunk_id", "node_id", "uuid", "pk", "key")
_SCORE = ("score", "_score", "relevance_score", "rerank_score", "similarity", "certainty")
_META = ("metadata", "meta", "extra_info", "cmetadata")
_INNER = ("node", "document", "payload", "entity", "properties", "_source", "fields")
_SKIPPED = (
    "embedding",
    "vector",
    "vectors",
    "embeddings",
    "values",
    "sparse_values",
    "dense_vector",
)
_ROLES = {
    **dict.fromkeys(_TEXT, "text"),
    **dict.fromkeys(_ID, "id"),
    **dict.fromkeys(_SCORE, "score"),
    **dict.fromkeys(_META, "meta"),
    **dict.fromkeys(_SKIPPED, "skip"),
    **dict.fromkeys(_INNER, "inner"),
    "document": "text",  # a text or a nested object, depending on its value
}
# Attributes read from objects; unknown classes show theirs in `vars`, which runs no foreign code
# (a getattr on an expired database row would query the database).
_PEEKED = (*_TEXT, *_ID, *_SCORE, "distance", *_META, *_INNER)


def read_chunks(result: Any) -> list[RetrievedChunk] | None:
    """Read a retrieval's chunks, best first as returned; None for an unknown shape.

    None and an empty list are an empty retrieval, which is a value. At most `SCAN` items are
    looked at, `DEPTH` levels deep: a result may hold itself.
    """
    return _read(result, _Scan(), 0)


class _Scan:
    """Remaining number of items to inspect in one result."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = SCAN


def _read(result: Any, scan: _Scan, depth: int) -> list[RetrievedChunk] | None:
    if type(result) is list and not (depth == 0 and is_single_row(result)):
        return _from_items(result, scan, depth)
    if depth > DEPTH:
        return None
    if result is None:
        return []
    if isinstance(result, str):
        return [RetrievedChunk(None, result, None, None)]
    if isinstance(result, Mapping):
        return _from_mapping(result, scan, depth)
    if isinstance(result, tuple) and len(result) == 2 and not hasattr(result, "_fields"):
        pair = _from_pair(result, scan, depth)
        if pair is not None:
            return pair
    if depth == 0 and _is_one_row(result):
        chunk = read_chunk(tuple(result) if type(result) is list else result)
        return [chunk] if chunk else None
    if isinstance(result, Sequence | Set) and not isinstance(result, bytes | bytearray):
        return _from_items(result, scan, depth)
    return _from_object(result, scan, depth)


def _is_one_row(result: Any) -> bool:
    """Whether a result is one row as `fetchone` returns it: of sqlite3, asyncpg or a tuple."""
    if isinstance(result, list | tuple) and is_single_row(result):
        return True
    if type(result).__name__ in ("Row", "Record") and hasattr(type(result), "keys"):
        return True
    return hasattr(result, "_fields") and all(map(_scalar, result))


def _from_items(items: Iterable[Any], scan: _Scan, depth: int) -> list[RetrievedChunk] | None:
    chunks: list[RetrievedChunk] = []
    unknown = depth > DEPTH
    for item in () if unknown else islice(items, scan.left):
        scan.left -= 1
        if scan.left < 0:
            break
        kind = type(item)
        if kind is dict:
            chunk = _from_fields(item, depth)
            if chunk is not None:
                chunks.append(chunk)
                continue
        if kind is list and is_row(item):
            chunks.append(RetrievedChunk(None, text_of_record(item), None, None))
            continue
        if kind is list or kind.__name__ == "Hits":  # one list a query
            listed = _from_items(item, scan, depth + 1)
            unknown = unknown or listed is None
            chunks.extend(listed or ())
            continue
        chunk = read_chunk(item)
        if chunk is not None:
            chunks.append(chunk)
            continue
        number_like = isinstance(item, int | float | bytes)
        nested = None if number_like else _read(item, scan, depth + 1)
        unknown = unknown or nested is None
        chunks.extend(nested or ())
    return chunks if chunks or not unknown else None


def _from_mapping(
    result: Mapping[Any, Any], scan: _Scan, depth: int
) -> list[RetrievedChunk] | None:
    ids = result.get("ids")
    if isinstance(ids, list) and ("documents" in result or "distances" in result):
        return list(_chroma(result, ids))
    for name in CONTAINERS:
        inner = result.get(name)
        if isinstance(inner, str) and name not in _ROLES and len(result) == 1:
            return [RetrievedChunk(None, inner, None, None)]
        if isinstance(inner, Mapping) or (
            isinstance(inner, Sequence) and not isinstance(inner, str | bytes)
        ):
            found = _read(inner, scan, depth + 1)
            if found is not None:
                return found
    if not result:
        return []
    chunk = read_chunk(result)
    if chunk is None or not (chunk.id or any(name in _ROLES for name in result)):
        for inner in islice(result.values(), 8):  # {"retriever": {"documents": [...]}}
            if isinstance(inner, Mapping) or (
                isinstance(inner, list) and any(not _scalar(item) for item in inner)
            ):
                found = _read(inner, scan, depth + 1)
                if found:
                    return found
    return None if chunk is None else [chunk]


def _scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _cells(column: Any) -> Sequence[Any]:
    """A column's values; none where it is anything else than a list."""
    return column if isinstance(column, list | tuple) else []


def _chroma(result: Mapping[str, Any], ids: list[Any]) -> Iterator[RetrievedChunk]:
    """Chroma's columns: one list a query, or flat from `get`."""
    flat = not (ids and isinstance(ids[0], list))
    columns = [
        [result.get(name)] if flat else _cells(result.get(name))
        for name in ("ids", "documents", "metadatas", "distances")
    ]
    for query in range(len(columns[0])):
        own, texts, metas, distances = (
            _cells(column[query]) if query < len(column) else [] for column in columns
        )
        for i, key in enumerate(own):
            meta = metas[i] if i < len(metas) else None
            metadata = plain_mapping(meta) if isinstance(meta, Mapping) else {}
            distance = number(distances[i]) if i < len(distances) else None
            if distance is not None:
                metadata["distance"] = distance
            text = texts[i] if i < len(texts) else None
            yield RetrievedChunk(
                str(key), text if isinstance(text, str) else None, None, metadata or None
            )


def _from_pair(result: tuple[Any, Any], scan: _Scan, depth: int) -> list[RetrievedChunk] | None:
    """(scores, ids) of FAISS, or (items, scores)."""
    one, two = result
    if hasattr(one, "shape") and hasattr(two, "shape"):
        scores, ids = one.ravel().tolist(), two.ravel().tolist()
        return [
            RetrievedChunk(str(key), None, None, {"distance": float(score)})
            for score, key in zip(scores[:SCAN], ids[:SCAN], strict=False)
            if key != -1  # FAISS's mark of "none found"
        ]
    if isinstance(one, list) and (isinstance(two, list) or hasattr(two, "tolist")):
        numbers = two if isinstance(two, list) else two.ravel().tolist()
        chunks = _from_items(one, scan, depth + 1)
        if chunks and len(numbers) == len(chunks) and all(number(n) is not None for n in numbers):
            return [c._replace(score=number(n)) for c, n in zip(chunks, numbers, strict=True)]
        return chunks
    return None


def _from_object(result: Any, scan: _Scan, depth: int) -> list[RetrievedChunk] | None:
    for name in CONTAINERS:
        inner = field(result, name)
        if isinstance(inner, Sequence | Set) and not isinstance(inner, str | bytes):
            found = _read(inner, scan, depth + 1)
            if found is not None:
                return found
    if (records := _records_of_table(result)) is not None:
        return _from_items(records, scan, depth + 1)
    chunk = read_chunk(result)
    if chunk is not None:
        return [chunk]
    if isinstance(result, Iterable) and not isinstance(result, Iterator):
        # numpy arrays, dict views and the like; iterators would be consumed.
        return _from_items(result, scan, depth) if hasattr(result, "__len__") else None
    return None


def _records_of_table(result: Any) -> list[dict[str, Any]] | None:
    """The rows of a data frame: pandas, polars, Arrow."""
    if not hasattr(result, "columns"):
        return None
    part = result.slice(0, SCAN) if hasattr(result, "slice") else result.head(SCAN)
    for name in ("to_dicts", "to_pylist"):
        if hasattr(part, name):
            return list(getattr(part, name)())
    return list(part.to_dict("records")) if hasattr(part, "to_dict") else None


def read_chunk(item: Any, depth: int = 0) -> RetrievedChunk | None:
    """One chunk from one item of a result; None if no text and no id is found."""
    if isinstance(item, str):
        return RetrievedChunk(None, item, None, None)
    if isinstance(item, Mapping):
        return _from_fields(item, depth)
    if isinstance(item, tuple):
        return _from_tuple(item, depth)
    if item is None or depth > DEPTH or isinstance(item, int | float | bytes | list):
        return None
    if hasattr(type(item), "_mapping"):  # a SQLAlchemy row, of columns or of whole objects
        if all(_scalar(value) or plain(value) is not None for value in item):
            return _from_fields({str(name): value for name, value in item._mapping.items()}, depth)
        return _from_tuple(tuple(item), depth)
    fields = _fields_of(item)
    return _from_fields(fields, depth) if fields else None


def _from_tuple(item: tuple[Any, ...], depth: int) -> RetrievedChunk | None:
    names = getattr(item, "_fields", None)
    if names is not None:
        return _from_fields(dict(zip(names, item, strict=False)), depth)
    if len(item) == 2:  # (document, score) or (score, document)
        for value, inner in ((item[1], item[0]), (item[0], item[1])):
            score = number(value)
            if score is not None and not isinstance(inner, str | int | float):
                chunk = read_chunk(inner, depth + 1)
                return chunk._replace(score=score) if chunk else None
    return _from_row(item)


def _from_row(row: tuple[Any, ...]) -> RetrievedChunk | None:
    """A row without column names: all its values, for none is named a score or an id.

    A text in prose with one number beside it is a text and its score.
    """
    if len(row) == 2:
        for text, score in (row, row[::-1]):
            if isinstance(text, str) and len(text.split()) >= SCORED_WORDS:
                found = number(score) if isinstance(score, float) else None
                if found is not None:
                    return RetrievedChunk(None, text, found, None)
    values = [plain(value) for value in row]
    if not any(isinstance(value, str | int | float) for value in values):
        return None
    return RetrievedChunk(None, text_of_record(values), None, None)


def _fields_of(item: Any) -> Mapping[str, Any] | None:
    if hasattr(type(item), "keys"):  # sqlite3.Row, asyncpg.Record: mappings but in name
        return {key: item[key] for key in item.keys()}  # noqa: SIM118 - iterating gives values
    try:
        own = vars(item)
    except TypeError:
        own = {}
    if dataclasses.is_dataclass(item) or hasattr(type(item), "model_fields"):
        return own or None
    if "_sa_instance_state" not in own and not any(key in _ROLES for key in own):
        own = {}  # all of it private: its properties tell; but an expired database row's would ask
    if own:
        found = {key: value for key, value in own.items() if key in _ROLES or key[:1] != "_"}
        for name in ("text", "id_"):  # properties of LlamaIndex nodes and scored nodes
            if name not in found and isinstance(getattr(type(item), name, None), property):
                found[name] = field(item, name)
        return found
    return {name: value for name in _PEEKED if (value := field(item, name)) is not None}


def _from_fields(fields: Mapping[Any, Any], depth: int) -> RetrievedChunk | None:
    text = key = score = inner = None
    metadata: dict[str, Any] = {}
    beside: dict[str, Any] = {}  # of these, what stands on the level of the text
    for name, value in fields.items() if len(fields) <= 64 else islice(fields.items(), 64):
        role = _ROLES.get(name)
        if role == "text" and type(value) is str:
            if text is None:
                text = value
            else:
                metadata[name] = value
        elif role == "id":
            if key is None and value is not None:
                key = value if type(value) is str else str(plain(value))
        elif role == "score":
            if score is None:
                score = number(value)
        elif role == "meta":
            if isinstance(value, Mapping):
                metadata.update(plain_mapping(value))
            else:
                scored = _scored(value)
                score = scored.pop("score", None) if score is None else score
                metadata.update(scored)
        elif role in ("inner", "text"):
            inner = value if inner is None else inner
        elif role is None and value is not None and type(name) is str:
            copied = plain(value)
            if copied is not None and copied != {}:
                metadata[name] = beside[name] = copied
    if inner is not None:
        below = read_chunk(inner, depth + 1)
        if below is not None:
            text = below.text if text is None else text
            key = below.id if key is None else key
            score = below.score if score is None else score
            metadata = {**(below.metadata or {}), **metadata}
        elif isinstance(inner, Mapping):
            metadata = {**plain_mapping(inner), **metadata}
    if text is None:
        text = _text_in(metadata)
    if pair_of(fields) is not None or is_record(text, metadata if text is None else beside):
        record = _record(fields, metadata if text is None else {})
        return RetrievedChunk(key, text_of_record(record), score, None)
    if text is None and key is None:
        return None
    return RetrievedChunk(key, text, score, metadata or None)


def _record(fields: Mapping[Any, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    """The fields of a record by their names, those of its inner object and metadata drawn up."""
    whole = {
        str(name): plain(value)
        for name, value in fields.items()
        if _ROLES.get(name) not in ("score", "skip", "meta", "inner") and value is not None
    }
    nested = {
        name: value
        for key in fields
        if _ROLES.get(key) in ("meta", "inner") or key == "document"
        if isinstance(fields[key], Mapping)
        for name, value in plain_mapping(fields[key]).items()
    }
    whole.update({n: v for n, v in {**metadata, **nested}.items() if n not in whole})
    return {n: v for n, v in whole.items() if v is not None and _ROLES.get(n) != "skip"}


def _scored(value: Any) -> dict[str, Any]:
    """Weaviate keeps score and distance in an object called metadata."""
    names = ("score", "certainty", "distance", "rerank_score")
    found = {name: number(field(value, name)) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _text_in(metadata: dict[str, Any]) -> str | None:
    """Text of a hit: in the metadata for vector databases, in a column for SQL rows."""
    for name in _TEXT:
        value = metadata.get(name)
        if isinstance(value, str):
            del metadata[name]
            return value
    node = metadata.pop("_node_content", None)  # LlamaIndex's stored nodes
    if isinstance(node, str):
        return node
    return None
