"""`groundwire` command line: subcommands found by entry point, loaded lazily.

Why: docs/decisions/0005-commands-are-entry-points.md
"""

import os
import re
import sys
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated

from groundwire_collector.commands.source import extra_with, read_command

try:
    import typer
except ModuleNotFoundError:
    extra = extra_with("typer", sys.argv[1] if len(sys.argv) > 1 else "")
    sys.exit(f"groundwire: the commands need more packages: pip install 'groundwire[{extra}]'")

from groundwire_collector import __version__
from groundwire_collector.errors import GroundwireError, UsageError

GROUP = "groundwire.commands"
ANY_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": True}
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
    """The command line with the subcommand `name`; where none is so called, a list of them all.

    Listed commands are read, not loaded, so that `--help` and completion stay fast.
    """
    app = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(groundwire)
    found = entry_points(group=GROUP)
    chosen = found.select(name=name) if name else ()
    for entry in chosen:
        _add(app, entry)
    if not chosen and name != "--version":
        for entry in sorted(found, key=lambda entry: entry.name):
            _list(app, entry)
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


def _list(app: typer.Typer, entry: EntryPoint) -> None:
    """Register a command by its summary; it is loaded if it is called after all."""
    source = read_command(entry)
    missing = next(iter(source.missing_packages), None)

    def load_and_run(context: typer.Context) -> object:
        command = typer.main.get_command(application(entry.name))
        return command([entry.name, *context.args], standalone_mode=False)

    help_text = _unavailable(entry, missing) if missing else source.summary
    app.command(entry.name, help=help_text, add_help_option=False, context_settings=ANY_ARGUMENTS)(
        load_and_run
    )


def _add_unavailable(app: typer.Typer, entry: EntryPoint, missing: str) -> None:
    """Register a command that names the package it lacks, whatever its arguments are."""

    def unavailable() -> None:
        raise UsageError(f"`groundwire {entry.name}` {_remedy(entry, missing)}")

    app.command(
        entry.name,
        help=_unavailable(entry, missing),
        add_help_option=False,
        context_settings=ANY_ARGUMENTS,
    )(unavailable)


def _unavailable(entry: EntryPoint, missing: str) -> str:
    return f"Not available: {_remedy(entry, missing)}"


def _remedy(entry: EntryPoint, missing: str) -> str:
    return f"needs the package {missing}: pip install {_requirement(entry, missing)}"


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
        app = application(_command_name())
        code = app(prog_name="groundwire", standalone_mode=False)
    except _WRONG_USE as error:
        error.show()  # type: ignore[attr-defined]
        sys.exit(1)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit("groundwire: interrupted")
    except GroundwireError as error:
        sys.exit(f"groundwire: {error}")
    except BrokenPipeError:  # the reader of the pipe has ended; what is buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        sys.exit(f"groundwire: {error}")
    sys.exit(code if isinstance(code, int) else 0)


def _command_name() -> str | None:
    """The command that is called, or that the shell completes the options of."""
    words = sys.argv
    if "_GROUNDWIRE_COMPLETE" in os.environ:
        words = os.environ.get("COMP_WORDS", os.environ.get("_TYPER_COMPLETE_ARGS", "")).split()
    return words[1] if len(words) > 1 else None
