"""`groundwire query`: SQL over stored and archived turns."""

import csv
import json
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from groundwire_collector.commands import moments
from groundwire_collector.commands.archive import ArchiveUrl, note_where_empty
from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.reader import connect, tables_of
from groundwire_collector.storage.archive.schema import SCHEMAS

ROWS_ON_A_TERMINAL = 200
_EXAMPLE = "SELECT service, avg(value) FROM scores WHERE evaluator = 'grounding' GROUP BY service"


class OutputFormat(StrEnum):
    """Form of the rows: table, JSON lines or CSV."""

    TABLE = "table"
    JSONL = "jsonl"
    CSV = "csv"


def query(
    statement: Annotated[
        str | None, typer.Argument(metavar="SQL", help=f'For example "{_EXAMPLE}".')
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar=moments.METAVAR, help="Leave out what is older. " + moments.HELP),
    ] = None,
    output: Annotated[
        OutputFormat | None,
        typer.Option("--format", help="Form of the rows. [a terminal: table; a pipe: jsonl]"),
    ] = None,
    archived_only: Annotated[
        bool, typer.Option("--archived-only", help="Do not read the database.")
    ] = False,
    archive_url: ArchiveUrl = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Query turns, scores, claims and labels with SQL (DuckDB).

    Without SQL: the columns of the four tables. Archived hours are read from the Parquet files, all
    others from the database; times are UTC.
    """
    if statement is None:
        _print_columns()
        return
    settings = Settings.load(
        config, data_dir=data_dir, database_url=database_url, archive_url=archive_url
    )
    location = Location.of(settings.archive_url) if settings.archive_url else None
    if archived_only and location is None:
        raise UsageError("--archived-only: there is no archive; set --archive-url")
    tables = tables_of(statement)
    since_ns = moments.moment_ns(since, "--since")
    if location is not None:
        note_where_empty(location)
    with (
        _engine(settings, wanted=not archived_only) as engine,
        connect(location, engine, tables, since_ns) as connection,
    ):
        _run(connection, statement, output)


def _run(
    connection: duckdb.DuckDBPyConnection, statement: str, output: OutputFormat | None
) -> None:
    """Run and print; rows are read while they are printed, so either may fail."""
    try:
        _print(connection.execute(statement), output)
    except duckdb.Error as error:
        raise UsageError(f"query: {error}") from error


@contextmanager
def _engine(settings: Settings, *, wanted: bool) -> Iterator[Engine | None]:
    if not wanted:
        yield None
        return
    with database(settings) as engine:
        yield engine


def _print(found: duckdb.DuckDBPyConnection, output: OutputFormat | None) -> None:
    names = [column[0] for column in found.description or ()]
    form = output or (OutputFormat.TABLE if sys.stdout.isatty() else OutputFormat.JSONL)
    if form is OutputFormat.TABLE:
        _print_table(names, found.fetchmany(ROWS_ON_A_TERMINAL + 1))
    elif form is OutputFormat.CSV:
        written = csv.writer(sys.stdout)
        written.writerow(names)
        for row in _rows(found):
            written.writerow(row)
    else:
        for row in _rows(found):
            record = dict(zip(names, row, strict=True))
            typer.echo(json.dumps(_finite(record), ensure_ascii=False, default=_plain))


def _rows(found: duckdb.DuckDBPyConnection) -> Iterator[Sequence[Any]]:
    while rows := found.fetchmany(1000):
        yield from rows


def _print_table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    table = Table(*names)
    for row in rows[:ROWS_ON_A_TERMINAL]:
        table.add_row(*("" if value is None else str(value) for value in row))
    Console().print(table)
    if len(rows) > ROWS_ON_A_TERMINAL:
        typer.echo(f"the first {ROWS_ON_A_TERMINAL} rows; --format jsonl prints all", err=True)


def _print_columns() -> None:
    for name, columns in SCHEMAS.items():
        table = Table("column", "type", title=name, title_justify="left")
        for column in columns:
            table.add_row(column.name, str(column.type))
        Console().print(table)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _finite(value: Any) -> Any:
    """The value with null for NaN and infinity, which JSON lacks."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
