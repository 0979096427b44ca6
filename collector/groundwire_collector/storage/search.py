"""Full-text search of questions and answers: FTS5, or tsvector on PostgreSQL.

What is here follows from the table of turns, so no step of the schema has it: it is made where it
is missing. Words are runs of letters and digits, in any case and order; nothing is stemmed, for
questions come in every language.
"""

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from sqlalchemy import ColumnElement, Connection, event, false, inspect, select, text

from groundwire_collector.storage.tables.turns import TURN, TURN_LISTING

NAME = "turn_search"  # of the table on SQLite (its shadows begin with it), of the index else
SEARCHED = 8192  # characters of a question or answer; a tsvector holds a megabyte at most
MOST_WORDS = 32  # of a query
RANDOM_PAGE_COST = 1.1  # of PostgreSQL's planner; 1 is a sequential read
_FILLED = 1000  # turns per batch when indexing existing turns

SearchedTurn = tuple[str, str | None, str | None]  # id, question, answer

_POSTGRESQL = (
    "to_tsvector('simple', regexp_replace("
    f"left(coalesce(turn.question, ''), {SEARCHED}) || ' ' || "
    f"left(coalesce(turn.answer, ''), {SEARCHED}), '[^[:alnum:]]+', ' ', 'g'))"
)


def is_made(connection: Connection) -> bool:
    if connection.dialect.name == "sqlite":
        return inspect(connection).has_table(NAME)
    return connection.scalar(text(f"SELECT to_regclass('{NAME}')")) is not None


def make(connection: Connection) -> None:
    """Make the index where it is missing, with the turns that are there."""
    if is_made(connection):
        return
    if connection.dialect.name != "sqlite":
        expression = _POSTGRESQL.replace("turn.", "")
        connection.exec_driver_sql(f"CREATE INDEX {NAME} ON turn USING gin ({expression})")
        return
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE {NAME} USING fts5("
        "words, turn_id UNINDEXED, tokenize = 'unicode61 remove_diacritics 0')"
    )
    turns = connection.execute(select(TURN.c.id, TURN.c.question, TURN.c.answer))
    for page in turns.partitions(_FILLED):
        _insert(connection, [tuple(row) for row in page])


def save(connection: Connection, turns: Iterable[SearchedTurn]) -> None:
    """Index turns by id, question and answer, replacing earlier ones."""
    if connection.dialect.name != "sqlite":
        return  # the index follows its table
    rows = list(turns)
    delete(connection, [row[0] for row in rows])
    _insert(connection, rows)


def delete(connection: Connection, turn_ids: Iterable[str]) -> None:
    """Remove turns from the index."""
    rows = [(_row_number(turn_id),) for turn_id in turn_ids]
    if rows and connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"DELETE FROM {NAME} WHERE rowid = ?", rows)


def wipe_deleted(connection: Connection) -> None:
    """Rebuild the index to wipe the words of deleted questions."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"INSERT INTO {NAME} ({NAME}) VALUES ('optimize')")


def matches(connection: Connection, query: str) -> ColumnElement[bool]:
    """Condition on listed turns: question and answer hold all of these words.

    Without a word no turn matches.
    """
    words = re.findall(r"[^\W_]+", query)[:MOST_WORDS]
    if not words:
        return false()
    if connection.dialect.name == "sqlite":
        quoted = " ".join(f'"{word}"' for word in words)
        found = text(f"SELECT turn_id FROM {NAME} WHERE {NAME} MATCH :words")
        return TURN_LISTING.c.turn_id.in_(found.bindparams(words=quoted).columns(TURN.c.id))
    condition = text(f"{_POSTGRESQL} @@ plainto_tsquery('simple', :words)")
    matching = select(TURN.c.id).where(condition.bindparams(words=" ".join(words)))
    return TURN_LISTING.c.turn_id.in_(matching)


def prefer_indexes(connection: Connection) -> None:
    """Let PostgreSQL look up matching turns by index for the rest of the transaction.

    By its default cost of a random read, meant for rotating disks, it reads a whole table of a
    million turns instead.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL random_page_cost TO {RANDOM_PAGE_COST}"))


def _insert(connection: Connection, turns: Iterable[SearchedTurn]) -> None:
    rows: list[Any] = [
        (_row_number(turn_id), " ".join(text[:SEARCHED] for text in texts if text), turn_id)
        for turn_id, *texts in turns
        if any(texts)
    ]
    if rows:
        connection.exec_driver_sql(
            f"INSERT INTO {NAME} (rowid, words, turn_id) VALUES (?, ?, ?)", rows
        )


def _row_number(turn_id: str) -> int:
    """FTS5 knows rows by a number only, and those of a table with text keys change by VACUUM."""
    return int.from_bytes(blake2b(turn_id.encode(), digest_size=8).digest()) >> 1


@event.listens_for(TURN, "after_create")
def _with_table(_table: Any, connection: Connection, **_options: Any) -> None:
    make(connection)
