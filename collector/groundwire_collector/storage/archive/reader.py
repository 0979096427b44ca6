"""DuckDB over archive and hot store: tables turns, scores, claims and labels.

Each table is a view of the archived files and, of hours that are not archived, of the rows in the
database, written as Parquet into a folder for as long as the connection lives. DuckDB reads the
columns and row groups that a query needs and no more.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from sqlalchemy import Engine

from groundwire_collector.errors import StorageUnavailableError, UsageError
from groundwire_collector.storage.archive import schema
from groundwire_collector.storage.archive.damage import REMEDY
from groundwire_collector.storage.archive.hour_files import HourFiles, stored_hours
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import HOUR_NS, all_hours

_ALWAYS = 2**62
_EMPTY = "empty.parquet"
_READING = {
    duckdb.StatementType.SELECT,
    duckdb.StatementType.EXPLAIN,
    duckdb.StatementType.PRAGMA,
    duckdb.StatementType.CALL,
    duckdb.StatementType.COPY,
}


@contextmanager
def connect(
    location: Location | None,
    engine: Engine | None = None,
    tables: Collection[str] = schema.SCHEMAS,
    since_ns: int | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection with a view a table; times are UTC.

    `engine`: with the hours that are stored and not archived. `since_ns`: hours before it are left
    out, which is faster than a condition on the time.
    """
    hours = dict(all_hours(location, since_ns)) if location else {}
    with TemporaryDirectory(prefix="groundwire-query-") as folder, duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        if location and not location.local:
            connection.register_filesystem(location.filesystem)
        recent = _recent(engine, hours, Path(folder), tables, since_ns) if engine else {}
        for table in tables:
            archived = [
                _url(location, file.path)
                for hour in hours.values()
                for file in hour.files.get(table, ())
                if location
            ]
            _create_view(connection, table, [*archived, *recent.get(table, ())])
        yield connection


def tables_of(statement: str) -> set[str]:
    """Archived tables that a query names.

    Raises:
        UsageError: it cannot be parsed, is not one statement, or is one that writes tables.
    """
    try:
        found = duckdb.extract_statements(statement)
        if len(found) != 1:
            raise UsageError(f"query: one SQL statement is required, not {len(found)}")
        if found[0].type not in _READING:
            raise UsageError(f"query: tables are only read; {found[0].type.name} is not available")
        with duckdb.connect() as connection:
            return connection.get_table_names(statement) & schema.SCHEMAS.keys()
    except duckdb.Error as error:
        raise UsageError(f"query: {error}") from error


def _recent(
    engine: Engine,
    archived: Collection[int],
    folder: Path,
    tables: Collection[str],
    since_ns: int | None,
) -> dict[str, list[str]]:
    """Files of the hours that are stored and not archived, by table."""
    found: dict[str, list[str]] = {table: [] for table in tables}
    for hour in stored_hours(engine, _ALWAYS):
        if hour in archived or (since_ns is not None and (hour + 1) * HOUR_NS <= since_ns):
            continue
        of_hour = folder / str(hour)
        of_hour.mkdir()
        for table, path in HourFiles(of_hour, tables).write(engine, hour).items():
            found[table].append(str(path))
    return found


def _create_view(connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[str]) -> None:
    """A view of the files, or of no rows with the same columns.

    Raises:
        StorageUnavailableError: a file is missing or damaged.
    """
    if not files:
        connection.register(table, schema.SCHEMAS[table].empty_table())
        return
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in files)
    try:
        connection.execute(
            f"CREATE VIEW {table} AS SELECT * FROM read_parquet([{names}], union_by_name = true,"
            " hive_partitioning = false)"
        )
    except duckdb.Error as error:
        raise StorageUnavailableError(f"archive: {error}; {REMEDY}") from error


def _url(location: Location | None, path: str) -> str:
    """Name of an archived file for DuckDB, which knows remote file systems by their protocol."""
    assert location is not None
    full = location.full(path)
    return full if location.local else str(location.filesystem.unstrip_protocol(full))
