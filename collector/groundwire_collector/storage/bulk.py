"""Precompiled SQLAlchemy statements for the receiver's hot path.

Preparing a Core statement costs more than SQLite takes to carry it out, so what every commit does
is compiled to the driver's own SQL when a writer is made (docs/explanation/storage.md).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Row, Select, Table, insert
from sqlalchemy.dialects import postgresql, sqlite


class Inserter:
    """Bulk insert of all columns except the autoincrement key."""

    def __init__(self, table: Table, dialect: Dialect, *, missing_only: bool = False) -> None:
        """`missing_only`: leave existing rows unchanged (ON CONFLICT DO NOTHING)."""
        statement = insert(table)
        if missing_only and dialect.name == "sqlite":
            statement = sqlite.insert(table).on_conflict_do_nothing()
        elif missing_only:
            statement = postgresql.insert(table).on_conflict_do_nothing()
        self._columns = [c.name for c in table.columns if not c.primary_key]
        compiled = statement.compile(dialect=dialect, column_keys=self._columns)
        self._sql = str(compiled)
        self._positional = bool(compiled.positional)

    def insert(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        values: Any = list(rows)
        if self._positional:
            values = [tuple([row[name] for name in self._columns]) for row in rows]
        connection.exec_driver_sql(self._sql, values)


class Lookup:
    """Precompiled query of the rows whose `column` is in a list."""

    def __init__(self, query: Select[Any], column: Column[Any], dialect: Dialect) -> None:
        self._sql = f"{query.compile(dialect=dialect)} WHERE {column.compile(dialect=dialect)}"
        self._mark = "?" if dialect.paramstyle == "qmark" else "%s"

    def rows(self, connection: Connection, values: Sequence[Any]) -> Sequence[Row[Any]]:
        marks = ", ".join([self._mark] * len(values))
        return connection.exec_driver_sql(f"{self._sql} IN ({marks})", tuple(values)).all()
