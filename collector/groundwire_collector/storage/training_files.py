"""Training files by model version: examples, index of questions, adapters."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from groundwire_collector.storage.tables.training import (
    ADAPTER,
    TRAINING_EXAMPLE,
    TRAINING_FILE,
)
from groundwire_collector.storage.tables.turns import TURN_LISTING
from groundwire_collector.storage.upsert import upsert
from groundwire_evaluators.training.example import TrainingExample

BATCH = 2_000  # examples stored in one transaction: short, so that the receiver waits little
_PAGE = 5_000  # examples read at once


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingFile:
    """A stored training file.

    `facts` is what reading it found: bad lines, secrets, formats.
    """

    id: int
    model_version: str
    name: str
    digest: str
    added_ns: int
    examples: int
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAdapter:
    """The adapter of a model version, as its configuration describes it."""

    model_version: str
    path: str
    added_ns: int
    description: Mapping[str, Any] = field(default_factory=dict)


def add(
    engine: Engine, file: TrainingFile, examples: Iterable[TrainingExample], index: bytes
) -> int:
    """Store a file with its examples and its index of questions; its id.

    Examples go in short transactions; the file counts as stored with the last of them. `file.id`
    is ignored. What an interrupted call left of the same file is removed first.
    """
    row = {
        "model_version": file.model_version,
        "name": file.name,
        "digest": file.digest,
        "added_ns": file.added_ns,
        "examples": file.examples,
        "facts": dict(file.facts),
    }
    with engine.begin() as connection:
        _remove_unfinished(connection, file.model_version, file.digest)
        [file_id] = connection.execute(insert(TRAINING_FILE).values(row)).inserted_primary_key or (
            0,
        )
    rows = _example_rows(int(file_id), examples)
    while batch := list(islice(rows, BATCH)):
        with engine.begin() as connection:
            connection.execute(insert(TRAINING_EXAMPLE), batch)
    with engine.begin() as connection:
        stored = update(TRAINING_FILE).where(TRAINING_FILE.c.id == file_id)
        connection.execute(stored.values(question_index=index))
    return int(file_id)


def files(
    connection: Connection, model_versions: Collection[str] | None = None
) -> list[TrainingFile]:
    """The stored files, oldest first; None: of every model version."""
    c = TRAINING_FILE.c
    columns = (c.id, c.model_version, c.name, c.digest, c.added_ns, c.examples, c.facts)
    query = select(*columns).where(c.question_index.is_not(None)).order_by(c.id)
    if model_versions is not None:
        query = query.where(c.model_version.in_(list(model_versions)))
    return [TrainingFile(**dict(row)) for row in connection.execute(query).mappings()]


def question_index(connection: Connection, file_id: int) -> bytes | None:
    """The index of a file's questions; None where there is no such file."""
    query = select(TRAINING_FILE.c.question_index).where(TRAINING_FILE.c.id == file_id)
    return connection.scalar(query)


def examples(connection: Connection, file_id: int) -> Iterator[TrainingExample]:
    """Every example of a file, in its order."""
    c, after = TRAINING_EXAMPLE.c, -1
    while True:
        query = select(c.place, c.line, c.question, c.answer)
        query = query.where(c.file_id == file_id, c.place > after).order_by(c.place).limit(_PAGE)
        page = connection.execute(query).all()
        yield from (_example(row) for row in page)
        if len(page) < _PAGE:
            return
        after = page[-1].place


def examples_at(
    connection: Connection, file_id: int, places: Sequence[int]
) -> list[TrainingExample]:
    """The examples at these places of a file, in the order of the places.

    As the driver's own SQL: preparing a statement costs more than this lookup, made for each turn.
    """
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    marks = ", ".join([mark] * len(places))
    query = (
        "SELECT place, line, question, answer FROM training_example "
        f"WHERE file_id = {mark} AND place IN ({marks})"
    )
    rows = connection.exec_driver_sql(query, (file_id, *places)) if places else ()
    found = {row[0]: _example(row) for row in rows}
    return [found[place] for place in places if place in found]


def remove(engine: Engine, file_id: int) -> bool:
    """Delete a file and its examples; whether there was one."""
    with engine.begin() as connection:
        chosen = TRAINING_FILE.c.id == file_id
        found = connection.execute(delete(TRAINING_FILE).where(chosen)).rowcount
        connection.execute(delete(TRAINING_EXAMPLE).where(TRAINING_EXAMPLE.c.file_id == file_id))
    return bool(found)


def versions_seen(connection: Connection, services: Collection[str]) -> set[str]:
    """Model versions of the stored turns of these services."""
    c = TURN_LISTING.c
    query = select(c.model_version).where(c.service.in_(list(services))).distinct()
    return {version for version in connection.scalars(query) if version}


def put_adapter(connection: Connection, adapter: StoredAdapter) -> None:
    """Store the adapter of a model version, replacing an earlier one."""
    row = {
        "model_version": adapter.model_version,
        "path": adapter.path,
        "added_ns": adapter.added_ns,
        "description": dict(adapter.description),
    }
    upsert(connection, ADAPTER, [row])


def adapter_of(connection: Connection, model_version: str) -> StoredAdapter | None:
    """The adapter of a model version; None where none was added."""
    query = select(ADAPTER).where(ADAPTER.c.model_version == model_version)
    row = connection.execute(query).mappings().first()
    return None if row is None else StoredAdapter(**dict(row))


def adapters(connection: Connection) -> list[StoredAdapter]:
    """Every adapter, by model version."""
    rows = connection.execute(select(ADAPTER).order_by(ADAPTER.c.model_version)).mappings()
    return [StoredAdapter(**dict(row)) for row in rows]


def remove_adapter(connection: Connection, model_version: str) -> bool:
    """Forget the adapter of a model version; whether there was one."""
    chosen = ADAPTER.c.model_version == model_version
    return bool(connection.execute(delete(ADAPTER).where(chosen)).rowcount)


def _remove_unfinished(connection: Connection, model_version: str, digest: str) -> None:
    c = TRAINING_FILE.c
    unfinished = select(c.id).where(
        c.model_version == model_version, c.digest == digest, c.question_index.is_(None)
    )
    ids = list(connection.scalars(unfinished))
    connection.execute(delete(TRAINING_EXAMPLE).where(TRAINING_EXAMPLE.c.file_id.in_(ids)))
    connection.execute(delete(TRAINING_FILE).where(c.id.in_(ids)))


def _example_rows(file_id: int, examples: Iterable[TrainingExample]) -> Iterator[dict[str, Any]]:
    for place, example in enumerate(examples):
        yield {
            "file_id": file_id,
            "place": place,
            "line": example.line,
            "question": example.question,
            "answer": example.answer,
        }


def _example(row: Any) -> TrainingExample:
    return TrainingExample(line=row.line, question=row.question, answer=row.answer)
