"""`groundwire deploy`: containers of the collector, Prometheus, Alertmanager and Grafana."""

from pathlib import Path
from typing import Annotated

import typer

from groundwire_collector.alerting.stack.writing import write
from groundwire_collector.errors import UsageError


def deploy(
    out: Annotated[Path, typer.Option(help="Output folder.")],
    config: Annotated[
        Path | None, typer.Option(help="TOML file of limits, as for `groundwire rules`.")
    ] = None,
    targets: Annotated[
        Path | None, typer.Option(help="YAML file of SLO targets (allowed flagged share).")
    ] = None,
    wheel: Annotated[
        Path | None,
        typer.Option(help="Wheel of Groundwire for the image; else from the package index."),
    ] = None,
) -> None:
    """Write a compose file with all it mounts; run again, it leaves your edits as they are."""
    try:
        done = write(out, limits=config, targets=targets, wheel=wheel)
    except OSError as error:
        raise UsageError(f"{error.filename or out}: {error.strerror or error}") from None
    for each in done:
        typer.echo(each.path if each.written else f"{each.path} (left as it is)")
