"""Texts shared by spans: one `content` row per text and day.

A writer remembers what it knows to be stored, so that a text that recurs costs a hash and no query.
"""

import secrets
from collections import OrderedDict
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, event, select

from groundwire_collector.storage import contents
from groundwire_collector.storage.records import LogRecord, SpanRecord
from groundwire_collector.storage.tables.spans import CONTENT, STORE_FACT
from groundwire_collector.storage.upsert import insert_missing, upsert

DAY_NS = 86_400 * 10**9
REMEMBERED = 50_000  # texts; about 150 bytes each
CONTENT_KEY, SWEEPS = "content_key", "sweeps"
_SWEEPS_SQL = f"SELECT value FROM {STORE_FACT.name} WHERE name = '{SWEEPS}'"
_AT_ONCE = 500  # values in one IN list

Value = TypeVar("Value")


def batched(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """Pieces that fit in one IN list."""
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


class SharedTexts:
    """Writer's cache of stored texts, with the secret of their hashes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._key = b""
        self._stored: OrderedDict[tuple[int, bytes], None] = OrderedDict()
        self._sweeps = b""
        self._doubted = False
        event.listen(engine, "connect", self._doubt)

    def _doubt(self, *_: object) -> None:
        """A new connection may be to another database: a backup, a replica that took over."""
        self._doubted = True

    def begin(self, day: int) -> "NewTexts":
        """For the texts of one transaction, before it."""
        self._key = self._key or content_key(self._engine)
        return NewTexts(self._stored, self._key, day)

    def forgotten(self, connection: Connection) -> bool:
        """Whether texts may be gone since the last transaction: then none is known any more."""
        doubted, self._doubted = self._doubted, False
        sweeps = connection.exec_driver_sql(_SWEEPS_SQL).scalar() or b""
        if sweeps == self._sweeps and not doubted:
            return False
        self._stored.clear()
        self._sweeps = sweeps
        return True

    def committed(self, batches: Iterable["NewTexts"]) -> None:
        """The transaction is on disk, and its texts with it."""
        for texts in batches:
            for name in texts.names:
                self._stored[texts.day, name] = None
        while len(self._stored) > REMEMBERED:
            self._stored.popitem(last=False)


class NewTexts:
    """Texts of one transaction; `stored` need not be written again."""

    def __init__(self, stored: Container[tuple[int, bytes]], key: bytes, day: int) -> None:
        self._stored = stored
        self._key = key
        self.day = day
        self._names: dict[bytes, bytes] = {}  # by text: several spans hold the same answer

    def take(self, record: SpanRecord | LogRecord) -> tuple[bytes, bytes]:
        """Take the long texts out of a record: its compressed skeleton, and the references."""
        skeleton, cuts = contents.cut(record.body, record.texts)
        references = [(0, self._name(record.origin))]
        references += [(offset, self._name(text)) for offset, text in cuts]
        return contents.compress(skeleton), contents.pack_references(references)

    def digest(self, text: bytes) -> bytes:
        return contents.digest(text, self._key)

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"day": self.day, "digest": name, "body": contents.compress(text)}
            for text, name in self._names.items()
            if (self.day, name) not in self._stored
        ]

    @property
    def names(self) -> Iterable[bytes]:
        return self._names.values()

    def _name(self, text: bytes) -> bytes:
        name = self._names.get(text)
        if name is None:
            name = self._names[text] = contents.digest(text, self._key)
        return name


class Texts:
    """Texts referenced by some rows, read at once."""

    def __init__(self, texts: dict[tuple[int, bytes], bytes]) -> None:
        self._texts = texts

    def assemble(self, row: Row[Any]) -> tuple[bytes, bytes]:
        """The message of a row and its origin; KeyError where a text is missing."""
        day = row.received_ns // DAY_NS
        (_, origin), *rest = contents.references_of(row.contents)
        cuts = [(offset, self._texts[day, name]) for offset, name in rest]
        return contents.join(contents.expand(row.body), cuts), self._texts[day, origin]


def read_texts(connection: Connection, rows: Iterable[Row[Any]]) -> Texts:
    wanted = {
        (row.received_ns // DAY_NS, name)
        for row in rows
        for _, name in contents.references_of(row.contents)
    }
    found = {}
    for batch in batched(list({name for _, name in wanted})):
        query = select(CONTENT.c.day, CONTENT.c.digest, CONTENT.c.body)
        for day, name, body in connection.execute(query.where(CONTENT.c.digest.in_(batch))):
            if (day, name) in wanted:
                found[day, name] = contents.expand(body)
    return Texts(found)


def content_key(engine: Engine) -> bytes:
    """Secret of all keyed hashes of this database; created if missing."""
    with engine.connect() as connection:
        found = _facts(connection).get(CONTENT_KEY)
    if found is not None:
        return found
    with engine.begin() as connection:
        return _make_key(connection)


def forget_deleted(connection: Connection) -> None:
    """Invalidate the writers' caches, in the transaction that deletes texts."""
    upsert(connection, STORE_FACT, [{"name": SWEEPS, "value": secrets.token_bytes(8)}])


def _facts(connection: Connection) -> dict[str, bytes]:
    return {row.name: row.value for row in connection.execute(select(STORE_FACT))}


def _make_key(connection: Connection) -> bytes:
    """Key of the text hashes; created once, safe for concurrent processes."""
    row = {"name": CONTENT_KEY, "value": secrets.token_bytes(32)}
    insert_missing(connection, STORE_FACT, [row])
    return _facts(connection)[CONTENT_KEY]
