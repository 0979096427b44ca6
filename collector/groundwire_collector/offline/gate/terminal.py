"""Terminal form of a gate's report: tables and notes."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from groundwire_collector.offline.gate.report import GateReport
from groundwire_collector.offline.gate.rows import HEADER, rows_of, title_of

SHOWN = 5  # lost answers
_COLOURS = {"worse": "red", "changed": "red", "pass": "green", "better": "green"}


def print_report(report: GateReport, console: Console | None = None) -> None:
    """Print a report for people."""
    to = console or Console()
    for comparison in report.comparisons:
        table = Table(*HEADER, title=escape(title_of(report, comparison)), title_justify="left")
        for row in rows_of(comparison):
            *cells, outcome = (escape(cell) for cell in row)
            colour = _COLOURS.get(row[-1], "default")
            table.add_row(*cells, f"[{colour}]{outcome}[/]")
        to.print(table)
    for note in report.notes:
        to.print(escape(note), highlight=False)
    for before, after in report.lost[:SHOWN]:
        texts = (str(each.record.get("answer") or "")[:100] for each in (before, after))
        to.print(escape(f"lost {after.id}: " + " → ".join(texts)), highlight=False)
    to.print(escape(report.summary), highlight=False)
