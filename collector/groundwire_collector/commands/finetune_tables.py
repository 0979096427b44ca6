"""Tables that `groundwire finetune` prints on a terminal."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from groundwire_collector.offline.training_file import ReadFile

SHOWN = 20  # rows of a table
_LISTED = 8  # values of a list in one cell


def report_bad(read: ReadFile) -> None:
    for each in read.bad[:SHOWN]:
        typer.echo(f"line {each.line}: {each.reason}", err=True)
    if read.bad_lines > SHOWN:
        typer.echo(f"… and {read.bad_lines - SHOWN} more bad lines", err=True)


def print_facts(facts: dict[str, Any]) -> None:
    table = Table(show_header=False, box=None)
    for name, value in facts.items():
        table.add_row(name.removesuffix("_ns").replace("_", " "), _cell(name, value))
    Console().print(table)


def print_table(records: Sequence[dict[str, Any]], *columns: str) -> None:
    table = Table(*(name.replace("_", " ").removesuffix(" ns") for name in columns))
    for record in records[:SHOWN]:
        table.add_row(*(_cell(name, record.get(name)) for name in columns))
    console = Console()
    console.print(table)
    if len(records) > SHOWN:
        console.print(f"… and {len(records) - SHOWN} more: --json prints all", highlight=False)


def print_report(found: dict[str, Any]) -> None:
    overrides = found["overrides"]
    print_table(
        found["training_files"],
        *("id", "name", "examples", "questions", "duplicates", "contradictions", "secrets"),
    )
    names = ("turns", "similar", "repeated", "overrides", "share", "interval")
    print_facts({name: overrides[name] for name in names})
    print_table(overrides["novelty"], "name", "turns", "supported", "share", "interval")
    if overrides["examples"]:
        print_table(overrides["examples"], "turn_id", "question", "answer", "reason")
    if found["redundant"]:
        print_table(found["redundant"], "model_version", "answered", "same", "share", "interval")
    if found["leaked"]:
        print_table(found["leaked"], "question", "line", "similarity")


def _cell(name: str, value: Any) -> str:
    match value:
        case None:
            return ""
        case int() if name.endswith("_ns"):
            return f"{datetime.fromtimestamp(value / 1e9, UTC):%Y-%m-%d %H:%M}"
        case float():
            return f"{value:.3g}"
        case dict():
            return ", ".join(f"{key}: {_cell('', each)}" for key, each in value.items()) or "none"
        case list() | tuple():
            shown = [_cell("", each) for each in value[:_LISTED]]
            return ", ".join(shown + ["…"] * (len(value) > _LISTED)) or "none"
    return str(value)
