"""The schema, one noun a module; importing this package registers every table."""

from sqlalchemy import BigInteger, Integer
from sqlmodel import SQLModel

from groundwire_collector.storage.tables import (
    counters,
    drift,
    judging,
    keys,
    labels,
    notices,
    pieces,
    reliance,
    spans,
    turns,
)

__all__ = [
    "counters",
    "drift",
    "judging",
    "keys",
    "labels",
    "notices",
    "pieces",
    "reliance",
    "spans",
    "turns",
]

# Times are nanoseconds: PostgreSQL's INTEGER is too narrow. SQLite's holds 64 bits, and only a
# column of exactly that type numbers its rows.
_WIDE = BigInteger().with_variant(Integer, "sqlite")
for _table in SQLModel.metadata.tables.values():
    for _column in _table.columns:
        if type(_column.type) is Integer:
            _column.type = _WIDE
