"""`groundwire archive`: closed hours as Parquet files."""

import sys
from time import time_ns
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.commands.output import AsJson, print_json, wants_json
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage.archive.archive import Archive
from groundwire_collector.storage.archive.exclusive import exclusive_writer
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import all_hours, day_of, days

archive = typer.Typer(no_args_is_help=True, help="Keep closed hours of turns as Parquet files.")

ArchiveUrl = Annotated[
    str | None, typer.Option(help="Folder or URL of the archive. [GROUNDWIRE_ARCHIVE_URL]")
]


@archive.command()
def write(
    after_hours: Annotated[
        float | None, typer.Option(help="Archive hours that ended so long ago. [24]")
    ] = None,
    archive_url: ArchiveUrl = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Archive closed hours now instead of waiting for the collector."""
    settings = _settings(
        config,
        data_dir=data_dir,
        database_url=database_url,
        archive_url=archive_url,
        archive_after_hours=after_hours,
    )
    with database(settings) as engine, exclusive_writer(engine):
        written = Archive.open(engine, settings).write_closed(time_ns())
    typer.echo(f"archived: {written.hours} hours, {written.turns} turns, {written.bytes} bytes")


@archive.command()
def status(archive_url: ArchiveUrl = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show the days of the archive with their hours, turns and bytes."""
    location = Location.of(_settings(config, archive_url=archive_url).archive_url)
    note_where_empty(location)
    found = _days(location)
    if wants_json(as_json):
        print_json(found)
        return
    table = Table("day", "hours", "turns", "bytes")
    for day in found:
        table.add_row(*(str(value) for value in day.values()))
    Console().print(table)


@archive.command()
def verify(archive_url: ArchiveUrl = None, config: Config = None) -> None:
    """Read every archived file and compare it with its manifest; exit 1 where one is damaged."""
    location = Location.of(_settings(config, archive_url=archive_url).archive_url)
    note_where_empty(location)
    damaged = number = 0
    for _, hour in all_hours(location):
        for file in hour.all_files:
            number += 1
            if problem := _problem(location, file.path, file.sha256):
                damaged += 1
                typer.echo(f"{file.path}: {problem}", err=True)
    typer.echo(f"{number} files read, {damaged} damaged")
    if damaged:
        sys.exit(1)


def note_where_empty(location: Location) -> None:
    """Note on standard error that nothing is archived there: the URL may be mistyped."""
    if not days(location):
        typer.echo(f"nothing is archived in {location.root}", err=True)


def _problem(location: Location, path: str, sha256: str) -> str | None:
    try:
        return None if location.digest(path) == sha256 else "differs from its manifest"
    except FileNotFoundError:
        return "missing"


def _settings(config: Any, **flags: Any) -> Settings:
    settings = Settings.load(config, **flags)
    if not settings.archive_url:
        raise UsageError("there is no archive: set --archive-url or GROUNDWIRE_ARCHIVE_URL")
    return settings


def _days(location: Location) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for number, hour in all_hours(location):
        name = day_of(number)
        day = found.setdefault(name, {"day": name, "hours": 0, "turns": 0, "bytes": 0})
        day["hours"] += 1
        day["turns"] += hour.turns
        day["bytes"] += sum(file.bytes for file in hour.all_files)
    return list(found.values())
