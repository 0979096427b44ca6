"""Database options shared by commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine

DataDir = Annotated[Path | None, typer.Option(help="Data folder. [groundwire-data]")]
DatabaseUrl = Annotated[str | None, typer.Option(help="PostgreSQL URL instead of SQLite.")]
Config = Annotated[Path | None, typer.Option(help="Settings file (TOML).")]


@contextmanager
def database(settings: Settings, *, migrate: bool = True, create: bool = False) -> Iterator[Engine]:
    """Open the configured database, its schema made current; closes it afterwards.

    Raises:
        UsageError: there is no database in the data folder, and none is to be created.
    """
    if settings.database_url is None and not (create or settings.sqlite_path.exists()):
        raise UsageError(
            f"no database in {settings.data_dir}: start `groundwire up` there, or set --data-dir"
        )
    engine = open_engine(settings)
    try:
        if migrate:
            make_schema(engine)
        yield engine
    finally:
        engine.dispose()
