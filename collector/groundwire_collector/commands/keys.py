"""`groundwire keys`: create, list, rotate and revoke API keys."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from groundwire_collector.commands.database import Config, DatabaseUrl, DataDir, database
from groundwire_collector.commands.output import AsJson, print_json, wants_json
from groundwire_collector.settings import Settings
from groundwire_collector.storage import keys as store
from groundwire_collector.storage.keys import ALL_SCOPES, Key, Scope

keys = typer.Typer(no_args_is_help=True, help="Create, list, rotate and revoke API keys.")

KeyId = Annotated[str, typer.Argument(help="Key id, as shown by `list`.")]


@keys.command("list")
def show(
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the keys; the keys themselves are not stored."""
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    with database(settings) as engine, engine.connect() as connection:
        found = store.keys(connection)
    if wants_json(as_json):
        print_json([_record(key) for key in found])
        return
    table = Table("id", "name", "scopes", "services", "created", "revoked")
    for key in found:
        table.add_row(*_cells(key))
    Console().print(table)


@keys.command()
def add(
    name: Annotated[str, typer.Argument(help="Name of the key's user.")],
    scope: Annotated[list[Scope] | None, typer.Option(help="Scope; repeatable. [all]")] = None,
    service: Annotated[
        list[str] | None,
        typer.Option(help="Service that the key is restricted to; repeatable. [all]"),
    ] = None,
    create: Annotated[
        bool, typer.Option("--create", help="Create the database if there is none yet.")
    ] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Make a key and print it, this once."""
    key = store.generate()
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    with database(settings, create=create) as engine, engine.begin() as connection:
        store.add(connection, key, name, scope or ALL_SCOPES, service or None)
    typer.echo(key)


@keys.command()
def rotate(
    key_id: KeyId,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Make a key that may do what another does, and print it; then revoke the old one."""
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    with database(settings) as engine, engine.begin() as connection:
        typer.echo(store.rotate(connection, key_id))


@keys.command()
def revoke(
    key_id: KeyId,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    config: Config = None,
) -> None:
    """Revoke a key, effective within seconds."""
    settings = Settings.load(config, data_dir=data_dir, database_url=database_url)
    with database(settings) as engine, engine.begin() as connection:
        store.revoke(connection, key_id)


def _record(key: Key) -> dict[str, Any]:
    access = key.access
    return {
        "id": access.key_id,
        "name": key.name,
        "scopes": sorted(access.scopes),
        "services": None if access.services is None else sorted(access.services),
        "created": key.created_at.isoformat(),
        "revoked": key.revoked_at.isoformat() if key.revoked_at else None,
    }


def _cells(key: Key) -> tuple[str, ...]:
    access = key.access
    services = "all" if access.services is None else " ".join(sorted(access.services))
    revoked = f"{key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else ""
    scopes = " ".join(sorted(access.scopes))
    return access.key_id, key.name, scopes, services, f"{key.created_at:%Y-%m-%d %H:%M}", revoked
