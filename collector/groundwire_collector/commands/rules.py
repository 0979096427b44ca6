"""`groundwire rules`: Prometheus rules with the limits of this deployment."""

from pathlib import Path
from typing import Annotated

import typer

from groundwire_collector.rules.limits import Limits
from groundwire_collector.rules.rendering import write


def rules(
    out: Annotated[Path, typer.Option(help="Folder for the rule files.")],
    config: Annotated[
        Path | None, typer.Option(help="TOML file of limits; docs/reference/rules.md names them.")
    ] = None,
) -> None:
    """Write the Prometheus rules."""
    for path in write(Limits.load(config), out):
        typer.echo(path)
