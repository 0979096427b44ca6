"""Deletion of texts that no record refers to, in bounded memory.

Candidates are taken a page at a time, and what refers to them is read in short transactions, so
neither memory nor the write-ahead log grows with the store. Price: one walk over the references of
all spans (of one day where only one is looked at) per 100,000 candidates.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import Connection, Engine, Table, delete, select, tuple_

from groundwire_collector.storage import contents
from groundwire_collector.storage.shared_texts import DAY_NS, batched, forget_deleted
from groundwire_collector.storage.short_transactions import Portions
from groundwire_collector.storage.spans import take_turns
from groundwire_collector.storage.tables.spans import CONTENT, LOG_RECORD, SPAN, STORE_FACT
from groundwire_collector.storage.upsert import upsert

PAGE = 100_000  # candidates at a time: some 20 MB
ROWS = 5000  # spans or log records read in one transaction

TextName = bytes  # of a text: its day and digest in one value, which is a fifth of a tuple of both
WIPE = "wipe"  # fact: texts are being forgotten, since when
_DAY = struct.Struct(">q")
_REFERRING = (SPAN, LOG_RECORD)


def names_of(received_ns: int, packed: bytes) -> Iterator[TextName]:
    """The texts that a row refers to, by when it was received and its column `contents`."""
    day = _DAY.pack(received_ns // DAY_NS)
    return (day + digest for _, digest in contents.references_of(packed))


def names_referenced(connection: Connection, trace_ids: Sequence[bytes]) -> set[TextName]:
    """The texts that spans and log records of these traces refer to."""
    found: set[TextName] = set()
    for table in _REFERRING:
        query = select(table.c.received_ns, table.c.contents)
        for batch in batched(trace_ids):
            rows = connection.execute(query.where(table.c.trace_id.in_(batch)))
            found.update(name for row in rows for name in names_of(*row))
    return found


def sweep(engine: Engine, *, day: int | None = None, wipe: bool = False) -> int:
    """Delete unused texts of a day, or of all days.

    Returns how many; `wipe` overwrites them with zeros.
    """
    gone, after = 0, (b"", 0)
    while True:
        query = select(CONTENT.c.digest, CONTENT.c.day, CONTENT.c.id)
        query = query.where(tuple_(CONTENT.c.digest, CONTENT.c.day) > tuple_(*after))
        if day is not None:
            query = query.where(CONTENT.c.day == day)
        with engine.connect() as connection:
            ordered = query.order_by(CONTENT.c.digest, CONTENT.c.day).limit(PAGE)
            rows = connection.execute(ordered).all()
        if not rows:
            return gone
        after = (rows[-1].digest, rows[-1].day)
        page = {_DAY.pack(at) + digest: number for digest, at, number in rows}
        del rows
        gone += _Page(engine, page, day).delete_unused(wipe=wipe)


def sweep_among(engine: Engine, names: Iterable[TextName], *, wipe: bool = False) -> int:
    """Delete those of these texts that are unused; how many."""
    gone, left = 0, iter(names)
    while wanted := set(islice(left, PAGE)):
        page: dict[TextName, int] = {}
        for batch in batched(sorted({name[_DAY.size :] for name in wanted})):
            query = select(CONTENT.c.day, CONTENT.c.digest, CONTENT.c.id)
            with engine.connect() as connection:
                rows = connection.execute(query.where(CONTENT.c.digest.in_(batch))).all()
            page |= {_DAY.pack(day) + digest: number for day, digest, number in rows}
        page = {name: number for name, number in page.items() if name in wanted}
        gone += _Page(engine, page, None).delete_unused(wipe=wipe)
    return gone


def begin_wipe(connection: Connection, now_ns: int) -> None:
    """Note that texts are to be wiped, with the deletion of what refers to them."""
    upsert(connection, STORE_FACT, [{"name": WIPE, "value": _DAY.pack(now_ns)}])


def wipe_begun_ns(connection: Connection) -> int | None:
    """When a wipe began that did not end: it runs, or its process was killed."""
    query = select(STORE_FACT.c.value).where(STORE_FACT.c.name == WIPE)
    value = connection.scalar(query)
    return None if value is None else int(_DAY.unpack(value)[0])


def end_wipe(connection: Connection) -> None:
    connection.execute(delete(STORE_FACT).where(STORE_FACT.c.name == WIPE))


def zero_what_is_deleted(connection: Connection) -> None:
    """Overwrite deleted rows of this connection with zeros, where the database can (SQLite)."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


class _Page:
    """Candidates by name, with their row ids; what turns out to be used is taken out."""

    def __init__(self, engine: Engine, unused: dict[TextName, int], day: int | None) -> None:
        self._engine = engine
        self._unused = unused
        self._day = day
        self._seen = dict.fromkeys(_REFERRING, 0)  # newest row of each table that was looked at

    def delete_unused(self, *, wipe: bool) -> int:
        """They are looked for without a lock; what came meanwhile is looked at where they go.

        What comes later brings its texts itself (`forget_deleted`).
        """
        for table in _REFERRING:
            while self._unused and self._read_next(table):
                pass
        portions = Portions(self._engine)
        gone = 0
        while self._unused:
            with portions.transaction() as connection:
                take_turns(connection)
                if wipe:
                    zero_what_is_deleted(connection)
                for table in _REFERRING:
                    while self._discard_used(connection, table):
                        pass
                for names in portions.parts(list(islice(self._unused, portions.size))):
                    ids = [self._unused.pop(name) for name in names]
                    connection.execute(delete(CONTENT).where(CONTENT.c.id.in_(ids)))
                    gone += len(ids)
                forget_deleted(connection)
        return gone

    def _read_next(self, table: Table) -> bool:
        with self._engine.connect() as connection:
            return self._discard_used(connection, table)

    def _discard_used(self, connection: Connection, table: Table) -> bool:
        """Take out what the next rows of the table refer to; whether there may be more of them."""
        query = select(table.c.id, table.c.received_ns, table.c.contents)
        query = query.where(table.c.id > self._seen[table]).order_by(table.c.id).limit(ROWS)
        rows = connection.execute(query).all()
        for number, received_ns, packed in rows:
            self._seen[table] = number
            if self._day in (None, received_ns // DAY_NS):
                for name in names_of(received_ns, packed):
                    self._unused.pop(name, None)
        return len(rows) == ROWS
