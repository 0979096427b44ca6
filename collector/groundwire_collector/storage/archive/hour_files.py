"""Parquet files of one hour of stored turns, written batch by batch.

Memory: some thousand turns, whatever the size of the hour.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine, select, tuple_

from groundwire_collector.storage.archive import schema
from groundwire_collector.storage.archive.manifest import HOUR_NS
from groundwire_collector.storage.shared_texts import batched
from groundwire_collector.storage.tables.labels import LABEL
from groundwire_collector.storage.tables.turns import CLAIM, SCORE, TURN

TURNS_AT_ONCE = 1000
_OF_TURN = {"scores": SCORE, "claims": CLAIM, "labels": LABEL}
_ORDER = {
    "scores": (SCORE.c.turn_id, SCORE.c.evaluator, SCORE.c.revision),
    "claims": (CLAIM.c.turn_id, CLAIM.c.evaluator, CLAIM.c.position),
    "labels": (LABEL.c.id,),
}
# What makes two rows of a table the same thing; of claims the judgement that they are part of.
KEYS = {
    "turns": ("id",),
    "scores": ("turn_id", "evaluator", "revision"),
    "claims": ("turn_id", "evaluator", "revision"),
    "labels": ("id",),
}
Archived = Callable[[str], Iterable[Sequence[schema.Row]]]
_NARROW = [
    TURN.c[name]
    for name in (
        *("id", "started_ns", "service", "model_version"),
        *("prompt_version", "index_version"),
    )
]


class Fingerprint:
    """Digest of an hour's scores and labels, which may change later."""

    def __init__(self) -> None:
        self._digest = blake2b(digest_size=16)

    def add(self, table: str, rows: Sequence[schema.Row]) -> None:
        """Add rows of scores or labels, in the order of `hour_files`."""
        names = ("id", "turn_id", "evaluator", "revision", "state", "value")
        for row in rows:
            self._digest.update(repr((table, *(row.get(name) for name in names))).encode())

    def text(self) -> str:
        """Hexadecimal digits."""
        return self._digest.hexdigest()


class HourFiles:
    """Writer of an hour's files; no rows, no file."""

    def __init__(self, folder: Path, tables: Collection[str] = schema.SCHEMAS) -> None:
        self.paths = {table: folder / f"{table}.parquet" for table in tables}
        self.fingerprint = Fingerprint()
        self._keys: dict[str, set[tuple[Any, ...]]] = {table: set() for table in tables}
        self._writers: dict[str, pq.ParquetWriter] = {}

    def write(self, engine: Engine, hour: int, archived: Archived | None = None) -> dict[str, Path]:
        """Write the stored rows of an hour; returns the files made, by table.

        `archived`: batches of records that the archive has of a table. Those that the database
        does not hold are written too: turns that retention deleted before a late one came, and
        scores of another revision.
        """
        try:
            with engine.connect() as connection:
                for turns in _turns(connection, hour, whole="turns" in self.paths):
                    self._add(connection, turns)
            for table in self.paths if archived else ():
                for records in archived(table) if archived else ():
                    self._append(table, [each for each in records if self._is_new(table, each)])
        finally:
            for writer in self._writers.values():
                writer.close()
        return {table: path for table, path in self.paths.items() if path.exists()}

    def _add(self, connection: Connection, turns: Sequence[schema.Row]) -> None:
        by_id = {row["id"]: row for row in turns}
        scores, labels = (_rows_of(connection, name, list(by_id)) for name in ("scores", "labels"))
        self.fingerprint.add("scores", scores)
        self.fingerprint.add("labels", labels)
        revisions = {(row["turn_id"], row["evaluator"]): row["revision"] for row in scores}
        if "turns" in self.paths:
            self._write("turns", [schema.turn_record(row) for row in turns])
        if "claims" in self.paths:
            claims = _rows_of(connection, "claims", list(by_id))
            self._write(
                "claims",
                [
                    schema.claim_record(row, by_id[row["turn_id"]])
                    | {"revision": revisions.get((row["turn_id"], row["evaluator"]))}
                    for row in claims
                ],
            )
        self._write_of("scores", schema.score_record, scores, by_id)
        self._write_of("labels", schema.label_record, labels, by_id)

    def _write_of(
        self,
        table: str,
        record: Callable[[schema.Row, schema.Row], dict[str, Any]],
        rows: Sequence[schema.Row],
        turns: Mapping[str, schema.Row],
    ) -> None:
        if table in self.paths:
            self._write(table, [record(row, turns[row["turn_id"]]) for row in rows])

    def _is_new(self, table: str, record: schema.Row) -> bool:
        return tuple(record[name] for name in KEYS[table]) not in self._keys[table]

    def _write(self, table: str, records: Sequence[schema.Row]) -> None:
        self._keys[table].update(tuple(each[name] for name in KEYS[table]) for each in records)
        self._append(table, records)

    def _append(self, table: str, records: Sequence[schema.Row]) -> None:
        if not records:
            return
        if table not in self._writers:
            self._writers[table] = parquet_writer(table, self.paths[table])
        self._writers[table].write_table(schema.arrow_table(table, records))


def parquet_writer(table: str, path: Path) -> pq.ParquetWriter:
    """Writer of one table's file, compressed with zstd."""
    return pq.ParquetWriter(path, schema.SCHEMAS[table], compression="zstd", compression_level=3)


def stored_hours(engine: Engine, until_ns: int) -> Iterator[int]:
    """Hours that hold stored turns and end by `until_ns`, in order; one index seek each."""
    after = -(2**63)
    while True:
        query = select(TURN.c.started_ns).where(TURN.c.started_ns >= after)
        with engine.connect() as connection:
            first = connection.scalar(query.order_by(TURN.c.started_ns).limit(1))
        if first is None or (first // HOUR_NS + 1) * HOUR_NS > until_ns:
            return
        yield first // HOUR_NS
        after = (first // HOUR_NS + 1) * HOUR_NS


def stored_fingerprint(engine: Engine, hour: int) -> str:
    """Fingerprint of an hour as it is stored now; reads no texts."""
    found = Fingerprint()
    with engine.connect() as connection:
        for turns in _turns(connection, hour, whole=False):
            _add_changing(found, connection, [row["id"] for row in turns])
    return found.text()


def _add_changing(fingerprint: Fingerprint, connection: Connection, ids: Sequence[str]) -> None:
    for table in ("scores", "labels"):
        fingerprint.add(table, _rows_of(connection, table, ids))


def _turns(connection: Connection, hour: int, *, whole: bool) -> Iterator[Sequence[schema.Row]]:
    """Turns of an hour in order of their start, some at a time."""
    begin, end = hour * HOUR_NS, (hour + 1) * HOUR_NS
    place = tuple_(TURN.c.started_ns, TURN.c.id)
    after: tuple[int, str] = (begin - 1, "")
    columns = TURN.c if whole else _NARROW
    while True:
        query = select(*columns).where(TURN.c.started_ns >= begin, TURN.c.started_ns < end)
        query = query.where(place > after).order_by(TURN.c.started_ns, TURN.c.id)
        rows = [dict(row) for row in connection.execute(query.limit(TURNS_AT_ONCE)).mappings()]
        if rows:
            yield rows
        if len(rows) < TURNS_AT_ONCE:
            return
        after = (rows[-1]["started_ns"], rows[-1]["id"])


def _rows_of(connection: Connection, table: str, ids: Sequence[str]) -> list[schema.Row]:
    source = _OF_TURN[table]
    rows: list[schema.Row] = []
    for batch in batched(ids):
        query = select(source).where(source.c.turn_id.in_(batch)).order_by(*_ORDER[table])
        rows += [dict(row) for row in connection.execute(query).mappings()]
    return rows
