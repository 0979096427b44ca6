"""`groundwire` command line: subcommands found by entry point, loaded lazily.

Why: docs/decisions/0005-commands-are-entry-points.md
"""

import re
import sys
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated

try:
    import typer
except ModuleNotFoundError:
    sys.exit("groundwire: the commands need more packages: pip install 'groundwire[collector]'")

from groundwire_collector import __version__
from groundwire_collector.errors import GroundwireError, UsageError

GROUP = "groundwire.commands"
_OPTIONAL = re.compile(r"([\w.-]+).*extra == ['\"]([^'\"]+)")  # a line of Requires-Dist
# Click's ClickException; some releases of typer carry a click of their own.
_WRONG_USE: type[Exception] = typer.BadParameter.__mro__[2]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"groundwire {__version__}")
        raise typer.Exit


def groundwire(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Did the model read its context, or recite its weights?"""


def application(name: str | None = None) -> typer.Typer:
    """The command line with the subcommand `name`, or with all of them where there is none such."""
    app = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(groundwire)
    found = entry_points(group=GROUP)
    chosen = found.select(name=name) if name else found
    if name != "--version":
        for entry in sorted(chosen or found, key=lambda entry: entry.name):
            _add(app, entry)
    return app


def _add(app: typer.Typer, entry: EntryPoint) -> None:
    """Register a typer application or an annotated function."""
    try:
        loaded = entry.load()
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in ("", "groundwire", entry.module.partition(".")[0]):
            raise
        _add_unavailable(app, entry, missing)
        return
    if isinstance(loaded, typer.Typer):
        app.add_typer(loaded, name=entry.name)
    else:
        app.command(entry.name)(loaded)


def _add_unavailable(app: typer.Typer, entry: EntryPoint, missing: str) -> None:
    """Register a command that names the package it lacks, whatever its arguments are."""
    remedy = f"needs the package {missing}: pip install {_requirement(entry, missing)}"

    def unavailable() -> None:
        raise UsageError(f"`groundwire {entry.name}` {remedy}")

    anything = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(
        entry.name,
        help=f"Not available: {remedy}",
        add_help_option=False,
        context_settings=anything,
    )(unavailable)


def _requirement(entry: EntryPoint, missing: str) -> str:
    """Name of the extra that installs the missing package of a command."""
    package = missing.replace("_", "-")
    for line in (entry.dist and entry.dist.requires) or ():
        optional = _OPTIONAL.match(line)
        if optional and optional[1].replace("_", "-").lower() == package.lower() and entry.dist:
            return f"'{entry.dist.name}[{optional[2]}]'"
    return package


def main() -> None:
    """Run one subcommand; an expected error is one line on standard error, and exit code 1.

    A wrong option is an error like others: 2 means drift, or worse, where commands compare.
    """
    try:
        app = application(next(iter(sys.argv[1:]), None))
        code = app(prog_name="groundwire", standalone_mode=False)
    except _WRONG_USE as error:
        error.show()  # type: ignore[attr-defined]
        sys.exit(1)
    except typer.Abort:
        sys.exit("groundwire: interrupted")
    except GroundwireError as error:
        sys.exit(f"groundwire: {error}")
    sys.exit(code if isinstance(code, int) else 0)
