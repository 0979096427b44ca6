"""Database options shared by commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from groundwire_collector.settings import Settings
from groundwire_collector.storage.engine import make_schema, open_engine

DataDir = Annotated[Path | None, typer.Option(help="Data folder. [groundwire-data]")]
DatabaseUrl = Annotated[str | None, typer.Option(help="PostgreSQL URL instead of SQLite.")]
Config = Annotated[Path | None, typer.Option(help="Settings file (TOML).")]


@contextmanager
def database(settings: Settings) -> Iterator[Engine]:
    """Open the configured database with a current schema; closes it afterwards."""
    engine = open_engine(settings)
    try:
        make_schema(engine)
        yield engine
    finally:
        engine.dispose()
