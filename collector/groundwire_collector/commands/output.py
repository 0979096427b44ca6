"""Print a command's result: tables on a terminal, JSON in a pipe."""

import json
import sys
from typing import Annotated, Any

import typer

AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON (default when the output is piped).")
]


def wants_json(as_json: bool) -> bool:
    """Whether to print JSON: asked for, or standard output is not a terminal."""
    return as_json or not sys.stdout.isatty()


def print_json(value: Any) -> None:
    """Print a value as indented JSON; NaN and infinity, which JSON lacks, are errors."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))
