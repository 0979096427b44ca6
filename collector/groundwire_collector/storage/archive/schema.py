"""Arrow schemas of the archived tables: turns, scores, claims and labels.

The schema is a contract with notebooks (docs/reference/archive.md): columns are added, never
renamed or removed. `facts` of a turn holds every field as JSON, so that it can be judged again.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = pa.timestamp("us", tz="UTC")
_TEXT, _NUMBER, _COUNT = pa.string(), pa.float64(), pa.int64()

_CHUNK = pa.struct(
    [
        ("id", _TEXT),
        ("text", _TEXT),
        ("score", _NUMBER),
        ("rank", _COUNT),
        ("metadata", _TEXT),  # JSON
        ("earlier", pa.bool_()),
    ]
)
# Of the turn, on the rows of its scores and claims too: a group-by needs no join.
_SEGMENT = [
    ("started_at", _TIME),
    ("service", _TEXT),
    ("model_version", _TEXT),
    ("prompt_version", _TEXT),
    ("index_version", _TEXT),
]
_FACT_COLUMNS = {
    "user_id": _TEXT,
    "tenant": _TEXT,
    "model": _TEXT,
    "route": _TEXT,
    "error": _TEXT,
    "input_tokens": _COUNT,
    "output_tokens": _COUNT,
    "retrieval_seconds": _NUMBER,
    "generation_seconds": _NUMBER,
    "first_token_seconds": _NUMBER,
    "closed_book": pa.bool_(),
    "probe": pa.bool_(),
}

SCHEMAS: dict[str, pa.Schema] = {
    "turns": pa.schema(
        [
            ("id", _TEXT),
            ("trace_id", _TEXT),
            ("session_id", _TEXT),
            *_SEGMENT,
            ("started_ns", _COUNT),
            ("question", _TEXT),
            ("answer", _TEXT),
            ("not_evaluable_reason", _TEXT),
            ("p_unsupported", _NUMBER),
            *_FACT_COLUMNS.items(),
            ("chunks", pa.list_(_CHUNK)),
            ("facts", _TEXT),  # JSON
        ]
    ),
    "scores": pa.schema(
        [
            ("turn_id", _TEXT),
            *_SEGMENT,
            ("evaluator", _TEXT),
            ("revision", _TEXT),
            ("state", _TEXT),
            ("value", _NUMBER),
            ("flagged", pa.bool_()),
            ("reason", _TEXT),
            ("probability", _NUMBER),
            ("signals", pa.map_(_TEXT, _NUMBER)),
            ("citations", _TEXT),  # JSON
        ]
    ),
    "claims": pa.schema(
        [
            ("turn_id", _TEXT),
            *_SEGMENT,
            ("evaluator", _TEXT),
            ("revision", _TEXT),
            ("position", _COUNT),
            ("start", _COUNT),
            ("end", _COUNT),
            ("verdict", _TEXT),
            ("support", _NUMBER),
            ("chunk", _COUNT),
            ("reason", _TEXT),
            ("spans", pa.list_(pa.list_(_COUNT))),
        ]
    ),
    "labels": pa.schema(
        [
            ("id", _COUNT),
            ("turn_id", _TEXT),
            *_SEGMENT,
            ("labeller", _TEXT),
            ("labelled_at", _TIME),
            ("start", _COUNT),
            ("end", _COUNT),
            ("chunk_id", _TEXT),
            ("verdict", _TEXT),
            ("relevant", pa.bool_()),
            ("reference", _TEXT),
            ("probability", _NUMBER),
        ]
    ),
}

Row = Mapping[str, Any]


def turn_record(row: Row) -> dict[str, Any]:
    """Archived form of a row of `turn`."""
    facts = row["facts"]
    return (
        {name: row.get(name) for name in SCHEMAS["turns"].names}
        | {name: facts.get(name) for name in _FACT_COLUMNS}
        | {
            "started_at": moment(row["started_ns"]),
            "chunks": [_chunk(chunk) for chunk in row["chunks"]],
            "facts": json.dumps(facts, ensure_ascii=False),
        }
    )


def score_record(row: Row, turn: Row) -> dict[str, Any]:
    """Archived form of a row of `score`, with the segment of its turn."""
    signals = list(row["signals"].items())
    citations = json.dumps(row["citations"], ensure_ascii=False)
    return dict(row) | segment(turn) | {"signals": signals, "citations": citations}


def claim_record(row: Row, turn: Row) -> dict[str, Any]:
    """Archived form of a row of `claim`, with the segment of its turn."""
    return dict(row) | segment(turn)


def label_record(row: Row, turn: Row) -> dict[str, Any]:
    """Archived form of a row of `label`, with the segment of its turn."""
    return dict(row) | segment(turn) | {"labelled_at": moment(row["labelled_ns"])}


def segment(turn: Row) -> dict[str, Any]:
    """Time, service and versions of a turn."""
    names = ("service", "model_version", "prompt_version", "index_version")
    return {name: turn[name] for name in names} | {"started_at": moment(turn["started_ns"])}


def moment(nanoseconds: int) -> datetime:
    """Time of nanoseconds since the epoch, to the microsecond."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def arrow_table(name: str, records: Sequence[Row]) -> pa.Table:
    """Records of one table as Arrow columns of its schema."""
    return pa.Table.from_pylist(list(records), schema=SCHEMAS[name])


def turn_row(record: Row) -> dict[str, Any]:
    """Row of `turn` of an archived record: `turn_record` undone."""
    chunks = [
        {**chunk, "metadata": json.loads(chunk["metadata"] or "{}")} for chunk in record["chunks"]
    ]
    return dict(record) | {"chunks": chunks, "facts": json.loads(record["facts"])}


def score_row(record: Row) -> dict[str, Any]:
    """Row of `score` of an archived record: `score_record` undone."""
    signals, citations = dict(record["signals"]), json.loads(record["citations"])
    return dict(record) | {"signals": signals, "citations": citations}


def _chunk(chunk: Row) -> dict[str, Any]:
    metadata = json.dumps(chunk.get("metadata") or {}, ensure_ascii=False, default=str)
    return {"earlier": False, **chunk, "metadata": metadata}
