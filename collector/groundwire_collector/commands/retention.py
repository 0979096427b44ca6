"""`groundwire retention`: delete data by age or on request."""

from time import time_ns
from typing import Annotated

import typer

from groundwire_collector.assembly import deletion
from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.errors import UsageError
from groundwire_collector.settings import Settings
from groundwire_collector.storage import retention as store
from groundwire_collector.storage.archiving import open_archive

retention = typer.Typer(no_args_is_help=True, help="Delete old data, or one person's data.")


@retention.command()
def apply(
    days: Annotated[
        float | None, typer.Option(help="Delete data older than this many days. [30]")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Apply retention now instead of waiting for the collector."""
    settings = Settings.load(
        config, data_dir=data_dir, database_url=database_url, retention_days=days
    )
    with database(settings) as engine:
        archive = open_archive(engine, settings)
        removed = store.expire(engine, settings, time_ns(), archive.complete if archive else None)
    typer.echo(f"deleted: {removed.spans} spans, {removed.turns} turns, {removed.texts} texts")


@retention.command()
def forget(
    session: Annotated[str | None, typer.Option(help="Delete every trace of this session.")] = None,
    user: Annotated[str | None, typer.Option(help="Delete every trace of this user.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Delete every trace of a session or a user: spans, turns, scores and texts.

    From the database, and from the archive where `archive_url` is set.
    """
    if session is None and user is None:
        raise UsageError("Give --session ID or --user ID.")
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    with database(settings) as engine:
        archive = open_archive(engine, settings)
        traces = deletion.forget(engine, session=session, user=user)
        typer.echo(f"deleted: {len(traces)} traces")
        if archive is not None:
            names = frozenset(trace.hex() for trace in traces)
            gone = archive.forget(session=session, user=user, traces=names)
            typer.echo(f"deleted from the archive: {gone} turns")
