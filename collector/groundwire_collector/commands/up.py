"""`groundwire up`: run the collector."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from groundwire_collector.assembly.alias_table import families
from groundwire_collector.commands.unknown_variables import unknown_variables
from groundwire_collector.processes.supervisor import supervise
from groundwire_collector.settings import Settings


class Role(StrEnum):
    """Which processes of a collector run."""

    ALL = "all"
    RECEIVER = "receiver"
    WORKER = "worker"
    MONITOR = "monitor"


def up(
    host: Annotated[str | None, typer.Option(help="Address to listen on. [127.0.0.1]")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port of OTLP/HTTP, API, pages and metrics. [4318]")
    ] = None,
    grpc_port: Annotated[
        int | None, typer.Option(help="Port of OTLP/gRPC, with the extra [grpc]. [4317]")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Data folder: database and keys. [groundwire-data]")
    ] = None,
    database_url: Annotated[
        str | None, typer.Option(help="PostgreSQL instead of SQLite, as a SQLAlchemy URL.")
    ] = None,
    role: Annotated[
        Role | None, typer.Option(help="Processes to run, for several machines. [all]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Judging processes; 0: the leader judges. [0]")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML).")] = None,
) -> None:
    """Run the collector: receive OTLP traces, evaluate answers, monitor drift.

    Every option is also an environment variable (GROUNDWIRE_PORT) or a line of the settings file;
    docs/reference/settings.md lists the rest. The API key is made and printed at the first start.
    Stop with Ctrl-C: what was acknowledged is on disk.
    """
    settings = Settings.load(
        config,
        host=host,
        port=port,
        grpc_port=grpc_port,
        data_dir=data_dir,
        database_url=database_url,
        role=role,
        workers=workers,
    )
    for line in unknown_variables(os.environ):
        typer.echo(f"groundwire: {line}", err=True)
    families()  # a wrong table of the user's is told before anything starts
    supervise(settings, lambda line: print(line, flush=True))
